/**
 * The time of an attempt, as a signal.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import type { Clock } from "../../ports/clock.ts";

/** A signal that aborts at a moment. */
export interface Until {
  /** Aborted with a `timeout` once the moment has passed. */
  readonly signal: AbortSignal;
  /** To be called when nobody needs the signal any more. */
  end(): void;
}

/** @param atMs epoch milliseconds by the clock; `Infinity` for never */
export function until(clock: Clock, atMs: number): Until {
  const controller = new AbortController();
  let cancel = () => {};
  // A clock may wake early.
  const wake = () => clock.nowMs() < atMs ? ask() : controller.abort(new BellhopError("timeout"));
  const ask = () => void (cancel = clock.wakeAt(atMs, wake));
  if (atMs < Infinity) ask();
  return { signal: controller.signal, end: () => cancel() };
}
