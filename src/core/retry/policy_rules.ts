/**
 * The ranges and defaults of a retry policy's fields. Apart from the error class and its table, so that the
 * stand-alone `retry()` stays small.
 *
 * @module
 */
import type { ResolvedPolicy, RetryPolicy } from "./policy_fields.ts";

/** The policy of the stand-alone `retry()`: 3 retries after about 1, 2 and 4 s, and no time limits. */
export const DEFAULT_POLICY: ResolvedPolicy = Object.freeze({
  retries: 3,
  baseMs: 1_000,
  factor: 2,
  capMs: 300_000,
  jitter: "full",
  firstRetry: "backoff",
  attemptTimeoutMs: null,
  maxElapsedMs: null,
});

/** The first rule that a policy breaks. */
export interface PolicyFault {
  readonly field: string;
  /** A sentence: what was wanted and what was there. */
  readonly reason: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NO_WORDS: readonly unknown[] = [];
const NULL = [null];
const UNLIMITED = ["unlimited"];
const JITTERS = ["full", "equal", "decorrelated", "none"];
const FIRST_RETRIES = ["immediate", "backoff"];

/**
 * The first field of the policy that is out of range, or `undefined` if all are well (spec RET, "Policy"). Never
 * throws.
 */
export function policyFault(
  policy: RetryPolicy,
  defaults: ResolvedPolicy = DEFAULT_POLICY,
): PolicyFault | undefined {
  if (typeof policy !== "object" || !policy) return fault("policy", "an object", policy);
  // Each field is read by its name and once: this runs for every call of retry() that brings a policy.
  const { baseMs } = policy;
  return range("retries", policy.retries, 0, 1_000_000, UNLIMITED) ??
    range("baseMs", baseMs, 0, DAY_MS, NO_WORDS) ??
    range("factor", policy.factor, 1, 10, NO_WORDS) ??
    range("capMs", policy.capMs, baseMs ?? defaults.baseMs, DAY_MS, NO_WORDS) ??
    range("jitter", policy.jitter, 1, 0, JITTERS) ??
    range("firstRetry", policy.firstRetry, 1, 0, FIRST_RETRIES) ??
    range("attemptTimeoutMs", policy.attemptTimeoutMs, 1, HOUR_MS, NULL) ??
    range("maxElapsedMs", policy.maxElapsedMs, 1, 30 * DAY_MS, NULL);
}

/** The policy with each field that it leaves out taken from `defaults`. */
export function completedPolicy(policy: RetryPolicy, defaults: ResolvedPolicy): ResolvedPolicy {
  const {
    retries = defaults.retries,
    baseMs = defaults.baseMs,
    factor = defaults.factor,
    capMs = defaults.capMs,
    jitter = defaults.jitter,
    firstRetry = defaults.firstRetry,
    attemptTimeoutMs = defaults.attemptTimeoutMs,
    maxElapsedMs = defaults.maxElapsedMs,
  } = policy;
  return { retries, baseMs, factor, capMs, jitter, firstRetry, attemptTimeoutMs, maxElapsedMs };
}

/** Wanted: a number from `low` to `high`, if there are such, or one of some words. */
function range(
  field: string,
  value: unknown,
  low: number,
  high: number,
  words: readonly unknown[],
): PolicyFault | undefined {
  if (value === undefined || words.includes(value)) return undefined;
  const whole = field !== "factor";
  if (typeof value === "number" && value >= low && value <= high && !(whole && value % 1)) return undefined;
  const wanted = low > high ? words : [`${whole ? "whole" : "number"}, ${low} to ${high}`, ...words];
  return fault(field, wanted.map(String).join(" or "), value);
}

function fault(field: string, wanted: string, value: unknown): PolicyFault {
  const shown = typeof value === "object" ? "object" : String(value).slice(0, 40);
  return { field, reason: `Retry policy: ${field} must be ${wanted}: ${shown}` };
}
