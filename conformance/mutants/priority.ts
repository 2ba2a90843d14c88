/**
 * Mutants of the chapter Priorities.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** Faults that break its sentences. */
export const PRIORITY_MUTANTS: readonly Mutant[] = [
  {
    id: "fifo-takes-newest",
    requirement: "PRI-018",
    check: "vectors/order-002",
    file: "core/priority/queue.ts",
    find: "const item = line.shift();",
    replace: "const item = line.pop();",
  },
];
