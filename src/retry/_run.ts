import { backoffDelay, retryAllowed, withRetryAfter } from "../core/retry/backoff.ts";
import type { ResolvedPolicy } from "../core/retry/policy.ts";
import { type Waiter, type Waiting, waitingOn } from "./_waiting.ts";
import type { Attempt, RetryOptions } from "./retry.ts";
import { StopRetry } from "./stop_retry.ts";

/**
 * One call of `retry()` that needs more than its first attempt. One object is waiter, listener and state at once,
 * so that a hundred thousand of them can wait.
 */
export class Run<T> implements Waiter, EventListenerObject {
  readonly promise: Promise<T>;
  /** We wait for the next attempt, or for the current one to time out. */
  place = -1;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;
  readonly #fn: (attempt: Attempt) => T | PromiseLike<T>;
  readonly #policy: ResolvedPolicy;
  readonly #options: RetryOptions<T>;
  readonly #waiting: Waiting;
  #attempt = 0;
  #previousMs = 0;
  #deadlineMs = Infinity;
  /** The attempt under way. What another one reports came too late. */
  #current: Context | undefined;
  #done = false;

  constructor(fn: (attempt: Attempt) => T | PromiseLike<T>, policy: ResolvedPolicy, options: RetryOptions<T>) {
    this.#fn = fn;
    this.#policy = policy;
    this.#options = options;
    this.#waiting = waitingOn(options.clock);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Begins with attempt 1. */
  begin(): Promise<T> {
    const { signal } = this.#options;
    if (signal?.aborted) this.handleEvent();
    else {
      signal?.addEventListener("abort", this);
      if (this.#policy.maxElapsedMs) this.#deadlineMs = this.#waiting.nowMs() + this.#policy.maxElapsedMs;
      this.#try();
    }
    return this.promise;
  }

  /** Begins after attempt 1 has failed elsewhere. */
  resume(error: unknown): Promise<T> {
    this.#attempt = 1;
    this.#settle(this.#current, false, error);
    return this.promise;
  }

  /** Our wait is over. */
  wake(): void {
    const current = this.#current;
    if (!current) return this.#try();
    const error = new DOMException("The attempt timed out", "TimeoutError");
    current.abort(error);
    this.#settle(current, false, error);
  }

  /** The caller's signal is aborted. */
  handleEvent(): void {
    const reason = this.#options.signal!.reason;
    const current = this.#current;
    this.#finish(this.#reject, reason);
    current?.abort(reason);
  }

  #try(): void {
    const timeoutMs = this.#policy.attemptTimeoutMs;
    const context = this.#current = new Context(
      ++this.#attempt,
      this.#deadlineMs,
      timeoutMs ? undefined : this.#options.signal,
    );
    if (timeoutMs) this.#waiting.add(timeoutMs, this);
    let pending: Promise<T>;
    try {
      pending = Promise.resolve(this.#fn(context));
    } catch (error) {
      pending = Promise.reject(error);
    }
    pending.then((value) => this.#settle(context, true, value), (error) => this.#settle(context, false, error));
  }

  // deno-lint-ignore no-explicit-any
  #settle(context: Context | undefined, ok: boolean, outcome: any): void {
    if (this.#done || this.#current !== context) return;
    this.#current = undefined;
    this.#waiting.leave(this);
    const { retryOn, shouldRetry } = this.#options;
    const attempt = this.#attempt;
    try {
      if (ok) {
        const asked = retryOn?.(outcome, attempt) ?? false;
        if (asked === false || !this.#retry(asked, outcome, undefined)) this.#finish(this.#resolve, outcome);
      } else if (outcome instanceof StopRetry) this.#finish(this.#reject, outcome.cause);
      else if (shouldRetry?.(outcome, attempt) === false || !this.#retry(outcome?.retryAfterMs, undefined, outcome)) {
        this.#finish(this.#reject, outcome);
      }
    } catch (error) {
      this.#finish(this.#reject, error);
    }
  }

  /** Waits for the next attempt, or begins it; gives false if there may be none. */
  #retry(asked: unknown, result: T | undefined, error: unknown): boolean {
    const { random = Math.random, onRetry } = this.#options;
    const attempt = this.#attempt;
    if (!retryAllowed(this.#policy, attempt)) return false;
    let delayMs = this.#previousMs = backoffDelay(this.#policy, attempt, random, this.#previousMs);
    if (typeof asked === "number" && asked > 0) delayMs = withRetryAfter(delayMs, asked);
    if (this.#deadlineMs < Infinity && this.#waiting.nowMs() + delayMs > this.#deadlineMs) return false;
    onRetry?.({ attempt, delayMs, error, result });
    if (this.#done) return true;
    if (delayMs > 0) this.#waiting.add(delayMs, this);
    else this.#try();
    return true;
  }

  #finish<V>(settle: (value: V) => void, value: V): void {
    this.#done = true;
    this.#current = undefined;
    this.#waiting.leave(this);
    this.#options.signal?.removeEventListener("abort", this);
    settle(value);
  }
}

/** What an attempt is told. Its signal is made when it is asked for. */
class Context implements Attempt {
  readonly attempt: number;
  readonly deadlineMs: number;
  #signal: AbortSignal | undefined;
  #controller: AbortController | undefined;
  #reason: unknown;

  constructor(attempt: number, deadlineMs: number, signal: AbortSignal | undefined) {
    this.attempt = attempt;
    this.deadlineMs = deadlineMs;
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    if (this.#signal) return this.#signal;
    this.#controller = new AbortController();
    if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    return this.#signal = this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
