/**
 * How an attempt says that trying again is of no use.
 *
 * @module
 */

/**
 * Thrown by an attempt, it ends the retrying at once: `retry()` rejects with the `cause`.
 *
 * @example
 * ```ts
 * import { retry, StopRetry } from "@bellhop/bellhop/retry";
 * import { assertEquals, assertRejects } from "@std/assert";
 * let attempts = 0;
 * await assertRejects(() => retry(() => {
 *   attempts++;
 *   throw new StopRetry(new Error("no such user"));
 * }), Error, "no such user");
 * assertEquals(attempts, 1);
 * ```
 */
export class StopRetry extends Error {
  /** `StopRetry`. */
  override readonly name = "StopRetry";

  /**
   * Wraps the reason to stop.
   *
   * @param cause what `retry()` rejects with
   */
  constructor(cause: unknown) {
    super("Stop retrying", { cause });
  }
}
