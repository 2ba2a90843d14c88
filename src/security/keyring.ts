/**
 * Which service's deliveries are signed with which secrets.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";
import { Secret } from "./redact.ts";
import { isServiceName } from "./scope.ts";
import { importSecret, secretBytes } from "./signature.ts";

/** One secret, or two while the old one is being replaced: each delivery then carries a signature of each. */
export type SigningSecret = string | Secret | readonly (string | Secret)[];

/** The keys of a service; none if it has no secret. */
export type Keyring = (service: string) => Promise<readonly CryptoKey[]>;

/** Most secrets of one service at once. */
export const MAX_SECRETS = 2;

/** Stands for every service that is not named. */
const ANY = "*";
const NONE: Promise<readonly CryptoKey[]> = Promise.resolve(Object.freeze([]));

/**
 * The keys of one receiver. Secrets are imported at once and not kept.
 *
 * @throws {BellhopError} `argument-invalid` with the field, never with a secret
 *
 * @example
 * ```ts
 * import { importKeys, newSigningSecret } from "@bellhop/bellhop/security";
 * import { assertEquals, assertThrows } from "@std/assert";
 * assertEquals((await importKeys([newSigningSecret(), newSigningSecret()])).length, 2);
 * assertThrows(() => importKeys("hunter2"), Error, "whsec_");
 * ```
 */
export function importKeys(secret: SigningSecret, field = "signingSecret"): Promise<readonly CryptoKey[]> {
  const secrets = (Array.isArray(secret) ? secret : [secret]) as readonly (string | Secret)[];
  if (secrets.length < 1 || secrets.length > MAX_SECRETS) throw invalid(field, "wanted one secret, or two");
  secrets.forEach((one, i) => secretBytes(one, Array.isArray(secret) ? `${field}[${i}]` : field));
  const keys = Promise.all(secrets.map(importSecret));
  // Where WebCrypto fails, each delivery learns it.
  keys.catch(() => {});
  return keys;
}

/**
 * The keys of all services: of one secret for all, or of a secret for each name, where `*` stands for those not named.
 *
 * @throws {BellhopError} `secret-missing` for none at all; `argument-invalid` with the field, never with a secret
 *
 * @example
 * ```ts
 * import { createKeyring, newSigningSecret } from "@bellhop/bellhop/security";
 * import { assertEquals } from "@std/assert";
 * const keysOf = createKeyring({ users: [newSigningSecret(), newSigningSecret()] });
 * assertEquals((await keysOf("users")).length, 2);
 * assertEquals(await keysOf("orders"), []);
 * ```
 */
export function createKeyring(
  secrets: SigningSecret | Readonly<Record<string, SigningSecret>> | undefined,
  field = "signingSecrets",
): Keyring {
  if (isNone(secrets)) {
    throw new BellhopError("secret-missing", `${field}: outside open mode every delivery is signed`, { field });
  }
  const one = typeof secrets === "string" || Array.isArray(secrets) || secrets instanceof Secret;
  const entries = one ? [[ANY, secrets as SigningSecret] as const] : Object.entries(secrets as object);
  if (entries.length < 1) throw invalid(field, "wanted a secret, or the secrets of services by their names");
  // Not repeated: who takes name and secret for each other has put a secret there.
  if (entries.some(([service]) => service !== ANY && !isServiceName(service))) {
    throw invalid(field, "wanted names of services, or *, each with its secret");
  }
  const keys = new Map(
    entries.map(([service, secret]) => [service, importKeys(secret, one ? field : `${field}.${service}`)]),
  );
  return (service) => keys.get(service) ?? keys.get(ANY) ?? NONE;
}

/** What is left of a setting that was forgotten, or emptied. */
function isNone(secrets: unknown): boolean {
  if (secrets === undefined || secrets === null) return true;
  return typeof secrets === "object" && !(secrets instanceof Secret) && Object.keys(secrets).length === 0;
}

function invalid(field: string, reason: string): BellhopError {
  return new BellhopError("argument-invalid", `${field}: ${reason}`, { field });
}
