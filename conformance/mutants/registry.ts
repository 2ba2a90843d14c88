/**
 * Mutants of the chapter Registry.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** Faults that break its sentences. */
export const REGISTRY_MUTANTS: readonly Mutant[] = [
  {
    id: "deregister-by-anybody",
    requirement: "BUS-007",
    check: "bus/targets",
    file: "adapters/hono/_gateway_registry.ts",
    find: "engine.deregister(token(lease), members.service === true)",
    replace: "engine.deregister(token(lease), true)",
  },
];
