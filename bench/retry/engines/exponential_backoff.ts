import { backOff } from "npm:exponential-backoff@3.1.3";
import type { RetryEngine } from "../engine.ts";

export const engine: RetryEngine = {
  name: "exponential-backoff",
  version: "3.1.3",
  // deno-fmt-ignore
  supports: { clock: false, random: false, jitters: ["none", "full"], cap: true, firstAtOnce: false, unlimited: true, signal: false, retryAfter: false },
  run(op, { retries, baseMs, factor, capMs, jitter }, given) {
    const limits = { numOfAttempts: retries + 1, startingDelay: baseMs, timeMultiple: factor, maxDelay: capMs };
    return backOff(() => op(given), { ...limits, jitter: jitter === "full" ? "full" : "none" });
  },
};
