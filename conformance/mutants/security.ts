/**
 * Mutants of the chapter Security.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** Faults that break its sentences. */
export const SECURITY_MUTANTS: readonly Mutant[] = [
  {
    id: "challenge-missing",
    requirement: "SEC-040",
    check: "security/who-may-ask",
    file: "adapters/hono/_problem.ts",
    find: '...(members.code === "unauthorized" ? { "www-authenticate": CHALLENGE } : {}),',
    replace: "",
  },
  {
    id: "deliveries-unsigned",
    requirement: "SEC-016",
    check: "security/deliveries-are-signed",
    file: "adapters/transports/fetch.ts",
    find: "sign === undefined ? init : {",
    replace: "true ? init : {",
  },
  {
    id: "signed-with-a-standing-time",
    requirement: "SEC-018",
    check: "security/deliveries-are-signed",
    file: "adapters/transports/fetch.ts",
    find: "Math.floor(nowMs() / 1_000), body)",
    replace: "1_700_000_000, body)",
  },
];
