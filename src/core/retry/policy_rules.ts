/**
 * The ranges and defaults of a retry policy's fields. Apart from the error class and its table, so that the
 * stand-alone `retry()` stays small.
 *
 * @module
 */
import type { ResolvedPolicy, RetryPolicy } from "./policy_fields.ts";

/** The policy of the stand-alone `retry()`: 3 retries after about 1, 2 and 4 s, and no time limits. */
export const DEFAULT_POLICY: ResolvedPolicy = {
  retries: 3,
  baseMs: 1_000,
  factor: 2,
  capMs: 300_000,
  jitter: "full",
  firstRetry: "backoff",
  attemptTimeoutMs: null,
  maxElapsedMs: null,
};

/**
 * The first rule that a policy breaks: what was wanted and what was there. A `BellhopError` in all but its making, which
 * `instanceof` sees by the name: the class with its table would not fit beside `retry()`.
 */
export interface PolicyFault extends Error {
  readonly name: "BellhopError";
  readonly code: "argument-invalid";
  readonly field: string;
  readonly status: 400;
  readonly retry: false;
  readonly fix: string;
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
  if (Object(policy) !== policy) refuse("policy", "an object", policy);
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
  if (typeof value === "number" && value >= low && value <= high && !(field !== "factor" && value % 1)) return;
  refuse(field, [low < high ? `${low} to ${high}` : [], words].flat().map(String).join(" or "), value);
}

function refuse(field: string, wanted: string, value: unknown): never {
  const shown = typeof value === "number" ? value : typeof value;
  const fix = `${field} must be ${wanted}`;
  throw Object.assign(Error(`${fix}: ${shown}`), {
    name: "BellhopError",
    code: "argument-invalid",
    field,
    status: 400,
    retry: false,
    fix,
  });
}
