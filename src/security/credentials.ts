/**
 * Who may ask: bearer tokens, of which only digests are kept.
 *
 * The gateway reads a request's `authorization` header here, before anything else of it; what the principal may do then
 * says `permission.ts`.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import { findRow } from "./_constant_time.ts";
import { revealed, type Secret } from "./redact.ts";
import { type Grants, parseScopes } from "./scope.ts";
import { hasDotSegment } from "./source_prefix.ts";
import { bearerToken, digestWords, tokenFault, wordsOfHex } from "./token.ts";

/** What is configured of one credential. */
export interface CredentialOptions {
  /** `[A-Za-z0-9._-]{1,64}`, unique: it stands in logs, and pays for room on disk. */
  readonly name: string;
  /** One token, or two while the old one is being replaced. At least 128 random bits: see {@linkcode newToken}. */
  readonly token?: string | Secret | readonly (string | Secret)[];
  /** Instead of tokens, or of one of the two: their SHA-256 digests, 64 hexadecimal digits each. */
  readonly sha256?: string | readonly string[];
  /** 1 to 64 of `admin`, `observe`, `publish:critical`, `publish:<pattern>`, `register:<service>`, `call:<service>`. */
  readonly scopes: readonly string[];
  /**
   * 1 to 64 prefixes of the `source` that it may publish with; a prefix ends at a path segment. Required with
   * `publish:`; an `admin` without is bound to none and may use any.
   */
  readonly sources?: readonly string[];
}

/** Who asks, once known. Holds no secret: it may be logged. */
export interface Principal {
  /** The credential's name. */
  readonly name: string;
  /** What it may do. */
  readonly grants: Grants;
  /** Prefixes of the sources that it may use; `undefined` = any. */
  readonly sources: readonly string[] | undefined;
}

/** The credentials of one gateway. */
export interface Credentials {
  /**
   * Who sent the header: `Bearer` and a token, or `undefined` for whoever is not known. A token is hashed, then its
   * digest compared in constant time with every digest there is.
   */
  verify(authorization: string | null | undefined): Promise<Principal | undefined>;
  /**
   * As `verify`, for a route that takes nobody else. Answer with the header {@linkcode CHALLENGE}.
   *
   * @throws {BellhopError} `unauthorized`
   */
  authenticate(authorization: string | null | undefined): Promise<Principal>;
}

/** Value of `www-authenticate` in an answer 401 (RFC 6750, section 3). */
export const CHALLENGE = 'Bearer realm="bellhop"';

/** Most credentials of one gateway. */
export const MAX_CREDENTIALS = 1_000;
/** Most tokens of one credential at once. */
export const MAX_TOKENS = 2;
/** Most prefixes of one credential. */
export const MAX_SOURCES = 64;

const DIGEST_WORDS = 8;
const NAME = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Reads the credentials of a gateway, 1 to 1,000. Tokens are hashed at once and not kept.
 *
 * Sources: RFC 6750; spec SEC, "Credentials", "Scopes".
 *
 * @throws {BellhopError} `argument-invalid` with the field, never with a token
 *
 * @example
 * ```ts
 * import { createCredentials, mayPublish, newToken } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const token = newToken();
 * const credentials = createCredentials([
 *   { name: "orders", token, scopes: ["register:orders", "publish:order.>"], sources: ["/orders"] },
 * ]);
 * const orders = await credentials.authenticate(`Bearer ${token}`);
 * const event = { specversion: "1.0", id: "1", source: "/orders/eu", type: "order.paid" } as const;
 * assertEquals(mayPublish(orders, event), true);
 * assertEquals(mayPublish(orders, { ...event, source: "/users" }), false);
 * assertEquals(mayPublish(orders, { ...event, priority: "CRITICAL" }), false);
 * assertEquals(await credentials.verify(`Bearer ${newToken()}`), undefined);
 * ```
 */
