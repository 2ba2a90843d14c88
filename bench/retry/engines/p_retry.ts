import pRetry from "npm:p-retry@9.0.0";
import type { RetryEngine } from "../engine.ts";

/** Its `randomize` takes between one and two times the wait, which is none of the four jitters. */
export const engine: RetryEngine = {
  name: "p-retry",
  version: "9.0.0",
  // deno-fmt-ignore
  supports: { clock: false, random: false, jitters: ["none"], cap: true, firstAtOnce: false, unlimited: true, signal: true, retryAfter: false },
  run(op, { retries, baseMs, factor, capMs }, given) {
    const limits = { retries, minTimeout: baseMs, factor, maxTimeout: capMs };
    return pRetry(() => op(given), given.signal ? { ...limits, signal: given.signal } : limits);
  },
};
