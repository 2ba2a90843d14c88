/**
 * Time from the platform: the wall clock to begin with, the monotonic clock to count on by.
 *
 * @module
 */
import type { Clock } from "../../ports/clock.ts";

/** How far the wall clock is trusted between two readings of the monotonic one, which costs ten times as much. */
const TRUSTED_MS = 20;
/** The longest wait of a platform's timer; the engine asks again. */
const LONGEST_MS = 0x7fff_ffff;

/**
 * The platform's clock. It never steps back, and a step of the wall clock moves it by 20 ms at most, so a wait lasts
 * as long as it should whatever NTP or an operator does.
 *
 * @example
 * ```ts
 * import { systemClock } from "@bellhop/bellhop/clocks/system";
 * import { assertLess } from "@std/assert";
 * const clock = systemClock();
 * assertLess(Math.abs(clock.nowMs() - Date.now()), 1_000);
 * ```
 */
export function systemClock(): Clock {
  // Rounded up, so that the clock does not begin behind the wall clock.
  const startMs = Math.ceil(Date.now() - performance.now());
  let readAt = Date.now();
  let readMs = readAt;
  let latestMs = readAt;
  function nowMs(): number {
    const wallMs = Date.now();
    const sinceMs = wallMs - readAt;
    if (sinceMs >= 0 && sinceMs <= TRUSTED_MS) {
      const ms = readMs + sinceMs;
      return ms > latestMs ? (latestMs = ms) : latestMs;
    }
    readAt = wallMs;
    readMs = latestMs = Math.max(latestMs, Math.floor(startMs + performance.now()));
    return latestMs;
  }
  return {
    nowMs,
    wakeAt(atMs, wake): () => void {
      const timer = setTimeout(wake, Math.min(LONGEST_MS, Math.max(0, Math.ceil(atMs - nowMs()))));
      return () => clearTimeout(timer);
    },
  };
}