export function createCredentials(options: readonly CredentialOptions[]): Credentials {
  if (!Array.isArray(options) || options.length < 1 || options.length > MAX_CREDENTIALS) {
    throw invalid("credentials", `wanted 1 to ${MAX_CREDENTIALS}`);
  }
  const principals: Principal[] = [];
  const digests: (() => Uint32Array | Promise<Uint32Array>)[] = [];
  const names = new Set<string>();
  const known = new Set<string>();
  options.forEach((one, i) => {
    const field = `credentials[${i}]`;
    if (typeof one !== "object" || one === null) throw invalid(field, "wanted an object");
    const principal = principalOf(one, field);
    if (names.has(principal.name)) throw invalid(`${field}.name`, "another credential has that name");
    names.add(principal.name);
    const own = [...hashesOf(one, field), ...tokensOf(one, field)];
    if (own.length < 1 || own.length > MAX_TOKENS) throw invalid(`${field}.token`, "wanted one token, or two");
    for (const { key, words } of own) {
      if (known.has(key)) throw invalid(`${field}.token`, "the same token is configured twice");
      known.add(key);
      digests.push(words);
      principals.push(principal);
    }
  });
  let table: Promise<Uint32Array> | undefined;

  /** By the first request: a gateway that is refused for something else leaves no digest under way. */
  function digested(): Promise<Uint32Array> {
    return table ??= Promise.all(digests.splice(0).map((words) => words())).then((rows) => {
      const words = new Uint32Array(rows.length * DIGEST_WORDS);
      rows.forEach((row, i) => words.set(row, i * DIGEST_WORDS));
      return words;
    });
  }

  async function verify(authorization: string | null | undefined): Promise<Principal | undefined> {
    const token = bearerToken(authorization ?? "");
    if (token === undefined) return undefined;
    const { count, place } = findRow(await digested(), await digestWords(token));
    // A token given once in plain and once as a digest has two owners: then it has none.
    return count === 1 ? principals[place] : undefined;
  }

  return Object.freeze({
    verify,
    async authenticate(authorization: string | null | undefined): Promise<Principal> {
      const principal = await verify(authorization);
      if (principal !== undefined) return principal;
      const none = authorization === undefined || authorization === null || authorization === "";
      throw new BellhopError(
        "unauthorized",
        none ? "The request has no authorization header" : "The authorization header holds no token that is known",
      );
    },
  });
}

interface Configured {
  /** Equal for what was configured twice. */
  readonly key: string;
  readonly words: () => Uint32Array | Promise<Uint32Array>;
}

function principalOf({ name, scopes, sources }: CredentialOptions, field: string): Principal {
  if (typeof name !== "string" || name.length > 64 || !NAME.test(name)) {
    throw invalid(`${field}.name`, "wanted 1 to 64 letters, digits, dots, dashes or underscores");
  }
  const grants = parseScopes(scopes, `${field}.scopes`);
  if (sources === undefined) {
    if (grants.publish.length > 0 && !grants.admin) {
      throw invalid(`${field}.sources`, "a credential that publishes wants the prefixes of its sources");
    }
    return Object.freeze({ name, grants, sources: grants.admin ? undefined : [] });
  }
  if (!Array.isArray(sources) || sources.length < 1 || sources.length > MAX_SOURCES) {
    throw invalid(`${field}.sources`, `wanted 1 to ${MAX_SOURCES} prefixes`);
  }
  sources.forEach((prefix, i) => {
    if (typeof prefix !== "string" || prefix.length < 1 || prefix.length > 1_024 || hasDotSegment(prefix)) {
      throw invalid(`${field}.sources[${i}]`, "wanted 1 to 1,024 characters without a dot segment");
    }
  });
  return Object.freeze({ name, grants, sources: Object.freeze([...sources]) });
}

function tokensOf({ token = [] }: CredentialOptions, field: string): Configured[] {
  return listOf<string | Secret>(token).map((given, i) => {
    const at = Array.isArray(token) ? `${field}.token[${i}]` : `${field}.token`;
    const text = revealed(given);
    const fault = typeof text === "string" ? tokenFault(text) : "wanted a text";
    if (fault !== undefined) throw invalid(at, fault);
    return { key: `token ${text}`, words: () => digestWords(text) };
  });
}

function hashesOf({ sha256 = [] }: CredentialOptions, field: string): Configured[] {
  return listOf<string>(sha256).map((hex, i) => {
    const words = typeof hex === "string" ? wordsOfHex(hex) : undefined;
    const at = Array.isArray(sha256) ? `${field}.sha256[${i}]` : `${field}.sha256`;
    if (words === undefined) throw invalid(at, "wanted 64 hexadecimal digits");
    return { key: `sha256 ${hex.toLowerCase()}`, words: () => words };
  });
}

function listOf<T>(given: T | readonly T[]): readonly T[] {
  return Array.isArray(given) ? given : [given as T];
}

function invalid(field: string, reason: string): BellhopError {
  return new BellhopError("argument-invalid", `cannot read ${field}: ${reason}`, { field });
}
