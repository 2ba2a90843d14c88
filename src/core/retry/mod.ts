/**
 * Retry as plain data and pure functions: policy, backoff and the schedule of what waits.
 *
 * @module
 */
export * from "./backoff.ts";
export * from "./policy.ts";
export * from "./schedule.ts";
