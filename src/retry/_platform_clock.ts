import type { Clock } from "../ports/clock.ts";

/**
 * The clock of the platform: the wall clock read once, then counted on by the monotonic one. No wait of a retry
 * is longer than a day, so none is beyond the platform's timers.
 */
export const PLATFORM_CLOCK: Clock = {
  nowMs: () => Math.floor(performance.timeOrigin + performance.now()),
  wakeAt(atMs, wake) {
    const timer = setTimeout(wake, Math.max(0, atMs - PLATFORM_CLOCK.nowMs()));
    return () => clearTimeout(timer);
  },
};
