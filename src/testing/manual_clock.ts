/**
 * A clock that stands still until it is told to go on, so that hours pass in a test at once and exactly.
 *
 * @module
 */
import type { Clock } from "../ports/clock.ts";

/** A clock moved by hand. */
export interface ManualClock extends Clock {
  /** How many wake-ups are asked for and neither due nor taken back. */
  readonly pending: number;
  /** When the earliest of them is due; `Infinity` if there is none. */
  readonly nextMs: number;
  /**
   * Moves on by `ms`, waking what is due on the way in order of time, then of asking, each at its own moment. What
   * is asked for on the way is woken too, if it is due.
   *
   * Microtasks do not run within; use {@linkcode ManualClock.settle} where promises must see each moment.
   */
  advance(ms: number): void;
  /** As `advance`, but lets promises settle before the first wake-up and after each. */
  settle(ms?: number): Promise<void>;
}

/**
 * Makes a manual clock.
 *
 * @param startMs epoch milliseconds to begin at
 *
 * @example
 * ```ts
 * import { manualClock } from "@bellhop/bellhop/testing";
 * import { assertEquals } from "@std/assert";
 * const clock = manualClock(0);
 * const woken: number[] = [];
 * clock.wakeAt(3_600_000, () => woken.push(clock.nowMs()));
 * clock.advance(86_400_000);
 * assertEquals(woken, [3_600_000]);
 * assertEquals(clock.nowMs(), 86_400_000);
 * ```
 */
export function manualClock(startMs = 1_767_225_600_000): ManualClock {
  let presentMs = startMs;
  // Sorted by time, then by asking. A clock serves one wake-up for each schedule, so a list does.
  const asked: { readonly atMs: number; readonly wake: () => void }[] = [];

  function wakeNext(untilMs: number): boolean {
    if (asked.length === 0 || asked[0].atMs > untilMs) return false;
    const { atMs, wake } = asked.shift()!;
    presentMs = Math.max(presentMs, atMs);
    wake();
    return true;
  }

  return {
    get pending() {
      return asked.length;
    },
    get nextMs() {
      return asked.length === 0 ? Infinity : asked[0].atMs;
    },
    nowMs: () => presentMs,
    wakeAt(atMs, wake) {
      const entry = { atMs: Math.max(atMs, presentMs), wake };
      let place = asked.length;
      while (place > 0 && asked[place - 1].atMs > entry.atMs) place--;
      asked.splice(place, 0, entry);
      return () => {
        const at = asked.indexOf(entry);
        if (at >= 0) asked.splice(at, 1);
      };
    },
    advance(ms) {
      const untilMs = presentMs + Math.max(0, ms);
      while (wakeNext(untilMs));
      presentMs = untilMs;
    },
    async settle(ms = 0) {
      const untilMs = presentMs + Math.max(0, ms);
      do await promises(); while (wakeNext(untilMs));
      presentMs = untilMs;
      await promises();
    },
  };
}

/** Gives every chain of promises of reasonable length time to run out, without a timer. */
async function promises(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await undefined;
}
