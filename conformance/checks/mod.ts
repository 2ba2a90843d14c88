/**
 * Every check there is.
 *
 * @module
 */
import type { Check } from "../check.ts";
import { RETRY_CHECKS } from "./retry.ts";

/** See the module; the ids are unique. */
export const CHECKS: readonly Check[] = [...RETRY_CHECKS];
