import fc from "fast-check";
import type { RetryPolicy } from "./policy.ts";

/** Any policy that is in range, with any fields left out; for tests. */
export const anyPolicy: fc.Arbitrary<RetryPolicy> = fc.record({
  retries: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constant("unlimited" as const)),
  baseMs: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.constant(0x7fff_ffff)),
  factor: fc.double({ min: 1, max: 1_000, noNaN: true }),
  capMs: fc.integer({ min: 0, max: 0x7fff_ffff }),
  jitter: fc.constantFrom("full" as const, "equal" as const, "decorrelated" as const, "none" as const),
  firstRetry: fc.constantFrom("immediate" as const, "backoff" as const),
  attemptTimeoutMs: fc.oneof(fc.integer({ min: 1, max: 0x7fff_ffff }), fc.constant(null)),
  maxElapsedMs: fc.oneof(fc.maxSafeNat().map((ms) => ms || 1), fc.constant(null)),
}, { requiredKeys: [] });
