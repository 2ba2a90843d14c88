import fc from "fast-check";
import type { RetryPolicy } from "@bellhop/bellhop";

/** Any policy that is in range, with any fields left out; for tests. */
export const anyPolicy: fc.Arbitrary<RetryPolicy> = fc.record({
  retries: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant("unlimited" as const)),
  baseMs: fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.constant(86_400_000)),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  capMs: fc.integer({ min: 1_000, max: 86_400_000 }),
  jitter: fc.constantFrom("full" as const, "equal" as const, "decorrelated" as const, "none" as const),
  firstRetry: fc.constantFrom("immediate" as const, "backoff" as const),
  attemptTimeoutMs: fc.oneof(fc.integer({ min: 1, max: 3_600_000 }), fc.constant(null)),
  maxElapsedMs: fc.oneof(fc.integer({ min: 1, max: 2_592_000_000 }), fc.constant(null)),
}, { requiredKeys: [] }).map((policy) => policy.baseMs === 86_400_000 ? { ...policy, capMs: 86_400_000 } : policy);
