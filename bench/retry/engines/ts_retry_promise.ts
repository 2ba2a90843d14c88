import { retry, type RetryError } from "npm:ts-retry-promise@0.8.1";
import type { RetryEngine } from "../engine.ts";

/** Its "EXPONENTIAL" takes the wait to the power of the attempt, so growth by a factor comes from a function. */
export const engine: RetryEngine = {
  name: "ts-retry-promise",
  version: "0.8.1",
  // deno-fmt-ignore
  supports: { clock: false, random: false, jitters: ["none"], cap: true, firstAtOnce: false, unlimited: true, signal: false, retryAfter: false },
  run(op, { retries, baseMs, factor, capMs }, given) {
    return retry(() => op(given), {
      retries: retries === Infinity ? "INFINITELY" : retries,
      delay: baseMs,
      backoff: (attempt, delayMs) => delayMs * factor ** (attempt - 1),
      maxBackOff: capMs,
      timeout: "INFINITELY",
    }).catch((error: RetryError) => Promise.reject(error.lastError ?? error));
  },
};
