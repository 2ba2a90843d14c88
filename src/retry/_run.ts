import { backoffDelay, retryAllowed, withRetryAfter } from "../core/retry/backoff.ts";
import type { ResolvedPolicy } from "../core/retry/policy.ts";
import { type Waiter, type Waiting, waitingOn } from "./_waiting.ts";
import type { Attempt, RetryOptions } from "./retry_options.ts";
import { StopRetry } from "./stop_retry.ts";

/**
 * One call of `retry()` that needs more than its first attempt. One object is waiter, listener and state at once,
 * so that a hundred thousand of them can wait.
 */
export class Run<T> implements Waiter, EventListenerObject {
  /** We wait for the next attempt, or for the current one to time out. */
  place = -1;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;
  readonly #fn: (attempt: Attempt) => T | PromiseLike<T>;
  readonly #policy: ResolvedPolicy;
  readonly #options: RetryOptions<T>;
  readonly #waiting: Waiting;
  #attempt: number;
  #failure: unknown;
  #previousMs = 0;
  #deadlineMs = Infinity;
  /** The attempt under way. What another one reports came too late. */
  #current: Context | undefined;
  #done = false;

  /** @param attempt how many attempts have been made elsewhere, 0 or 1, and `failure`: what that one threw */
  constructor(
    fn: (attempt: Attempt) => T | PromiseLike<T>,
    policy: ResolvedPolicy,
    options: RetryOptions<T>,
    attempt: number,
    failure?: unknown,
  ) {
    this.#fn = fn;
    this.#policy = policy;
    this.#options = options;
    this.#waiting = waitingOn(options.clock);
    this.#attempt = attempt;
    this.#failure = failure;
  }

  /**
   * Begins. An async function that returns a run calls this with the functions that settle its own promise, so a
   * run needs none, which halves what a waiting call costs.
   */
  then(resolve: (value: T) => void, reject: (reason: unknown) => void): void {
    this.#resolve = resolve;
    this.#reject = reject;
    const { signal } = this.#options;
    if (signal?.aborted) return this.handleEvent();
    signal?.addEventListener("abort", this);
    const { maxElapsedMs } = this.#policy;
    if (maxElapsedMs) this.#deadlineMs = this.#waiting.nowMs() + maxElapsedMs;
    const failure = this.#failure;
    this.#failure = undefined;
    if (!this.#attempt || this.#settle(undefined, false, failure)) this.#try();
  }

  /** Our wait is over. */
  wake(): void {
    const current = this.#current;
    if (!current) return this.#try();
    const error = new DOMException("The attempt timed out", "TimeoutError");
    current.abort(error);
    if (this.#settle(current, false, error)) this.#try();
  }

  /** The caller's signal is aborted. */
  handleEvent(): void {
    const reason = this.#options.signal!.reason;
    const current = this.#current;
    this.#finish(this.#reject, reason);
    current?.abort(reason);
  }

  #try(): void {
    const { signal } = this.#options;
    const timeoutMs = this.#policy.attemptTimeoutMs;
    const source = signal && !timeoutMs ? { signal } : undefined;
    const context = this.#current = new Context(++this.#attempt, this.#deadlineMs, source);
    if (timeoutMs) this.#waiting.add(timeoutMs, this);
    let pending: Promise<T>;
    try {
      pending = Promise.resolve(this.#fn(context));
    } catch (error) {
      pending = Promise.reject(error);
    }
    // The next attempt begins here and not further in: the fewer frames, the cheaper an error's stack.
    pending.then(
      (value) => this.#settle(context, true, value) && this.#try(),
      (error) => this.#settle(context, false, error) && this.#try(),
    );
  }

  /** Ends the attempt, then the call or the wait; gives true if the next attempt is to begin at once. */
  // deno-lint-ignore no-explicit-any
  #settle(context: Context | undefined, ok: boolean, outcome: any): boolean {
    if (this.#done || this.#current !== context) return false;
    this.#current = undefined;
    this.#waiting.leave(this);
    try {
      const delayMs = this.#delayAfter(ok, outcome);
      if (this.#done || delayMs === 0) return !this.#done;
      if (delayMs) this.#waiting.add(delayMs, this);
      else if (ok) this.#finish(this.#resolve, outcome);
      else this.#finish(this.#reject, outcome instanceof StopRetry ? outcome.cause : outcome);
    } catch (error) {
      this.#finish(this.#reject, error);
    }
    return false;
  }

  /** Milliseconds until the next attempt, or `undefined` if there is none. */
  // deno-lint-ignore no-explicit-any
  #delayAfter(ok: boolean, outcome: any): number | undefined {
    const { random = Math.random, onRetry, retryOn, shouldRetry } = this.#options;
    const attempt = this.#attempt;
    const asked = ok
      ? retryOn?.(outcome, attempt) ?? false
      : !(outcome instanceof StopRetry) && shouldRetry?.(outcome, attempt) !== false && (outcome?.retryAfterMs || 0);
    if (asked === false || !retryAllowed(this.#policy, attempt)) return undefined;
    let delayMs = this.#previousMs = backoffDelay(this.#policy, attempt, random, this.#previousMs);
    if (asked > 0 && asked !== true) delayMs = withRetryAfter(delayMs, asked);
    if (this.#deadlineMs < Infinity && this.#waiting.nowMs() + delayMs > this.#deadlineMs) return undefined;
    onRetry?.(
      ok
        ? { attempt, delayMs, error: undefined, result: outcome }
        : { attempt, delayMs, error: outcome, result: undefined },
    );
    return delayMs;
  }

  #finish<V>(settle: (value: V) => void, value: V): void {
    this.#done = true;
    this.#current = undefined;
    this.#waiting.leave(this);
    this.#options.signal?.removeEventListener("abort", this);
    settle(value);
  }
}

/** What an attempt is told. Its signal is the caller's, or is made when it is first needed. */
class Context implements Attempt {
  readonly attempt: number;
  readonly deadlineMs: number;
  #source: { readonly signal: AbortSignal; abort?(reason: unknown): void } | undefined;

  constructor(attempt: number, deadlineMs: number, source: { readonly signal: AbortSignal } | undefined) {
    this.attempt = attempt;
    this.deadlineMs = deadlineMs;
    this.#source = source;
  }

  get signal(): AbortSignal {
    return (this.#source ??= new AbortController()).signal;
  }

  /** Aborts the signal if it is our own. */
  abort(reason: unknown): void {
    (this.#source ??= new AbortController()).abort?.(reason);
  }
}
