/**
 * Requirements that no check judges on the reference, each with the reason. Append only; one that is judged after all
 * must leave the list again.
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
    requirement: "REG-041",
    reason:
      "It is about the cost of matching: by virtual time none passes, and one of some microseconds drowns in real time.",
  },
  {
    requirement: "BUS-032",
    reason: "The time of an attempt ends it 1,000 ms before its lease would (RET-041), so no length of a lease shows.",
  },
  {
    requirement: "BUS-054",
    reason: "No option lowers the bound, and a million messages by the control plane take longer than a whole run may.",
  },
  {
    requirement: "BUS-097",
    reason: "The control plane speaks to the owner of a store alone, and has no second one that could try to open it.",
  },
  {
    requirement: "BUS-100",
    reason: "What an unknown version of a store looks like only its own maker knows, so the suite cannot write one.",
  },
  {
    requirement: "RET-010",
    reason: "It is about the direct calls of a client, of which the control plane drives the outbox alone.",
  },
  {
    requirement: "RET-011",
    reason: "It is about the direct calls of a client, of which the control plane drives the outbox alone.",
  },
  {
    requirement: "RET-012",
    reason: "It is about the direct calls of a client, of which the control plane drives the outbox alone.",
  },
  {
    requirement: "REG-030",
    reason: "It is about a client that registers, and of a client the control plane drives the outbox alone.",
  },
];
