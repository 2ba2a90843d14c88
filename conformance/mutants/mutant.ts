/**
 * What a mutant is: the reference with one small fault, and the check that must find it.
 *
 * @module
 */

/** One fault. */
export interface Mutant {
  /** Says the fault in a few words, `retry-one-too-few`. */
  readonly id: string;
  /** The requirement that it breaks, and for which it must be found. */
  readonly requirement: string;
  /** The check that must find it. */
  readonly check: string;
  /** File of the reference, below `src/`. */
  readonly file: string;
  /** Text that stands in the file exactly once. */
  readonly find: string;
  /** What takes its place. */
  readonly replace: string;
}
