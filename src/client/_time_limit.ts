import type { Clock } from "../ports/clock.ts";

/** A signal that aborts when time is up, or when one of the others does. */
export interface TimeLimit {
  readonly signal: AbortSignal;
  /** To be called when the work is done, whatever became of it. */
  end(): void;
}

/** @param reason made when the time is up */
export function timeLimit(
  clock: Clock,
  timeoutMs: number,
  reason: () => unknown,
  ...others: readonly (AbortSignal | undefined)[]
): TimeLimit {
  const controller = new AbortController();
  const atMs = clock.nowMs() + timeoutMs;
  let cancel = clock.wakeAt(atMs, wake);
  function wake(): void {
    // A clock may wake early.
    if (clock.nowMs() < atMs) cancel = clock.wakeAt(atMs, wake);
    else controller.abort(reason());
  }
  const given = others.filter((other) => other !== undefined);
  return { signal: AbortSignal.any([controller.signal, ...given]), end: () => cancel() };
}

/** Waits, unless the signal aborts: then it rejects with the signal's reason. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const cancel = clock.wakeAt(clock.nowMs() + ms, () => {
      signal.removeEventListener("abort", aborted);
      resolve();
    });
    function aborted(): void {
      cancel();
      reject(signal.reason);
    }
    signal.addEventListener("abort", aborted, { once: true });
  });
}

/** Rejects with the signal's reason when it aborts. The signal is the caller's own: it has one such promise at a time. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.throwIfAborted();
    signal.onabort = () => reject(signal.reason);
  });
}
