/**
 * The policy of a bus: narrower in its words and wider in its numbers than that of `retry()` in apps.
 *
 * @module
 */
import { BellhopError } from "../error.ts";
import type { Priority } from "../priority/table.ts";
import { PRIORITY_POLICIES, type ResolvedPolicy, type RetryPolicy } from "./policy.ts";

interface Range {
  readonly low: number;
  readonly high: number;
  readonly words: readonly unknown[];
}

const INT32 = 2_147_483_647;
const WORDS = { low: 1, high: 0 };

/** The table of spec RET, "Policy". */
const RANGES: Readonly<Record<keyof RetryPolicy, Range>> = {
  retries: { low: 0, high: 1_000_000, words: ["unlimited"] },
  baseMs: { low: 0, high: INT32, words: [] },
  factor: { low: 1, high: 1_000, words: [] },
  capMs: { low: 0, high: INT32, words: [] },
  jitter: { ...WORDS, words: ["full", "none"] },
  firstRetry: { ...WORDS, words: ["immediate"] },
  attemptTimeoutMs: { low: 1, high: INT32, words: [] },
  maxElapsedMs: { low: 1, high: Number.MAX_SAFE_INTEGER, words: [null] },
};

/**
 * The policy by which a bus retries the deliveries of a priority: what is left out is the priority's preset.
 *
 * Source: spec RET, "Policy" (RET-013, RET-014, RET-015).
 *
 * @throws {BellhopError} `argument-invalid`, with the name of the field, if one is out of the protocol's range: a bus
 * knows the jitters `full` and `none`, and makes retry 1 at once
 *
 * @example
 * ```ts
 * import { busPolicy } from "@bellhop/bellhop";
 * import { assertEquals, assertThrows } from "@std/assert";
 * assertEquals(busPolicy({ baseMs: 500 }, "HIGH").retries, 10);
 * assertThrows(() => busPolicy({ jitter: "equal" }, "HIGH"), Error, "jitter");
 * ```
 */
export function busPolicy(policy: RetryPolicy, priority: Priority = "NORMAL"): ResolvedPolicy {
  if (typeof policy !== "object" || policy === null) throw refused("policy", "an object");
  const complete: Record<string, unknown> = { ...PRIORITY_POLICIES[priority] };
  for (const field of Object.keys(RANGES) as (keyof RetryPolicy)[]) {
    const value = policy[field];
    if (value === undefined) continue;
    const { low, high, words } = RANGES[field];
    const within = typeof value === "number" && value >= low && value <= high &&
      (field === "factor" || Number.isInteger(value));
    if (!within && !words.includes(value)) {
      throw refused(field, [low < high ? `${low} to ${high}` : [], words].flat().map(String).join(" or "));
    }
    complete[field] = value;
  }
  return Object.freeze(complete as unknown as ResolvedPolicy);
}

function refused(field: string, wanted: string): BellhopError {
  return new BellhopError("argument-invalid", `${field} of a bus's policy must be ${wanted}`, { field });
}
