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
  {
    id: "signature-first-only",
    requirement: "SEC-021",
    check: "vectors/verify-003",
    file: "security/signature.ts",
    find: 'const signatures = given.split(" ");',
    replace: 'const signatures = given.split(" ").slice(0, 1);',
  },
  {
    id: "signature-unchecked",
    requirement: "SEC-020",
    check: "vectors/verify-016",
    file: "security/signature.ts",
    find: 'if (fits === 0) throw new BellhopError("signature-invalid");',
    replace: "",
  },
  {
    id: "signature-without-time",
    requirement: "SEC-016",
    check: "vectors/sign-001",
    file: "security/signature.ts",
    find: "encoder.encode(`${id}.${timestamp}.`)",
    replace: "encoder.encode(`${id}.`)",
  },
  {
    id: "signature-one-key-only",
    requirement: "SEC-021",
    check: "vectors/verify-004",
    file: "security/signature.ts",
    find: "for (const one of expected) {",
    replace: "for (const one of expected.slice(0, 1)) {",
  },
  {
    id: "stale-one-second-late",
    requirement: "SEC-019",
    check: "vectors/verify-034",
    file: "security/signature.ts",
    find: "if (!(Math.abs(behindS) <= toleranceS)) {",
    replace: "if (!(Math.abs(behindS) <= toleranceS + 1)) {",
  },
  {
    id: "stale-one-second-early",
    requirement: "SEC-019",
    check: "vectors/verify-011",
    file: "security/signature.ts",
    find: "if (!(Math.abs(behindS) <= toleranceS)) {",
    replace: "if (!(Math.abs(behindS) < toleranceS)) {",
  },
  {
    id: "future-timestamps-taken",
    requirement: "SEC-019",
    check: "vectors/verify-035",
    file: "security/signature.ts",
    find: "if (!(Math.abs(behindS) <= toleranceS)) {",
    replace: "if (!(behindS <= toleranceS)) {",
  },
  {
    id: "stale-never",
    requirement: "SEC-019",
    check: "security/service-judges-time",
    file: "security/signature.ts",
    find: "if (!(Math.abs(behindS) <= toleranceS)) {",
    replace: "if (false) {",
  },
  {
    id: "id-with-dot-taken",
    requirement: "SEC-048",
    check: "vectors/verify-033",
    file: "security/signature.ts",
    find: "/^[!-\\-/-~]{1,256}$/",
    replace: "/^[!-~]{1,256}$/",
  },
];
