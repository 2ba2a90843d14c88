import retry from "npm:async-retry@1.3.3";
import type { RetryEngine } from "../engine.ts";

/** Its `randomize` takes between one and two times the wait, which is none of the four jitters. */
export const engine: RetryEngine = {
  name: "async-retry",
  version: "1.3.3",
  // deno-fmt-ignore
  supports: { clock: false, random: false, jitters: ["none"], cap: true, firstAtOnce: false, unlimited: true, signal: false, retryAfter: false },
  run(op, { retries, baseMs, factor, capMs }, given) {
    // It makes all waits before it begins: without an end, by `forever`, the last of them is repeated.
    const forever = retries === Infinity;
    const limits = { retries: forever ? 64 : retries, forever, factor, randomize: false };
    return retry(() => op(given), { ...limits, minTimeout: Math.min(baseMs, capMs), maxTimeout: capMs });
  },
};
