/**
 * `retry(fn)`: tries again what failed, with the patience of a policy.
 *
 * @module
 */
import type { ResolvedPolicy, RetryPolicy } from "../core/retry/policy.ts";
import { completedPolicy, DEFAULT_POLICY, policyFault } from "../core/retry/policy_rules.ts";
import { Run } from "./_run.ts";
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
 * @throws {RangeError} with `code` `argument-invalid` and `field`, if the policy is out of range
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
  policy: RetryPolicy = DEFAULT_POLICY,
  options: RetryOptions<T> = NO_OPTIONS,
): Promise<T> {
  if (policy !== DEFAULT_POLICY) {
    const fault = policyError(policy);
    if (fault) return Promise.reject(fault);
  }
  return first(fn, policy, options);
}

/**
 * Makes a {@linkcode retry} with a policy and options of its own, checked once.
 *
 * @throws {RangeError} with `code` `argument-invalid` and `field`, if the policy is out of range
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
  const fault = policyError(policy);
  if (fault) throw fault;
  const resolved = completedPolicy(policy, DEFAULT_POLICY);
  complete.add(resolved);
  return (fn, options) =>
    first(fn, resolved, options ? { ...defaults, ...options } : defaults as typeof options & object);
}

const NO_OPTIONS = {};
const complete = new WeakSet<RetryPolicy>([DEFAULT_POLICY]);

/** What a first attempt is told that nothing can abort: one for all, so that success allocates nothing. */
const FIRST: Attempt = {
  attempt: 1,
  deadlineMs: Infinity,
  get signal() {
    return new AbortController().signal;
  },
};

/** The way of success: no clock, no timer, no state. All else stands in {@linkcode Run}. */
async function first<T>(
  fn: (attempt: Attempt) => T | PromiseLike<T>,
  policy: RetryPolicy,
  options: RetryOptions<T>,
): Promise<T> {
  if (policy.attemptTimeoutMs || policy.maxElapsedMs || options.signal || options.retryOn) {
    return slow(fn, policy, options, 0);
  }
  try {
    return await fn(FIRST);
  } catch (error) {
    return slow(fn, policy, options, 1, error);
  }
}

function slow<T>(
  fn: (attempt: Attempt) => T | PromiseLike<T>,
  policy: RetryPolicy,
  options: RetryOptions<T>,
  attempt: number,
  failure?: unknown,
): PromiseLike<T> {
  const resolved = complete.has(policy) ? policy as ResolvedPolicy : completedPolicy(policy, DEFAULT_POLICY);
  const run = new Run(fn, resolved, options, attempt, failure);
  return run as unknown as PromiseLike<T>;
}

function policyError(policy: RetryPolicy): RangeError | undefined {
  const fault = policyFault(policy);
  return fault && Object.assign(new RangeError(fault.reason), { code: "argument-invalid", field: fault.field });
}
