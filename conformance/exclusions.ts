/**
 * Requirements of gateway and service that no check judges, each with the reason. Append only; one that is judged after
 * all must leave the list again.
 *
 * @module
 */

/** A requirement that is left out. */
export interface Exclusion {
  /** Its id, `RET-055`. */
  readonly requirement: string;
  /** Why no check can judge it from outside, in one sentence. */
  readonly reason: string;
}

/** See the module. */
export const EXCLUSIONS: readonly Exclusion[] = [];
