/**
 * Scopes: the words by which a credential says what it allows.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import { validatePattern } from "../core/registry/pattern.ts";

/** What scopes allow, read once. */
export interface Grants {
  /** Everything: the other members do not matter. */
  readonly admin: boolean;
  /** Lists, the status of any message, the trace. */
  readonly observe: boolean;
  /** Publishing with the priority CRITICAL, of the types below. */
  readonly critical: boolean;
  /** Patterns of the types that may be published. */
  readonly publish: readonly string[];
  /** Names of the services that may be registered, or `*`. */
  readonly register: readonly string[];
  /** Names of the services that may be called, or `*`. */
  readonly call: readonly string[];
}

/** Most scopes of one credential. */
export const MAX_SCOPES = 64;

const SERVICE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const FORMS = "admin, observe, publish:critical, publish:<pattern>, register:<service> or call:<service>";

/**
 * Reads scopes.
 *
 * `publish:critical` is always the right to that priority, never the type `critical`.
 *
 * Source: spec SEC, "Scopes".
 *
 * @param field under which a fault is reported
 * @throws {BellhopError} `argument-invalid` for none, for more than 64, or for a text that is no scope
 *
 * @example
 * ```ts
 * import { parseScopes } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseScopes(["publish:order.>", "publish:critical", "call:users"]), {
 *   admin: false,
 *   observe: false,
 *   critical: true,
 *   publish: ["order.>"],
 *   register: [],
 *   call: ["users"],
 * });
 * ```
 */
export function parseScopes(scopes: readonly string[], field = "scopes"): Grants {
  if (!Array.isArray(scopes) || scopes.length < 1 || scopes.length > MAX_SCOPES) {
    throw invalid(field, `wanted 1 to ${MAX_SCOPES} scopes`);
  }
  const lists = { publish: [] as string[], register: [] as string[], call: [] as string[] };
  const words = { admin: false, observe: false, critical: false };
  scopes.forEach((scope, i) => {
    const at = `${field}[${i}]`;
    if (typeof scope !== "string") throw invalid(at, `wanted ${FORMS}`);
    if (scope === "admin" || scope === "observe") words[scope] = true;
    else if (scope === "publish:critical") words.critical = true;
    else {
      const colon = scope.indexOf(":");
      const verb = scope.slice(0, Math.max(colon, 0));
      const rest = scope.slice(colon + 1);
      if (verb === "publish") {
        const fault = validatePattern(rest, at);
        if (fault !== undefined) throw invalid(at, `cannot read the pattern: ${fault.reason}`);
      } else if (verb === "register" || verb === "call") {
        if (rest !== "*" && !isServiceName(rest)) throw invalid(at, "wanted the name of a service, or *");
      } else throw invalid(at, `wanted ${FORMS}`);
      lists[verb].push(rest);
    }
  });
  if (words.critical && lists.publish.length === 0 && !words.admin) {
    throw invalid(field, "publish:critical allows nothing without publish:<pattern> beside it");
  }
  return Object.freeze({ ...words, ...lists });
}

/** Whether the text can be the name of a service. */
export function isServiceName(text: string): boolean {
  return text.length <= 63 && SERVICE_NAME.test(text);
}

function invalid(field: string, reason: string): BellhopError {
  return new BellhopError("argument-invalid", `cannot read ${field}: ${reason}`, { field });
}
