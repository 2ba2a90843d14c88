/**
 * What a call of `retry()` may be given besides its policy, and what it tells.
 *
 * @module
 */
import type { Clock } from "../ports/clock.ts";

/** What an attempt is told. */
export interface Attempt {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Aborted when the caller aborts, or when the attempt times out: pass it to `fetch`. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds after which no retry is begun (`maxElapsedMs`); `Infinity` without. */
  readonly deadlineMs: number;
}

/** What is known when an attempt has failed and another will follow. */
export interface RetryEvent<T> {
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** Milliseconds until the next one. */
  readonly delayMs: number;
  /** What it threw, unless its result was refused. */
  readonly error: unknown;
  /** The result that `retryOn` refused. */
  readonly result: T | undefined;
}

/** What is no data in a call of {@linkcode retry}: functions, clock and signal. All may be left out. */
export interface RetryOptions<T> {
  /** Aborted, it ends the call at once, in an attempt or between two: it rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Whether an error is worth another attempt; by default each is. An error that it throws ends the call. */
  readonly shouldRetry?: (error: unknown, attempt: number) => boolean;
  /**
   * Whether a result is as bad as an error: `true`, or the milliseconds to wait at least (as `busyResponse` gives).
   * When the retries are spent, the last result is returned.
   */
  readonly retryOn?: (result: T, attempt: number) => boolean | number;
  /** Told before each wait. An error that it throws ends the call. */
  readonly onRetry?: (event: RetryEvent<T>) => void;
  /** Where time comes from; the platform by default. */
  readonly clock?: Clock;
  /** Where chance comes from: numbers in [0, 1); `Math.random` by default. */
  readonly random?: () => number;
}
