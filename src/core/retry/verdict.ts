/**
 * What a receiver's answer means for the delivery: one table (spec RET, "Verdicts").
 *
 * @module
 */

/** Handled; try again; or never again. */
export type Verdict = "ack" | "nak" | "term";

/** A verdict, and what else the answer tells of its sender. */
export interface Ruling {
  /** What becomes of the delivery. */
  readonly verdict: Verdict;
  /** The answer counts as a failed health check of the instance: its configuration is at fault, not the message. */
  readonly blame?: "health";
  /** The endpoint is gone for good and its instance must be removed. */
  readonly removeEndpoint?: true;
}

/** The header by which a receiver decides for any status outside 2xx. */
export const VERDICT_HEADER = "bellhop-verdict";

const ACK: Ruling = Object.freeze({ verdict: "ack" });
const NAK: Ruling = Object.freeze({ verdict: "nak" });
const TERM: Ruling = Object.freeze({ verdict: "term" });
const GONE: Ruling = Object.freeze({ verdict: "nak", removeEndpoint: true });
const MISCONFIGURED: Ruling = Object.freeze({ verdict: "nak", blame: "health" });

const BY_HEADER: ReadonlyMap<string, Ruling> = new Map([["ack", ACK], ["nak", NAK], ["term", TERM]]);
const BY_STATUS: ReadonlyMap<number, Ruling> = new Map([
  ...[400, 409, 413, 415, 422, 431].map((status): [number, Ruling] => [status, TERM]),
  ...[408, 425, 429].map((status): [number, Ruling] => [status, NAK]),
  [410, GONE],
]);

/**
 * The ruling on an answer. Never throws, for any number and text.
 *
 * @param status the HTTP status
 * @param verdictHeader the value of {@linkcode VERDICT_HEADER}; any but `ack`, `nak` and `term` is ignored
 *
 * @example
 * ```ts
 * import { verdictOf } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(verdictOf(204), { verdict: "ack" });
 * assertEquals(verdictOf(422), { verdict: "term" });
 * assertEquals(verdictOf(422, "nak"), { verdict: "nak" });
 * assertEquals(verdictOf(401), { verdict: "nak", blame: "health" });
 * ```
 */
export function verdictOf(status: number, verdictHeader?: string | null): Ruling {
  if (status >= 200 && status <= 299) return ACK;
  const named = verdictHeader ? BY_HEADER.get(verdictHeader) : undefined;
  if (named) return named;
  return BY_STATUS.get(status) ?? (status >= 400 && status <= 499 ? MISCONFIGURED : NAK);
}
