import type { Clock } from "../ports/clock.ts";

/**
 * The clock of the platform: the wall clock read once, then counted on by the monotonic one. No wait of a retry
 * is longer than a day, so none is beyond the platform's timers.
 */
export const PLATFORM_CLOCK: Clock = {
  nowMs,
  wakeAt(atMs, wake) {
    const timer = setTimeout(wake, Math.max(0, Math.ceil(atMs - nowMs())));
    return () => clearTimeout(timer);
  },
};

function nowMs(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}
