/**
 * Signed deliveries, by the scheme of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.
 *
 * The transport signs each attempt here; the service verifies it, before it reads the envelope.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import { sameText } from "./_constant_time.ts";
import { revealed, type Secret } from "./redact.ts";

/** Name of the header that carries the id of the delivery, equal over its attempts. */
export const ID_HEADER = "webhook-id";
/** Name of the header that carries the time of the signature, epoch seconds. */
export const TIMESTAMP_HEADER = "webhook-timestamp";
/** Name of the header that carries the signatures, separated by spaces. */
export const SIGNATURE_HEADER = "webhook-signature";

/** Seconds that a signature may be old, or in the future, by default. */
export const DEFAULT_TOLERANCE_S = 300;
/** Most keys of one receiver, and most signatures of one delivery. */
export const MAX_SIGNATURES = 8;

/** What was signed, once verified. */
export interface Signed {
  /** Of the delivery. */
  readonly id: string;
  /** When it was signed, epoch seconds by the sender's clock. */
  readonly timestampS: number;
}

/** The headers of a request: `Headers`, or anything that looks one up by its lower-case name. */
export interface HeaderReader {
  /** Value of the header, `null` if there is none. */
  get(name: string): string | null | undefined;
}

const PREFIX = "whsec_";
const VERSION = "v1,";
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const NEW_SECRET_BYTES = 32;
const HMAC = { name: "HMAC", hash: "SHA-256" } as const;
const BASE64 = /^[A-Za-z0-9+/]{1,88}={0,2}$/;
// A dot would let the border between id, timestamp and body be moved without a change of what is signed.
const ID = /^[!-\-/-~]{1,256}$/;
const TIMESTAMP = /^(?:0|[1-9]\d{0,11})$/;
const MAX_TIMESTAMP_S = 999_999_999_999;
/** Eight signatures of their length, with room for versions that are passed over. */
const MAX_HEADER_LENGTH = 2_048;

/**
 * A new signing secret: `whsec_` and 32 random bytes in base64.
 *
 * @example
 * ```ts
 * import { importSecret, newSigningSecret } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const key = await importSecret(newSigningSecret());
 * assertEquals(key.extractable, false);
 * ```
 */
export function newSigningSecret(): string {
  return PREFIX + toBase64(crypto.getRandomValues(new Uint8Array(NEW_SECRET_BYTES)));
}

/**
 * The key of a signing secret. Import once and keep the key: it does not show the secret again.
 *
 * @param secret `whsec_` and 24 to 64 bytes in base64
 * @throws {BellhopError} `argument-invalid`, never with the secret
 *
 * @example
 * ```ts
 * import { importSecret, signWebhook } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const key = await importSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
 * assertEquals(
 *   await signWebhook(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, '{"test": 2432232314}'),
 *   "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
 * );
 * ```
 */
export async function importSecret(secret: string | Secret): Promise<CryptoKey> {
  return await crypto.subtle.importKey("raw", secretBytes(secret), HMAC, false, ["sign"]);
}

/**
 * The bytes of a signing secret.
 *
 * @param field under which a fault is reported
 * @throws {BellhopError} `argument-invalid`, never with the secret
 */
export function secretBytes(secret: string | Secret, field = "secret"): Uint8Array<ArrayBuffer> {
  const text = revealed(secret);
  if (typeof text !== "string" || !text.startsWith(PREFIX)) throw badSecret(field, `it does not begin with ${PREFIX}`);
  const bytes = fromBase64(text.slice(PREFIX.length));
  if (bytes === undefined) {
    throw badSecret(field, `what follows ${PREFIX} is not base64 of at most ${MAX_SECRET_BYTES} bytes`);
  }
  if (bytes.length < MIN_SECRET_BYTES || bytes.length > MAX_SECRET_BYTES) {
    throw badSecret(field, `wanted ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes, got ${bytes.length}`);
  }
  return bytes;
}

/**
 * One signature: `v1,` and base64.
 *
 * @param id 1 to 256 visible ASCII characters but the dot
 * @param timestampS whole epoch seconds
 * @throws {BellhopError} `argument-invalid`
 */
export async function signWebhook(
  key: CryptoKey,
  id: string,
  timestampS: number,
  body: string | Uint8Array,
): Promise<string> {
  if (!isId(id)) throw invalid("id", "wanted 1 to 256 visible ASCII characters without a dot");
  if (!Number.isInteger(timestampS) || timestampS < 0 || timestampS > MAX_TIMESTAMP_S) {
    throw invalid("timestampS", `wanted whole seconds from 0 to ${MAX_TIMESTAMP_S}`);
  }
  return await hmac(key, content(id, String(timestampS), body));
}

/**
 * The three headers of a signed delivery, with a signature of each key: of the old and the new one while a secret is
 * being replaced.
 *
 * Source: Standard Webhooks 1.0.0, "Signature scheme"; spec SEC, "Signatures".
 *
 * @param keys 1 to 8
 * @throws {BellhopError} `argument-invalid`
 *
 * @example
 * ```ts
 * import { importSecret, newSigningSecret, signatureHeaders, verifyWebhook } from "@bellhop/bellhop/security";
 * import { assertEquals, assertRejects } from "@std/assert";
 * const key = await importSecret(newSigningSecret());
 * const headers = new Headers(await signatureHeaders([key], "dlv_1", 1_767_225_600, "{}"));
 * const nowMs = 1_767_225_600_000;
 * assertEquals(await verifyWebhook([key], headers, "{}", nowMs), { id: "dlv_1", timestampS: 1_767_225_600 });
 * await assertRejects(() => verifyWebhook([key], headers, "{ }", nowMs), Error, "No signature");
 * await assertRejects(() => verifyWebhook([key], headers, "{}", nowMs + 412_000), Error, "412 s behind");
 * ```
 */
