/**
 * What a check is.
 *
 * @module
 */
import type { Ability, Profile, Question } from "./control.ts";
import type { Session } from "./session.ts";

/** The kinds of check, each counted on its own. */
export const CHECK_KINDS = [
  "vector",
  "scenario",
  "property",
  "model",
  "interleaving",
  "fault",
  "hostile",
  "lint",
] as const;

/** One of {@linkcode CHECK_KINDS}. */
export type CheckKind = typeof CHECK_KINDS[number];

/** What a check is given beside the session. */
export interface Effort {
  /** Seed of everything that is drawn. */
  readonly seed: number;
  /** Times a property is tried; at most 10,000. */
  readonly runs: number;
  /** Where fast-check is to go on in a replay. */
  readonly path?: string;
}

/** One check: a piece of behaviour that is tried on a subject. */
export interface Check {
  /** Stable name, `retry/first-retry-waits-0`. */
  readonly id: string;
  /** The requirements that it judges; each is asserted by {@linkcode Session.must}. */
  readonly requirements: readonly string[];
  /** One sentence: what must hold. */
  readonly title: string;
  /** How it goes about it. */
  readonly kind: CheckKind;
  /** Every profile that the subject must declare. */
  readonly needs: readonly Profile[];
  /** Abilities that the subject must declare. */
  readonly can?: readonly Ability[];
  /** A question that the subject must take. */
  readonly asks?: Question;
  /** Whether it needs a clock that the suite moves; default `true`. */
  readonly virtual?: boolean;
  /** Tries it; throws a `Failure` if a requirement is broken. */
  run(session: Session, effort: Effort): Promise<void>;
}
