import type { Clock } from "../../ports/clock.ts";

/** Calls `wake` once, so many milliseconds from now and never earlier; the function takes that back. */
export type After = (ms: number, wake: () => void) => () => void;

/** By that clock; without one by the platform's timers. */
export function afterBy(clock: Clock | undefined): After {
  if (clock === undefined) return platformTimer;
  return (ms, wake) => {
    const atMs = clock.nowMs() + ms;
    let cancel = () => {};
    // A clock may wake early.
    const woken = () => clock.nowMs() < atMs ? ask() : wake();
    const ask = () => void (cancel = clock.wakeAt(atMs, woken));
    ask();
    return () => cancel();
  };
}

function platformTimer(ms: number, wake: () => void): () => void {
  const timer = setTimeout(wake, ms);
  return () => clearTimeout(timer);
}
