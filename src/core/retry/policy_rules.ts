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

/** The first rule that a policy breaks: what was wanted and what was there. */
export interface PolicyFault extends RangeError {
  readonly code: "argument-invalid";
  readonly field: string;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NO_WORDS: readonly unknown[] = [];
const NULL = [null];
const UNLIMITED = ["unlimited"];
const JITTERS = ["none", "full", "equal", "decorrelated"];
const FIRST_RETRIES = ["backoff", "immediate"];

/**
 * Refuses a policy with a field out of range (spec RET, "Policy").
 *
 * @throws {PolicyFault} for the first such field, and nothing else, whatever it is given
 */
export function checkPolicy(policy: RetryPolicy, defaults: ResolvedPolicy = DEFAULT_POLICY): void {
  if (!policy || typeof policy !== "object") refuse("policy", "an object", policy);
  // Each field is read by its name and once: this runs for every call of retry() that brings a policy.
  const { baseMs } = policy;
  check("retries", policy.retries, 0, 1_000_000, UNLIMITED);
  check("baseMs", baseMs, 0, DAY_MS);
  check("factor", policy.factor, 1, 10);
  check("capMs", policy.capMs, baseMs ?? defaults.baseMs, DAY_MS);
  check("jitter", policy.jitter, 1, 0, JITTERS);
  check("firstRetry", policy.firstRetry, 1, 0, FIRST_RETRIES);
  check("attemptTimeoutMs", policy.attemptTimeoutMs, 1, HOUR_MS, NULL);
  check("maxElapsedMs", policy.maxElapsedMs, 1, 30 * DAY_MS, NULL);
}

/** The policy with each field that it leaves out taken from `defaults`. */
export function completedPolicy(policy: RetryPolicy, defaults: ResolvedPolicy): ResolvedPolicy {
  const complete: Record<string, unknown> = { ...defaults };
  let field: keyof RetryPolicy;
  for (field in policy) if (field in defaults && policy[field] !== undefined) complete[field] = policy[field];
  return complete as unknown as ResolvedPolicy;
}

/** Wanted: a number from `low` to `high`, if there are such, or one of some words. */
function check(field: string, value: unknown, low: number, high: number, words: readonly unknown[] = NO_WORDS): void {
  if (value === undefined || words.includes(value)) return;
  const whole = field !== "factor";
  if (typeof value === "number" && value >= low && value <= high && !(whole && value % 1)) return;
  const wanted = low < high ? [`${whole ? "whole, " : ""}${low} to ${high}`, ...words] : words;
  refuse(field, wanted.map(String).join(" or "), value);
}

function refuse(field: string, wanted: string, value: unknown): never {
  const shown = typeof value === "number" ? value : typeof value;
  throw Object.assign(new RangeError(`${field} must be ${wanted}: ${shown}`), { code: "argument-invalid", field });
}
