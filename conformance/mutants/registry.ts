/**
 * Mutants of the chapter Registry.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** Faults that break its sentences. */
export const REGISTRY_MUTANTS: readonly Mutant[] = [
  {
    id: "rest-matches-empty",
    requirement: "REG-038",
    check: "vectors/match-009",
    file: "core/registry/pattern.ts",
    find: "if (i >= given.length) return false;",
    replace: 'if (i >= given.length) return wanted[i] === ">";',
  },
  {
    id: "rest-matches-nothing",
    requirement: "REG-038",
    check: "vectors/match-012",
    file: "core/registry/pattern.ts",
    find: 'if (wanted[i] === ">") return true;',
    replace: 'if (wanted[i] === ">" && i > 0) return true;',
  },
  {
    id: "pattern-is-a-prefix",
    requirement: "REG-038",
    check: "vectors/match-002",
    file: "core/registry/pattern.ts",
    find: "return wanted.length === given.length;",
    replace: "return true;",
  },
  {
    id: "star-matches-many",
    requirement: "REG-038",
    check: "vectors/match-006",
    file: "core/registry/pattern.ts",
    find: "return wanted.length === given.length;",
    replace: 'return wanted.length === given.length || wanted[wanted.length - 1] === "*";',
  },
  {
    id: "match-any-case",
    requirement: "REG-038",
    check: "vectors/match-003",
    file: "core/registry/pattern.ts",
    find: "wanted[i] !== given[i]",
    replace: "wanted[i].toLowerCase() !== given[i].toLowerCase()",
  },
];
