/**
 * The mutants: small faults of the kind that are really made.
 *
 * @module
 */
import { BUS_MUTANTS } from "./bus.ts";
import { ENVELOPE_MUTANTS } from "./envelope.ts";
import { HTTP_MUTANTS } from "./http.ts";
import { OUTBOX_MUTANTS } from "./outbox.ts";
import { PRIORITY_MUTANTS } from "./priority.ts";
import { PULL_MUTANTS } from "./pull.ts";
import { REGISTRY_MUTANTS } from "./registry.ts";
import { RETRY_MUTANTS } from "./retry.ts";
import { SECURITY_MUTANTS } from "./security.ts";
import type { Mutant } from "./mutant.ts";

/** See the module. Every id is there once; every `find` stands in its file exactly once. */
export const MUTANTS: readonly Mutant[] = [
  ...ENVELOPE_MUTANTS,
  ...RETRY_MUTANTS,
  ...HTTP_MUTANTS,
  ...SECURITY_MUTANTS,
  ...REGISTRY_MUTANTS,
  ...BUS_MUTANTS,
  ...PRIORITY_MUTANTS,
  ...PULL_MUTANTS,
  ...OUTBOX_MUTANTS,
];
