/**
 * A circuit breaker as a pure machine: after too many failures in a row it keeps everybody away for a while, then
 * lets one through to see. M. Nygard, "Release It!" (2007).
 *
 * | state     | allows    | begin     | success | failure                     | no verdict |
 * | --------- | --------- | --------- | ------- | --------------------------- | ---------- |
 * | closed    | yes       | closed    | closed  | closed, or open at threshold| closed     |
 * | open      | no        | open      | open    | open                        | open       |
 * | half-open | yes       | probing   | –       | –                           | –          |
 * | probing   | no        | probing   | closed  | open                        | half-open  |
 *
 * An open breaker is half-open once its time has passed. What is reported to an open one comes from attempts begun
 * before it opened, and proves nothing.
 *
 * @module
 */

/** When a breaker opens and for how long. */
export interface BreakerSettings {
  /** Failures in a row that open it: an integer from 1. */
  readonly threshold: number;
  /** Milliseconds it stays open: from 1. */
  readonly openMs: number;
}

/** A breaker's state: immutable, plain JSON. */
export interface BreakerState {
  /** Failures in a row. */
  readonly failures: number;
  /** Epoch milliseconds until which it is open; `null` while it is closed. */
  readonly openUntilMs: number | null;
  /** Whether the one attempt that decides is under way. */
  readonly probing: boolean;
}

/** The protocol's breaker: 10 failures in a row open it for 10 s (RET-061, RET-062). */
export const BREAKER_SETTINGS: BreakerSettings = Object.freeze({ threshold: 10, openMs: 10_000 });

/** How every breaker begins. */
export const CLOSED_BREAKER: BreakerState = Object.freeze({ failures: 0, openUntilMs: null, probing: false });

/** Which of its three states a breaker is in; half-open while its probe is under way, too. */
export function breakerPhase(state: BreakerState, nowMs: number): "closed" | "open" | "half-open" {
  if (state.openUntilMs === null) return "closed";
  return state.probing || nowMs >= state.openUntilMs ? "half-open" : "open";
}

/** Whether an attempt may begin. Who begins one says so by {@linkcode breakerBegin}. */
export function breakerAllows(state: BreakerState, nowMs: number): boolean {
  return state.openUntilMs === null || (!state.probing && nowMs >= state.openUntilMs);
}

/** The state once an attempt that was allowed has begun. Every attempt begun must be reported. */
export function breakerBegin(state: BreakerState, nowMs: number): BreakerState {
  return state.openUntilMs === null || !breakerAllows(state, nowMs) ? state : { ...state, probing: true };
}

/**
 * The state after an attempt has ended.
 *
 * @param ok whether it succeeded; `undefined` if it ended without saying anything about the other side
 *
 * @example
 * ```ts
 * import { breakerAllows, breakerNextMs, breakerReport, CLOSED_BREAKER } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const opened = breakerReport(CLOSED_BREAKER, 0, false, { threshold: 1, openMs: 500 });
 * assertEquals([breakerAllows(opened, 499), breakerNextMs(opened)], [false, 500]);
 * assertEquals(breakerAllows(opened, 500), true);
 * ```
 */
export function breakerReport(
  state: BreakerState,
  nowMs: number,
  ok: boolean | undefined,
  settings: BreakerSettings = BREAKER_SETTINGS,
): BreakerState {
  if (state.openUntilMs !== null && !state.probing) return state;
  if (ok === undefined) return state.probing ? { ...state, probing: false } : state;
  if (ok) return state.failures === 0 ? state : CLOSED_BREAKER;
  const failures = state.failures + 1;
  const opens = state.probing || failures >= settings.threshold;
  return { failures, openUntilMs: opens ? nowMs + settings.openMs : null, probing: false };
}

/** When an open breaker becomes half-open; `undefined` if it is closed or its probe is under way. */
export function breakerNextMs(state: BreakerState): number | undefined {
  return state.openUntilMs === null || state.probing ? undefined : state.openUntilMs;
}
