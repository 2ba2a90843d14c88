/**
 * How long to wait before a retry: the protocol's rule as one function, and as an immutable value to store.
 *
 * @module
 */
import type { ResolvedPolicy } from "./policy.ts";

/** Milliseconds; no `Retry-After`, and no nak's delay, is obeyed beyond an hour. */
export const MAX_ASKED_MS = 3_600_000;

/** Whether retry `retryNumber` (1 = the first) is within the policy's budget of retries. */
export function retryAllowed(policy: ResolvedPolicy, retryNumber: number): boolean {
  // No number is greater than the word.
  return !(retryNumber > (policy.retries as number));
}

/**
 * Milliseconds to wait before retry `retryNumber` (spec RET, "Delay").
 *
 * With `firstRetry: "immediate"` retry 1 waits 0 and draws nothing, and retry n ≥ 2 has the ceiling
 * d = min(capMs, baseMs · factor^(n−2)), and a jittered wait is at least 1 ms. With `"backoff"` the exponent is
 * n−1, retry 1 is no exception, and there is no such floor: `baseMs` 0 then means not to wait.
 * `none` waits ⌊d⌋; `full` ⌊u·d⌋; `equal` ⌊d/2 + u·d/2⌋; `decorrelated` ⌊min(capMs, baseMs + u·(3·p − baseMs))⌋
 * where p is the wait before. All but `none` draw exactly one u per wait.
 *
 * Jitters as named by M. Brooker, "Exponential Backoff And Jitter" (2015).
 *
 * @param retryNumber 1 = the first retry
 * @param random gives u in [0, 1); called at most once
 * @param previousMs the wait before this one; of use to `decorrelated` alone
 * @returns whole milliseconds, at most `max(1, capMs)`
 *
 * @example
 * ```ts
 * import { backoffDelay, PRIORITY_POLICIES } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(backoffDelay(PRIORITY_POLICIES.HIGH, 1, () => 0.5), 0);
 * assertEquals(backoffDelay(PRIORITY_POLICIES.HIGH, 4, () => 0.5), 2_000);
 * ```
 */
export function backoffDelay(
  policy: ResolvedPolicy,
  retryNumber: number,
  random: () => number,
  previousMs = 0,
): number {
  const { baseMs, capMs, jitter } = policy;
  const floorMs = policy.firstRetry === "immediate" ? 1 : 0;
  const exponent = retryNumber - 1 - floorMs;
  // The power may be infinite, and 0 times that is no number.
  const ceiling = baseMs && Math.min(capMs, baseMs * policy.factor ** exponent);
  if (exponent < 0 || !ceiling) return 0;
  if (jitter === "none") return Math.floor(ceiling);
  const u = random();
  const wait = jitter === "full"
    ? u * ceiling
    : jitter === "equal"
    ? (ceiling + u * ceiling) / 2
    : Math.min(capMs, baseMs + u * (3 * Math.max(baseMs, previousMs) - baseMs));
  return Math.max(floorMs, Math.floor(wait));
}

/**
 * Milliseconds to wait when the receiver asked for a delay: never less than asked, up to an hour, and never
 * less than computed.
 *
 * @example
 * ```ts
 * import { withRetryAfter } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(withRetryAfter(0, 5_000), 5_000);
 * assertEquals(withRetryAfter(700, 5_000_000), 3_600_000);
 * ```
 */
export function withRetryAfter(computedMs: number, askedMs: number): number {
  return Math.max(computedMs, Math.min(askedMs, MAX_ASKED_MS));
}

/** What must be stored of a backoff to resume it: plain JSON. */
export interface BackoffState {
  /** Retries taken so far, 0 at first. */
  readonly retry: number;
  /** The last wait in milliseconds, 0 at first. */
  readonly previousMs: number;
}

/** A backoff as an immutable value: asking for the next wait gives the wait and the value that follows. */
export interface Backoff extends BackoffState {
  /** The wait before the next retry and the backoff after it; `undefined` when the budget is spent. */
  next(random: () => number): { readonly delayMs: number; readonly next: Backoff } | undefined;
  /** What {@linkcode backoff} takes to resume here. */
  toJSON(): BackoffState;
}

/**
 * A policy's backoff as an immutable value, at its start or resumed from what `toJSON` gave.
 *
 * @example
 * ```ts
 * import { backoff, PRIORITY_POLICIES } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const first = backoff(PRIORITY_POLICIES.NORMAL).next(() => 0.5)!;
 * const stored = JSON.stringify(first.next);
 * const second = backoff(PRIORITY_POLICIES.NORMAL, JSON.parse(stored)).next(() => 0.5)!;
 * assertEquals([first.delayMs, second.delayMs], [0, 500]);
 * ```
 */
export function backoff(policy: ResolvedPolicy, from: BackoffState = { retry: 0, previousMs: 0 }): Backoff {
  const { retry, previousMs } = from;
  return Object.freeze({
    retry,
    previousMs,
    next: (random: () => number) => {
      if (!retryAllowed(policy, retry + 1)) return undefined;
      const delayMs = backoffDelay(policy, retry + 1, random, previousMs);
      return { delayMs, next: backoff(policy, { retry: retry + 1, previousMs: delayMs }) };
    },
    toJSON: () => ({ retry, previousMs }),
  });
}
