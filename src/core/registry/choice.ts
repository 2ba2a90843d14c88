/**
 * The answer to "which instance shall get this delivery?".
 *
 * @module
 */

/**
 * How one of several good instances is chosen: the one with fewer deliveries in flight of two drawn at random
 * (M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001), or each in turn.
 */
export type ChoiceStrategy = "least-loaded-of-two" | "round-robin";

/** An instance to call. The same object as long as the instance keeps its registration. */
export interface Chosen {
  /** Which of the shapes this is. */
  readonly kind: "chosen";
  /** The instance's id. */
  readonly instance: string;
  /** Where it is called. */
  readonly endpoint: string;
}

/** Every instance that may be called has an open breaker. */
export interface Deferred {
  /** Which of the shapes this is. */
  readonly kind: "deferred";
  /** When the first of them takes a probe, in epoch milliseconds. */
  readonly deferUntilMs: number;
}

/** The service, or the one instance that was asked for, is not there. */
export interface Absent {
  /** Which of the shapes this is. */
  readonly kind: "absent";
  /** Why not. */
  readonly reason: "no-instance";
}

/** The answer of a choice. */
export type Choice = Chosen | Deferred | Absent;

/** The one answer that nobody is there. */
export const NO_INSTANCE: Absent = Object.freeze({ kind: "absent", reason: "no-instance" });
