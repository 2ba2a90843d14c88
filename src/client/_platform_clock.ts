import type { Clock } from "../ports/clock.ts";

/** The clock of the platform: the wall clock read once, then counted on by the monotonic one, so that it never steps. */
export const platformClock: Clock = {
  nowMs,
  wakeAt(atMs, wake) {
    const timer = setTimeout(wake, Math.min(0x7fff_ffff, Math.max(0, Math.ceil(atMs - nowMs()))));
    return () => clearTimeout(timer);
  },
};

function nowMs(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}
