/**
 * The stand-alone retry: `retry(fn, policy, { signal })` for any code, without a bus.
 *
 * @module
 */
export type { Jitter, ResolvedPolicy, RetryPolicy } from "../core/retry/policy.ts";
export type { Clock } from "../ports/clock.ts";
export * from "./busy_response.ts";
export * from "./retry.ts";
export * from "./stop_retry.ts";
