/**
 * Helpers for tests: a clock that stands still, chance that repeats itself, and stores that fail on demand. The contract
 * test of stores has an entry of its own, for it loads fast-check.
 *
 * @module
 */
export * from "./faulty_store.ts";
export * from "./manual_clock.ts";
export * from "./seeded_random.ts";
