/**
 * `retry(fn)`: tries again what failed, with the patience of a policy.
 *
 * @module
 */
import type { ResolvedPolicy, RetryPolicy } from "../core/retry/policy.ts";
import { checkPolicy, completedPolicy, DEFAULT_POLICY } from "../core/retry/policy_rules.ts";
import { Context, Run } from "./_run.ts";
import type { Attempt, RetryEvent, RetryOptions } from "./retry_options.ts";

export type { Attempt, RetryEvent, RetryOptions };

/**
 * Calls `fn` until it succeeds or the policy is at its end, and gives its result, or rejects with its last error as
 * it is.
 *
 * By default there are 3 retries, after about 1, 2 and 4 s, spread by full jitter, without time limits. An error with
 * a number `retryAfterMs` makes the wait at least as long, up to an hour. `throw new StopRetry(cause)` ends the call
 * at once. An attempt that times out (`attemptTimeoutMs`) counts as failed with a `TimeoutError`; if it ignores its
 * signal, it may still run beside the next one. A wait of 0 takes no timer, and all others share one.
 *
 * @param policy plain data; see {@linkcode RetryPolicy}
 * @throws {BellhopError} `argument-invalid` with the field, if the policy is out of range
 *
 * @example
 * ```ts
 * import { retry } from "@bellhop/bellhop/retry";
 * import { assertEquals } from "@std/assert";
 * const result = await retry(({ attempt }) => {
 *   if (attempt < 3) throw new Error("not yet");
 *   return `attempt ${attempt}`;
 * }, { retries: 5, baseMs: 1 });
 * assertEquals(result, "attempt 3");
 * ```
 */
export function retry<T>(
  fn: (attempt: Attempt) => T | PromiseLike<T>,
  policy?: RetryPolicy,
  options?: RetryOptions<T>,
): Promise<T> {
  return first(fn, policy ?? DEFAULT_POLICY, options, policy);
}

/**
 * Makes a {@linkcode retry} with a policy and options of its own, checked once.
 *
 * @throws {BellhopError} `argument-invalid` with the field, if the policy is out of range
 *
 * @example
 * ```ts
 * import { createRetry } from "@bellhop/bellhop/retry";
 * import { assertEquals } from "@std/assert";
 * const patiently = createRetry({ retries: "unlimited", baseMs: 1 });
 * assertEquals(await patiently(() => 42), 42);
 * ```
 */
export function createRetry(
  policy: RetryPolicy,
  defaults: RetryOptions<unknown> = {},
): <T>(fn: (attempt: Attempt) => T | PromiseLike<T>, options?: RetryOptions<T>) => Promise<T> {
  checkPolicy(policy);
  const resolved = completedPolicy(policy, DEFAULT_POLICY);
  return (fn, options) =>
    first(fn, resolved, options ? { ...defaults, ...options } : defaults as typeof options & object);
}

/** The way of success: no clock, no timer, no state. All else stands in {@linkcode Run}. */
async function first<T>(
  fn: (attempt: Attempt) => T | PromiseLike<T>,
  policy: RetryPolicy,
  options?: RetryOptions<T>,
  unchecked?: RetryPolicy,
): Promise<T> {
  if (unchecked !== undefined) checkPolicy(unchecked);
  let attempt = 0;
  let failure;
  if (!(policy.attemptTimeoutMs || policy.maxElapsedMs || options?.signal || options?.retryOn)) {
    try {
      return await fn(new Context(1, Infinity));
    } catch (error) {
      attempt = 1;
      failure = error;
    }
  }
  // Completed only now, since who succeeds needs no complete policy.
  if (unchecked) policy = completedPolicy(unchecked, DEFAULT_POLICY);
  return new Run(fn, policy as ResolvedPolicy, options, attempt, failure) as unknown as Promise<T>;
}
