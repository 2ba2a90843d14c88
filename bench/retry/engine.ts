/**
 * What plugs a retry engine into the bench: one file that exports an `engine`, at most 25 lines.
 *
 *     deno task bench:retry --init mine.ts
 *
 * @module
 */

/** A retry engine, as the bench drives it. */
export interface RetryEngine {
  readonly name: string;
  /** As published; empty for what is not. */
  readonly version: string;
  readonly supports: Supports;
  /**
   * Calls `op` until it resolves, the policy's retries are spent or `signal` is aborted; rejects with the last error, or
   * with what an abort makes it reject with.
   */
  run<T>(op: Operation<T>, policy: Policy, given: Given): Promise<T>;
  /**
   * The same with all that depends on the policy alone made once, if the engine has such a form: what a program would
   * keep in a variable.
   */
  prepare?(policy: Policy, given: Given): <T>(op: Operation<T>) => Promise<T>;
}

/** What is tried. It may reject with an error that has a number `retryAfterMs`: what the server asked for. */
export type Operation<T> = (attempt: { readonly signal?: AbortSignal | undefined }) => Promise<T>;

/** What an engine can express. Whatever is `false`, or not in the list, is shown as such and not measured. */
export interface Supports {
  /** It takes a clock; else it runs under faked timers where time is virtual, and is marked so. */
  readonly clock: boolean;
  /** It takes its random numbers; else `Math.random` is faked where they must be known. */
  readonly random: boolean;
  readonly jitters: readonly Policy["jitter"][];
  /** Waits that grow by `factor` and stop growing at `capMs`. */
  readonly cap: boolean;
  /** The first retry at once, and the backoff after it, as the specification has it (RET-017). */
  readonly firstAtOnce: boolean;
  readonly unlimited: boolean;
  /** An abort ends a wait at once. */
  readonly signal: boolean;
  /** Waits at least as long as the error asks. */
  readonly retryAfter: boolean;
}

/** Plain data: the wire policy of the specification, and the jitters that others have. */
export interface Policy {
  /** Attempts after the first; `Infinity` for no end. */
  readonly retries: number;
  /** Wait before the first retry that waits, before jitter. */
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
  readonly jitter: "none" | "full" | "equal" | "decorrelated";
  /** Whether retry 1 waits 0 and the backoff begins with retry 2. */
  readonly firstAtOnce: boolean;
}

export interface Given {
  readonly signal?: AbortSignal;
  /** Absent: the platform's. */
  readonly clock?: EngineClock;
  /** Absent: `Math.random`. Numbers in [0, 1). */
  readonly random?: () => number;
}

/** Time, and being woken in it once; calling what is returned takes the wake-up back. */
export interface EngineClock {
  nowMs(): number;
  wakeAt(atMs: number, wake: () => void): () => void;
}
