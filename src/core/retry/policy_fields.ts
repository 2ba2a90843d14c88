/**
 * The fields of a retry policy.
 *
 * @module
 */

/** How a wait is spread by chance, so that many who failed together do not come back together. */
export type Jitter = "full" | "equal" | "decorrelated" | "none";

/** A retry policy as a user writes it: every field may be left out, and it is plain JSON. */
export interface RetryPolicy {
  /** Attempts after the first: an integer from 0 to 1,000,000, or `"unlimited"`. */
  readonly retries?: number | "unlimited";
  /** The first backoff in milliseconds, an integer from 0 to 86,400,000 (a day). */
  readonly baseMs?: number;
  /** What each backoff is multiplied by to give the next: 1 to 10. */
  readonly factor?: number;
  /** No computed backoff is longer, in milliseconds: an integer from `baseMs` to 86,400,000. */
  readonly capMs?: number;
  /** `full` and `none` are the protocol's; `equal` and `decorrelated` are for `retry()` in apps. */
  readonly jitter?: Jitter;
  /** Whether retry 1 is made at once (the protocol's rule) or after a backoff like any other. */
  readonly firstRetry?: "immediate" | "backoff";
  /** Milliseconds one attempt may take: an integer from 1 to 3,600,000, or `null` for no limit. */
  readonly attemptTimeoutMs?: number | null;
  /** Milliseconds from the first attempt after which no retry is begun: an integer from 1 to 2,592,000,000, or `null`. */
  readonly maxElapsedMs?: number | null;
}

/** A policy with every field present and in range, as {@linkcode resolvePolicy} gives it. Still plain JSON. */
export type ResolvedPolicy = Required<RetryPolicy>;
