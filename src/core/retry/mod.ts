/**
 * Retry as plain data and pure functions: policy, backoff, verdicts, deadlines, breaker, and the schedule of what
 * waits.
 *
 * @module
 */
export * from "./backoff.ts";
export * from "./breaker.ts";
export * from "./bus_policy.ts";
export * from "./deadline.ts";
export * from "./policy.ts";
export * from "./retry_after.ts";
export * from "./schedule.ts";
export * from "./verdict.ts";
