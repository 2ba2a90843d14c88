/**
 * The retry policy: how often, how long apart, and for how long in all. Plain data that survives JSON.
 *
 * @module
 */
import { BellhopError } from "../error.ts";
import type { ResolvedPolicy, RetryPolicy } from "./policy_fields.ts";
import { checkPolicy, completedPolicy, DEFAULT_POLICY, type PolicyFault } from "./policy_rules.ts";

export type { Jitter, ResolvedPolicy, RetryPolicy } from "./policy_fields.ts";

// Not where it is made: `retry()` is counted by the byte.
Object.freeze(DEFAULT_POLICY);

export { DEFAULT_POLICY };

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
  try {
    checkPolicy(policy, defaults);
  } catch (fault) {
    const { message, field } = fault as PolicyFault;
    throw new BellhopError("argument-invalid", message, { field });
  }
  return Object.freeze(completedPolicy(policy, defaults));
}

function preset(retries: number | "unlimited", maxElapsedMs: number | null): ResolvedPolicy {
  return Object.freeze({ ...DEFAULT_POLICY, retries, firstRetry: "immediate", attemptTimeoutMs: 15_000, maxElapsedMs });
}
