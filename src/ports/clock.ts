/**
 * The clock port: what the present is, and one wake-up.
 *
 * Who has many things to wait for keeps them in a schedule of its own and asks the clock for the first of them only.
 *
 * @module
 */

/** Time, and being woken in it. */
export interface Clock {
  /**
   * Whole epoch milliseconds. It never steps back: an adapter reads the wall
   * clock once and counts on from there by a monotonic clock. A reading may cost 100 ns: read it once per turn.
   */
  nowMs(): number;
  /**
   * Calls `wake` once, in a turn of its own, at `atMs` by this clock or later, at once if that has passed. It may be
   * early by what the platform rounds, or when `atMs` is further away than the platform's timers reach: who is woken
   * reads the clock and, if it is too early, asks again.
   *
   * @returns a function that takes the wake-up back; calling it after the wake-up does nothing
   */
  wakeAt(atMs: number, wake: () => void): () => void;
}
