/**
 * The ranges and defaults of a retry policy's fields. Apart from the error class and its table, so that the
 * stand-alone `retry()` stays small.
 *
 * @module
 */
import type { ResolvedPolicy, RetryPolicy } from "./policy.ts";

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

/**
 * The first field of the policy that is out of range, or `undefined` if all are well (spec RET, "Policy"). Never
 * throws.
 */
export function policyFault(
  policy: RetryPolicy,
  defaults: ResolvedPolicy = DEFAULT_POLICY,
): PolicyFault | undefined {
  if (typeof policy !== "object" || policy === null) return fault("policy", "an object", policy);
  return range(policy, "retries", 0, 1_000_000, ["unlimited"]) ??
    range(policy, "baseMs", 0, DAY_MS) ??
    range(policy, "factor", 1, 10) ??
    range(policy, "capMs", policy.baseMs ?? defaults.baseMs, DAY_MS) ??
    range(policy, "jitter", 0, -1, ["full", "equal", "decorrelated", "none"]) ??
    range(policy, "firstRetry", 0, -1, ["immediate", "backoff"]) ??
    range(policy, "attemptTimeoutMs", 1, HOUR_MS, [null]) ??
    range(policy, "maxElapsedMs", 1, 30 * DAY_MS, [null]);
}

const completed = new WeakSet<RetryPolicy>([DEFAULT_POLICY]);

/** The policy with each field that it leaves out taken from `defaults`; itself, if it came from here. */
export function completedPolicy(policy: RetryPolicy, defaults: ResolvedPolicy): ResolvedPolicy {
  if (completed.has(policy)) return policy as ResolvedPolicy;
  const all: Record<string, unknown> = {};
  for (const field in DEFAULT_POLICY) {
    const value = policy[field as keyof RetryPolicy];
    all[field] = value === undefined ? defaults[field as keyof RetryPolicy] : value;
  }
  completed.add(all);
  return Object.freeze(all) as unknown as ResolvedPolicy;
}

/** Wanted: a number from `low` to `high`, if there are such, or one of some words. */
function range(
  policy: RetryPolicy,
  field: keyof RetryPolicy,
  low: number,
  high: number,
  words: readonly unknown[] = [],
): PolicyFault | undefined {
  const value: unknown = policy[field];
  if (value === undefined || words.includes(value)) return undefined;
  if (typeof value === "number" && value >= low && value <= high && (value % 1 === 0 || field === "factor")) {
    return undefined;
  }
  const wanted = [
    ...high < low ? [] : [`a${field === "factor" ? "" : " whole"} number from ${low} to ${high}`],
    ...words,
  ];
  return fault(field, wanted.map(String).join(" or "), value);
}

function fault(field: string, wanted: string, value: unknown): PolicyFault {
  const shown = typeof value === "object" && value ? "an object" : String(value).slice(0, 40);
  return { field, reason: `The retry policy's ${field} must be ${wanted}: ${shown}` };
}
