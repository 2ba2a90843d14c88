/**
 * Subscription patterns: dot-separated tokens, `*` for one token, `>` for one or more at the end.
 *
 * The grammar is that of NATS subjects (docs.nats.io, "Subject-Based Messaging"). Message types are looser than
 * patterns: any text is a type, and an empty token of a type is a token like any other.
 *
 * @module
 */
import { BellhopError, type Fault } from "../error.ts";

/** Longest pattern, in UTF-16 code units. */
export const MAX_PATTERN_LENGTH = 256;

/** Most tokens in a pattern. */
export const MAX_PATTERN_TOKENS = 16;

/**
 * Whether the type belongs to the protocol: `service.…` and `message.…`. Only the pattern that is its very name matches
 * such a type, so that `>` means "everything that apps publish" (REG-040).
 *
 * @example
 * ```ts
 * import { isReservedType } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(isReservedType("message.delivered"), true);
 * assertEquals(isReservedType("messages.sent"), false);
 * ```
 */
export function isReservedType(type: string): boolean {
  return type.startsWith("service.") || type.startsWith("message.");
}

/**
 * The first rule that the pattern breaks, in one pass over at most 256 characters.
 *
 * @param field the name under which the fault is reported
 * @returns `undefined` if the text is a pattern
 *
 * @example
 * ```ts
 * import { validatePattern } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(validatePattern("user.*.>"), undefined);
 * assertEquals(validatePattern("user.>.created")?.code, "wildcard-not-last");
 * ```
 */
export function validatePattern(text: string, field = "pattern"): Fault | undefined {
  if (text.length === 0) return { field, code: "empty", reason: "wanted a pattern, got an empty text" };
  if (text.length > MAX_PATTERN_LENGTH) {
    return {
      field,
      code: "too-long",
      reason: `wanted at most ${MAX_PATTERN_LENGTH} characters, got ${text.length}`,
    };
  }
  let tokens = 1;
  let start = 0;
  let restAt = -1;
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (i === start) return { field, code: "token-empty", reason: `wanted a token at character ${i}, got none` };
      if (restAt >= 0 && i < text.length) {
        return {
          field,
          code: "wildcard-not-last",
          reason: `wanted ">" as the last token, got it at character ${restAt}`,
        };
      }
      if (i === text.length) break;
      start = i + 1;
      tokens++;
    } else if (code === STAR || code === REST) {
      const alone = i === start && (i + 1 === text.length || text.charCodeAt(i + 1) === DOT);
      if (!alone) {
        return {
          field,
          code: "wildcard-in-token",
          reason: `wanted a wildcard alone in its token, got it at character ${i}`,
        };
      }
      if (code === REST) restAt = i;
    } else if (code <= 0x20 || code === 0x7f) {
      return { field, code: "character", reason: `wanted no space or control character, got one at character ${i}` };
    }
  }
  if (tokens > MAX_PATTERN_TOKENS) {
    return { field, code: "too-many", reason: `wanted at most ${MAX_PATTERN_TOKENS} tokens, got ${tokens}` };
  }
  return undefined;
}

/**
 * The tokens of a pattern.
 *
 * @throws {BellhopError} `argument-invalid` with the fault of {@linkcode validatePattern}
 *
 * @example
 * ```ts
 * import { parsePattern } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(parsePattern("user.*"), ["user", "*"]);
 * ```
 */
export function parsePattern(text: string): readonly string[] {
  const fault = validatePattern(text);
  if (fault !== undefined) {
    throw new BellhopError("argument-invalid", `cannot read the pattern: ${fault.reason}`, {
      field: fault.field,
      faults: [fault],
    });
  }
  return text.split(".");
}

/**
 * Whether a valid pattern matches the type. The rule that the trie of subscriptions must agree with.
 *
 * @example
 * ```ts
 * import { matches } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(matches("user.*", "user.created"), true);
 * assertEquals(matches("user.*", "user"), false);
 * assertEquals(matches("user.>", "user.address.changed"), true);
 * assertEquals(matches(">", "message.delivered"), false); // reserved
 * assertEquals(matches("message.delivered", "message.delivered"), true);
 * ```
 */
export function matches(pattern: string, type: string): boolean {
  const wanted = pattern.split(".");
  if (isReservedType(type)) return pattern === type && !wanted.some(isWildcard);
  const given = type.split(".");
  for (let i = 0; i < wanted.length; i++) {
    if (i >= given.length) return false;
    if (wanted[i] === ">") return true;
    if (wanted[i] !== "*" && wanted[i] !== given[i]) return false;
  }
  return wanted.length === given.length;
}

function isWildcard(token: string): boolean {
  return token === "*" || token === ">";
}

const DOT = 0x2e;
const STAR = 0x2a;
const REST = 0x3e;
