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
export const EXCLUSIONS: readonly Exclusion[] = [
  {
    requirement: "RET-007",
    reason: "It forbids others than the gateway to retry: nothing that a gateway does or leaves can break it.",
  },
  {
    requirement: "RET-059",
    reason:
      "By virtual time no clock steps, and stepping the real one of a subject's machine is not the suite's to do.",
  },
  {
    requirement: "REG-016",
    reason: "Neither control plane nor HTTP binding has a way to configure the URLs of services.",
  },
  {
    requirement: "SEC-014",
    reason: "A difference of nanoseconds drowns in the control plane, and by virtual time no time passes at all.",
  },
  {
    requirement: "SEC-041",
    reason: "What a gateway keeps of its configuration in memory cannot be seen from outside.",
  },
  {
    requirement: "SEC-070",
    reason:
      "What a gateway keeps of a lease in memory, and how it writes it to its store, cannot be seen from outside.",
  },
  {
    requirement: "REG-041",
    reason:
      "It is about the cost of matching: by virtual time none passes, and one of some microseconds drowns in real time.",
  },
];
