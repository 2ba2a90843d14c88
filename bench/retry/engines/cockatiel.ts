import * as cockatiel from "npm:cockatiel@4.0.0";
import type { RetryEngine } from "../engine.ts";

/** Its decorrelated jitter is Polly's, another formula than Brooker's; its generators take 2 for any `exponent`. */
export const engine: RetryEngine = {
  name: "cockatiel",
  version: "4.0.0",
  // deno-fmt-ignore
  supports: { clock: false, random: false, jitters: ["none", "full", "equal"], cap: true, firstAtOnce: false, unlimited: true, signal: false, retryAfter: false },
  run: (op, policy, given) => engine.prepare!(policy, given)(op),
  prepare({ retries, baseMs, factor, capMs, jitter }, { signal }) {
    const { fullJitterGenerator, halfJitterGenerator, noJitterGenerator } = cockatiel;
    const generator =
      { none: noJitterGenerator, full: fullJitterGenerator, equal: halfJitterGenerator }[jitter as "full"];
    const limits = { initialDelay: baseMs, exponent: factor, maxDelay: capMs, generator };
    const backoff = new cockatiel.ExponentialBackoff(limits);
    const made = cockatiel.retry(cockatiel.handleAll, { maxAttempts: retries, backoff });
    return (op) => made.execute(op, signal);
  },
};
