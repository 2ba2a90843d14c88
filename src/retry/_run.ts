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
  place = 0;
  /** Until `then` is called, what the attempt made elsewhere threw. */
  #resolve: (value: T) => void;
  #reject!: (reason: unknown) => void;
  readonly #fn: (attempt: Attempt) => T | PromiseLike<T>;
  readonly #policy: ResolvedPolicy;
  readonly #options: RetryOptions<T>;
  readonly #waiting: Waiting;
  #attempt: number;
  #previousMs = 0;
  #deadlineMs = Infinity;
  /** The attempt under way, if any; `this` once the call has ended. What another attempt reports came too late. */
  #current: Context | this | undefined;

  /** @param attempt how many attempts have been made elsewhere, 0 or 1, and `failure`: what that one threw */
  constructor(
    fn: (attempt: Attempt) => T | PromiseLike<T>,
    policy: ResolvedPolicy,
    options: RetryOptions<T> = {},
    attempt: number,
    failure: unknown,
  ) {
    this.#fn = fn;
    this.#policy = policy;
    this.#options = options;
    this.#waiting = waitingOn(options.clock);
    this.#attempt = attempt;
    if (policy.maxElapsedMs) this.#deadlineMs = this.#waiting.nowMs() + policy.maxElapsedMs;
    this.#resolve = failure as () => void;
  }

  /**
   * Begins. An async function that returns a run calls this with the functions that settle its own promise, so a
   * run needs none, which halves what a waiting call costs.
   */
  then(resolve: (value: T) => void, reject: (reason: unknown) => void): void {
    const failure = this.#resolve;
    this.#resolve = resolve;
    this.#reject = reject;
    const { signal } = this.#options;
    if (signal?.aborted) return this.handleEvent();
    signal?.addEventListener("abort", this);
    if (this.#attempt) this.#settle(undefined, false, failure);
    else this.#try();
  }

  /** Our wait is over. */
  wake(): void {
    const current = this.#current as Context | undefined;
    const error = current && new DOMException("Timed out", "TimeoutError");
    current?.abort(error);
    if (current) this.#settle(current, false, error);
    else this.#try();
  }

  /** The caller's signal is aborted. */
  handleEvent(): void {
    const reason = this.#options.signal!.reason;
    const current = this.#current as Context | undefined;
    this.#finish(this.#reject, reason);
    current?.abort(reason);
  }

  #try(): void {
    const { attemptTimeoutMs } = this.#policy;
    const given = attemptTimeoutMs ? undefined : this.#options.signal;
    const context = this.#current = new Context(++this.#attempt, this.#deadlineMs, given);
    if (attemptTimeoutMs) this.#waiting.add(attemptTimeoutMs, this);
    let pending: Promise<T>;
    try {
      pending = Promise.resolve(this.#fn(context));
    } catch (error) {
      pending = Promise.reject(error);
    }
    pending.then(
      (value) => this.#settle(context, true, value),
      (error) => this.#settle(context, false, error),
    );
  }

  /** Ends the attempt, then the call, or the wait, or neither. */
  // deno-lint-ignore no-explicit-any
  #settle(context: Context | undefined, ok: boolean, outcome: any): void {
    if (this.#current !== context) return;
    this.#current = undefined;
    this.#waiting.leave(this);
    let delayMs: number | undefined;
    try {
      if (!ok && outcome instanceof StopRetry) outcome = outcome.cause;
      else delayMs = this.#delayAfter(ok, outcome);
    } catch (error) {
      ok = false;
      outcome = error;
    }
    // A callback may have aborted the call.
    if (this.#current) return;
    if (delayMs) this.#waiting.add(delayMs, this);
    else if (delayMs === 0) this.#try();
    else this.#finish(ok ? this.#resolve : this.#reject, outcome);
  }

  /** Milliseconds until the next attempt, or `undefined` if there is none. */
  // deno-lint-ignore no-explicit-any
  #delayAfter(ok: boolean, outcome: any): number | undefined {
    const attempt = this.#attempt;
    const options = this.#options;
    const asked = ok
      ? options.retryOn?.(outcome, attempt) ?? false
      : options.shouldRetry?.(outcome, attempt) !== false && (outcome?.retryAfterMs || 0);
    if (asked === false || !retryAllowed(this.#policy, attempt)) return undefined;
    let delayMs = backoffDelay(this.#policy, attempt, options.random ?? Math.random, this.#previousMs);
    this.#previousMs = delayMs;
    if (asked > 0 && asked !== true) delayMs = withRetryAfter(delayMs, asked);
    if (this.#deadlineMs < Infinity && this.#waiting.nowMs() + delayMs > this.#deadlineMs) return undefined;
    options.onRetry?.({ attempt, delayMs, error: ok ? undefined : outcome, result: ok ? outcome : undefined });
    return delayMs;
  }

  #finish<V>(settle: (value: V) => void, value: V): void {
    this.#current = this;
    this.#waiting.leave(this);
    this.#options.signal?.removeEventListener("abort", this);
    settle(value);
  }
}

/** What an attempt is told. Its signal is the caller's if it cannot time out, or is made when it is first needed. */
export class Context implements Attempt {
  // Declared only: what is initialised twice is downloaded twice.
  declare readonly attempt: number;
  declare readonly deadlineMs: number;
  readonly #given: AbortSignal | undefined;
  #own: AbortController | undefined;

  constructor(attempt: number, deadlineMs: number, given?: AbortSignal) {
    this.attempt = attempt;
    this.deadlineMs = deadlineMs;
    this.#given = given;
  }

  get signal(): AbortSignal {
    return this.#given ?? (this.#own ??= new AbortController()).signal;
  }

  /** Aborts the signal if it is our own. */
  abort(reason: unknown): void {
    (this.#own ??= new AbortController()).abort(reason);
  }
}
