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
  return number(policy, "retries", 0, 1_000_000, "unlimited") ??
    number(policy, "baseMs", 0, DAY_MS) ??
    number(policy, "factor", 1, 10) ??
    number(policy, "capMs", 0, DAY_MS) ??
    word(policy, "jitter", ["full", "equal", "decorrelated", "none"]) ??
    word(policy, "firstRetry", ["immediate", "backoff"]) ??
    number(policy, "attemptTimeoutMs", 1, HOUR_MS, null) ??
    number(policy, "maxElapsedMs", 1, 30 * DAY_MS, null) ??
    number(policy, "capMs", policy.baseMs ?? defaults.baseMs, DAY_MS);
}

/** The policy with each field that it leaves out taken from `defaults`. */
export function completedPolicy(policy: RetryPolicy, defaults: ResolvedPolicy): ResolvedPolicy {
  const completed: Record<string, unknown> = {};
  for (const field of Object.keys(DEFAULT_POLICY) as (keyof RetryPolicy)[]) {
    completed[field] = policy[field] === undefined ? defaults[field] : policy[field];
  }
  return Object.freeze(completed) as unknown as ResolvedPolicy;
}

function number(
  policy: RetryPolicy,
  field: keyof RetryPolicy,
  low: number,
  high: number,
  or?: string | null,
): PolicyFault | undefined {
  const value: unknown = policy[field];
  if (value === undefined || (or !== undefined && value === or)) return undefined;
  const whole = field !== "factor";
  if (typeof value === "number" && value >= low && value <= high && (!whole || value % 1 === 0)) return undefined;
  const wanted = `${whole ? "an integer" : "a number"} from ${low} to ${high}`;
  return fault(field, or === undefined ? wanted : `${wanted} or ${or}`, value);
}

function word(policy: RetryPolicy, field: keyof RetryPolicy, words: readonly unknown[]): PolicyFault | undefined {
  const value: unknown = policy[field];
  return value === undefined || words.includes(value) ? undefined : fault(field, words.join(" or "), value);
}

function fault(field: string, wanted: string, value: unknown): PolicyFault {
  const shown = typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 40);
  return { field, reason: `The retry policy's ${field} must be ${wanted}: it is ${shown}` };
}
