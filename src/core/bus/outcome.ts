/** The terminal ends of a delivery (spec BUS). */
export const OUTCOMES = [
  "delivered",
  "rejected",
  "exhausted",
  "expired",
  "cancelled",
  "evicted",
  "receiver-gone",
  "instance-gone",
  "no-subscriber",
] as const;

/** How a delivery ended. */
export type Outcome = typeof OUTCOMES[number];

/** An outcome and the number of attempts in one small integer: 4 bits and 27. */
export function packOutcome(outcome: Outcome, attempts: number): number {
  // Most are delivered, the first of the words.
  return (outcome === "delivered" ? 0 : OUTCOMES.indexOf(outcome)) | (Math.min(attempts, 0x3ff_ffff) << 4);
}

/** The outcome in a packed number. */
export function outcomeOf(packed: number): Outcome {
  return OUTCOMES[packed & 15];
}

/** The attempts in a packed number. */
export function attemptsOf(packed: number): number {
  return packed >>> 4;
}