export async function signatureHeaders(
  keys: readonly CryptoKey[],
  id: string,
  timestampS: number,
  body: string | Uint8Array,
): Promise<Record<string, string>> {
  assertKeys(keys);
  const signatures = await Promise.all(keys.map((key) => signWebhook(key, id, timestampS, body)));
  return { [ID_HEADER]: id, [TIMESTAMP_HEADER]: String(timestampS), [SIGNATURE_HEADER]: signatures.join(" ") };
}

/**
 * Lets a delivery pass of which any one signature fits any one key, and whose timestamp is near enough. Signatures of
 * other versions are passed over. Compared as text and in constant time: of a signature there is one spelling.
 *
 * The timestamp is judged last, so that `signature-stale` speaks of clocks and never of secrets.
 *
 * Source: Standard Webhooks 1.0.0, "Verifying webhook authenticity"; spec SEC, "Signatures".
 *
 * @param keys 1 to 8 of the receiver
 * @param body the bytes as they came, before anything has read them
 * @param nowMs epoch milliseconds by the receiver's clock
 * @param toleranceS whole seconds that the timestamp may differ from it, before or after, 0 to 86,400
 * @throws {BellhopError} `signature-missing`; `signature-invalid`; `signature-stale` with the difference in its detail;
 * `argument-invalid` for no key, more than 8, or a tolerance out of range
 */
export async function verifyWebhook(
  keys: readonly CryptoKey[],
  headers: HeaderReader,
  body: string | Uint8Array,
  nowMs: number,
  toleranceS: number = DEFAULT_TOLERANCE_S,
): Promise<Signed> {
  assertKeys(keys);
  if (!Number.isInteger(toleranceS) || toleranceS < 0 || toleranceS > 86_400) {
    throw invalid("toleranceS", "wanted whole seconds from 0 to 86,400");
  }
  const id = present(headers, ID_HEADER);
  const timestamp = present(headers, TIMESTAMP_HEADER);
  const given = present(headers, SIGNATURE_HEADER);
  if (!isId(id)) throw bad(`${ID_HEADER} is not 1 to 256 visible ASCII characters without a dot`);
  if (timestamp.length > 12 || !TIMESTAMP.test(timestamp)) throw bad(`${TIMESTAMP_HEADER} is not whole epoch seconds`);
  if (given.length > MAX_HEADER_LENGTH) throw bad(`${SIGNATURE_HEADER} is longer than ${MAX_HEADER_LENGTH} characters`);
  const signatures = given.split(" ");
  if (signatures.length > MAX_SIGNATURES) throw bad(`wanted at most ${MAX_SIGNATURES} signatures`);

  const signed = content(id, timestamp, body);
  const expected = await Promise.all(keys.map((key) => hmac(key, signed)));
  let fits = 0;
  for (const one of expected) {
    for (const signature of signatures) fits |= Number(sameText(one, signature));
  }
  if (fits === 0) throw new BellhopError("signature-invalid");
  const timestampS = Number(timestamp);
  const behindS = Math.floor(nowMs / 1_000) - timestampS;
  if (!(Math.abs(behindS) <= toleranceS)) {
    const skew = `${Math.abs(behindS)} s ${behindS > 0 ? "behind" : "ahead of"}`;
    throw new BellhopError(
      "signature-stale",
      `${TIMESTAMP_HEADER} is ${skew} this receiver's clock, ${toleranceS} s are allowed`,
    );
  }
  return { id, timestampS };
}

function present(headers: HeaderReader, name: string): string {
  const value = headers.get(name);
  if (value === null || value === undefined || value === "") {
    throw new BellhopError("signature-missing", `The header ${name} is missing`);
  }
  return value;
}

function content(id: string, timestamp: string, body: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const head = encoder.encode(`${id}.${timestamp}.`);
  const rest = typeof body === "string" ? encoder.encode(body) : body;
  const bytes = new Uint8Array(head.length + rest.length);
  bytes.set(head);
  bytes.set(rest, head.length);
  return bytes;
}

async function hmac(key: CryptoKey, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return VERSION + toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes)));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!BASE64.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function isId(text: string): boolean {
  return text.length <= 256 && ID.test(text);
}

function assertKeys(keys: readonly CryptoKey[]): void {
  if (keys.length < 1 || keys.length > MAX_SIGNATURES) throw invalid("keys", `wanted 1 to ${MAX_SIGNATURES}`);
}

function bad(detail: string): BellhopError {
  return new BellhopError("signature-invalid", detail);
}

function badSecret(field: string, reason: string): BellhopError {
  return new BellhopError("argument-invalid", `cannot read the signing secret: ${reason}`, { field });
}

function invalid(field: string, reason: string): BellhopError {
  return new BellhopError("argument-invalid", `${field}: ${reason}`, { field });
}
