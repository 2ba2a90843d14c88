import type { RetryEngine } from "../engine.ts";

/** What nothing can be without: a loop, and a `setTimeout` where there is a wait. */
export const engine: RetryEngine = {
  name: "floor",
  version: "",
  // deno-fmt-ignore
  supports: { clock: false, random: false, jitters: ["none"], cap: true, firstAtOnce: false, unlimited: true, signal: false, retryAfter: false },
  async run(op, { retries, baseMs, factor, capMs }, given) {
    for (let retry = 0;; retry++) {
      try {
        return await op(given);
      } catch (error) {
        if (retry >= retries) throw error;
        const waitMs = Math.min(capMs, baseMs * factor ** retry);
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  },
};
