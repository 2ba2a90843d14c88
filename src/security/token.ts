/**
 * Bearer tokens: making them, hashing them, and finding out what is none.
 *
 * @module
 */
import { revealed, type Secret } from "./redact.ts";

const PREFIX = "bhp_";
const TOKEN_BYTES = 32;
const MIN_LENGTH = 22;
const MIN_HEX_LENGTH = 32;
const MIN_DISTINCT = 8;
/** Longest token, in characters. */
export const MAX_TOKEN_LENGTH = 512;

/** RFC 6750, `b64token`. */
const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * A new token of 256 random bits: `bhp_` and 43 characters, so that scanners for leaked secrets can tell it.
 *
 * @example
 * ```ts
 * import { newToken } from "@bellhop/bellhop/security";
 * import { assertMatch } from "@std/assert";
 * assertMatch(newToken(), /^bhp_[A-Za-z0-9_-]{43}$/);
 * ```
 */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  const base64 = btoa(String.fromCharCode(...bytes));
  return PREFIX + base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * The SHA-256 digest of a token in hexadecimal: what a configuration may hold in its place.
 *
 * No salt and no slow hash: those make the guessing of passwords dear. A random token of 128 bits or more cannot be
 * guessed from its digest whatever a guess costs, and no two are the same, so a table made beforehand finds none.
 *
 * @example
 * ```ts
 * import { createCredentials, hashToken, newToken } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const token = newToken(); // for the one who calls
 * const sha256 = await hashToken(token); // for the gateway's configuration
 * const credentials = createCredentials([{ name: "dashboard", sha256, scopes: ["observe"] }]);
 * assertEquals((await credentials.verify(`Bearer ${token}`))?.name, "dashboard");
 * ```
 */
export async function hashToken(token: string | Secret): Promise<string> {
  const digest = new Uint8Array(await digestOf(revealed(token)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The digest as eight words, in the order of this machine. */
export async function digestWords(token: string): Promise<Uint32Array> {
  return new Uint32Array(await digestOf(token));
}

/** A digest in hexadecimal as {@linkcode digestWords} gives it; `undefined` if it is none. */
export function wordsOfHex(hex: string): Uint32Array | undefined {
  if (hex.length !== 64 || !/^[0-9a-f]+$/i.test(hex)) return undefined;
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
  return new Uint32Array(bytes.buffer);
}

/**
 * Why a text will not do as a token, or `undefined` if it will. It finds carelessness, not a lack of randomness: at
 * least 22 characters, 32 if all are hexadecimal digits (128 bits each, if drawn at random), 8 of them distinct.
 */
export function tokenFault(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return `wanted at most ${MAX_TOKEN_LENGTH} characters`;
  if (!B64TOKEN.test(token)) return "wanted letters, digits and - . _ ~ + / with = at the end only";
  const least = /^[0-9a-f]+$/i.test(token) ? MIN_HEX_LENGTH : MIN_LENGTH;
  if (token.length < least) return `wanted at least ${least} characters, for 128 bits`;
  return new Set(token).size < MIN_DISTINCT ? "wanted random characters" : undefined;
}

/** The token of an `authorization` header, if it can be one. */
export function bearerToken(header: string): string | undefined {
  if (header.length > MAX_TOKEN_LENGTH + 16 || header.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  const token = header.slice(7).trim();
  return token.length <= MAX_TOKEN_LENGTH && B64TOKEN.test(token) ? token : undefined;
}

function digestOf(token: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
}
