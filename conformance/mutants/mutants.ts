/**
 * The mutants: small faults of the kind that are really made.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** See the module. Every id is there once; every `find` stands in its file exactly once. */
export const MUTANTS: readonly Mutant[] = [
  {
    id: "first-retry-waits",
    requirement: "RET-017",
    check: "retry/first-retry-waits-0",
    file: "core/retry/backoff.ts",
    find: "if (exponent < 0 || !ceiling) return 0;",
    replace: "",
  },
];
