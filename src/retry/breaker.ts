/**
 * A circuit breaker around calls: the pure machine of the core, with a clock. An entry of its own, so that
 * `retry()` stays small.
 *
 * @module
 */
import {
  BREAKER_SETTINGS,
  breakerAllows,
  breakerBegin,
  breakerReport,
  type BreakerSettings,
  type BreakerState,
  CLOSED_BREAKER,
} from "../core/retry/breaker.ts";
import { BellhopError } from "../core/error.ts";
import type { Clock } from "../ports/clock.ts";
import { PLATFORM_CLOCK } from "./_platform_clock.ts";

export type { BreakerSettings, Clock };

/** What can be given to {@linkcode createBreaker}. */
export interface BreakerOptions extends Partial<BreakerSettings> {
  /** Where time comes from; the platform by default. */
  readonly clock?: Pick<Clock, "nowMs">;
  /** Whether an error counts against the other side; by default each does. */
  readonly isFailure?: (error: unknown) => boolean;
}

/**
 * Makes a breaker: a function that calls others, until too many of them in a row have failed. Then it refuses for a
 * while, and lets one call through to see. Put it inside `retry()`: the refusal tells how long to wait.
 *
 * @throws {BellhopError} `argument-invalid` if `threshold` is no integer from 1, or `openMs` is not above 0
 *
 * @example
 * ```ts
 * import { createBreaker } from "@bellhop/bellhop/breaker";
 * import { retry } from "@bellhop/bellhop/retry";
 * import { assertEquals } from "@std/assert";
 * const guarded = createBreaker({ threshold: 5, openMs: 1_000 });
 * assertEquals(await retry(() => guarded(() => 42)), 42);
 * ```
 */
export function createBreaker(options: BreakerOptions = {}): <T>(fn: () => T | PromiseLike<T>) => Promise<T> {
  const { clock = PLATFORM_CLOCK, isFailure = () => true, ...given } = options;
  const settings = { ...BREAKER_SETTINGS, ...given };
  for (const field of ["threshold", "openMs"] as const) {
    const value = settings[field];
    if (!(value > 0) || (field === "threshold" && value % 1 !== 0)) {
      throw new BellhopError("argument-invalid", `The breaker's ${field} must be above 0: ${String(value)}`, { field });
    }
  }
  let state: BreakerState = CLOSED_BREAKER;
  return async (fn) => {
    const nowMs = clock.nowMs();
    if (!breakerAllows(state, nowMs)) {
      const retryAfterMs = Math.max(0, (state.openUntilMs ?? nowMs) - nowMs);
      throw new BellhopError("circuit-open", undefined, { retryAfterMs });
    }
    state = breakerBegin(state, nowMs);
    let ok: boolean | undefined;
    try {
      const result = await fn();
      ok = true;
      return result;
    } catch (error) {
      ok = isFailure(error) ? false : undefined;
      throw error;
    } finally {
      state = breakerReport(state, clock.nowMs(), ok, settings);
    }
  };
}
