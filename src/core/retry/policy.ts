/**
 * The retry policy: how often, how long apart, and for how long in all. Plain data that survives JSON.
 *
 * @module
 */
import { BellhopError } from "../error.ts";
import { completedPolicy, DEFAULT_POLICY, policyFault } from "./policy_rules.ts";

export { DEFAULT_POLICY };

/** How a wait is spread by chance, so that many who failed together do not come back together. */
export type Jitter = "full" | "equal" | "decorrelated" | "none";

/** A retry policy as a user writes it: every field may be left out, and it is plain JSON. */
export interface RetryPolicy {
  /** Attempts after the first: an integer from 0 to 1,000,000, or `"unlimited"`. */
  readonly retries?: number | "unlimited";
  /** The first backoff in milliseconds, an integer from 0 to 86,400,000 (a day). */
  readonly baseMs?: number;
  /** What each backoff is multiplied by to give the next: 1 to 10. */
  readonly factor?: number;
  /** No computed backoff is longer, in milliseconds: an integer from `baseMs` to 86,400,000. */
  readonly capMs?: number;
  /** `full` and `none` are the protocol's; `equal` and `decorrelated` are for `retry()` in apps. */
  readonly jitter?: Jitter;
  /** Whether retry 1 is made at once (the protocol's rule) or after a backoff like any other. */
  readonly firstRetry?: "immediate" | "backoff";
  /** Milliseconds one attempt may take: an integer from 1 to 3,600,000, or `null` for no limit. */
  readonly attemptTimeoutMs?: number | null;
  /** Milliseconds from the first attempt after which no retry is begun: an integer from 1 to 2,592,000,000, or `null`. */
  readonly maxElapsedMs?: number | null;
}

/** A policy with every field present and in range, as {@linkcode resolvePolicy} gives it. Still plain JSON. */
export type ResolvedPolicy = Required<RetryPolicy>;

/**
 * The seed's priority table as policies: what one word in the envelope buys. The first retry is made at once
 * (PROTOCOL, "Delay"); attempts time out after 15 s; all but CRITICAL give up after an hour.
 *
 * @example
 * ```ts
 * import { PRIORITY_POLICIES } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(PRIORITY_POLICIES.NORMAL.retries, 3);
 * assertEquals(PRIORITY_POLICIES.CRITICAL.retries, "unlimited");
 * ```
 */
export const PRIORITY_POLICIES: Readonly<Record<"LOW" | "NORMAL" | "HIGH" | "CRITICAL", ResolvedPolicy>> = Object
  .freeze({
    LOW: preset(1, 3_600_000),
    NORMAL: preset(3, 3_600_000),
    HIGH: preset(10, 3_600_000),
    CRITICAL: preset("unlimited", null),
  });

/**
 * Fills in what a policy leaves out and refuses what is out of range. Resolve once, not per call.
 *
 * @param defaults what an absent field becomes
 * @throws {BellhopError} `argument-invalid`, with the name of the field
 *
 * @example
 * ```ts
 * import { resolvePolicy } from "@bellhop/bellhop";
 * import { assertEquals, assertThrows } from "@std/assert";
 * assertEquals(resolvePolicy({ retries: 5 }).baseMs, 1_000);
 * assertThrows(() => resolvePolicy({ factor: 0.5 }), Error, "factor");
 * ```
 */
export function resolvePolicy(policy: RetryPolicy = {}, defaults: ResolvedPolicy = DEFAULT_POLICY): ResolvedPolicy {
  const fault = policyFault(policy, defaults);
  if (fault) throw new BellhopError("argument-invalid", fault.reason, { field: fault.field });
  return Object.freeze(completedPolicy(policy, defaults));
}

function preset(retries: number | "unlimited", maxElapsedMs: number | null): ResolvedPolicy {
  return Object.freeze({ ...DEFAULT_POLICY, retries, firstRetry: "immediate", attemptTimeoutMs: 15_000, maxElapsedMs });
}
