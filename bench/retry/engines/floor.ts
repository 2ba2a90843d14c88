import type { RetryEngine } from "../engine.ts";

/** What nothing can be without: a loop, and a `setTimeout` where there is a wait. */
export const engine: RetryEngine = {
  name: "floor",
  version: "",
  // deno-fmt-ignore
  supports: { clock: false, random: false, jitters: ["none"], cap: true, firstAtOnce: false, unlimited: true, signal: true, retryAfter: false },
  async run(op, policy, given) {
    for (let retry = 0;; retry++) {
      try {
        return await op(given);
      } catch (error) {
        if (retry >= policy.retries) throw error;
        const waitMs = Math.min(policy.capMs, policy.baseMs * policy.factor ** retry);
        if (waitMs > 0) await new Promise((resolve, reject) => waits(resolve, reject, waitMs, given.signal));
      }
    }
  },
};

function waits(resolve: (value: void) => void, reject: (reason: unknown) => void, ms: number, signal?: AbortSignal) {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
}
