/**
 * The credentials of a gateway from a file that holds no secret.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import { permissionMissing } from "../../core/permission_missing.ts";
import { createCredentials, type CredentialOptions } from "../../security/credentials.ts";

const MAX_BYTES = 4_194_304;
const MEMBERS: readonly string[] = ["name", "sha256", "scopes", "sources"];

/**
 * Reads a JSON file of credentials: `{"credentials": [{"name", "sha256", "scopes", "sources"}]}`, each as
 * `createCredentials` takes them, with the digests of their tokens in place of the tokens. `hashToken` makes a digest.
 *
 * @param path of a file of at most 4 MiB
 * @throws {BellhopError} `argument-invalid` for a file that cannot be read, or that holds a token, with the field; what
 * the file holds is never repeated
 *
 * @example
 * ```ts
 * import { hashToken, newToken } from "@bellhop/bellhop/security";
 * import { readCredentials } from "@bellhop/bellhop/server";
 * import { assertEquals } from "@std/assert";
 * const path = await Deno.makeTempFile();
 * const dashboard = { name: "dashboard", sha256: await hashToken(newToken()), scopes: ["observe"] };
 * await Deno.writeTextFile(path, JSON.stringify({ credentials: [dashboard] }));
 * assertEquals(await readCredentials(path), [dashboard]);
 * await Deno.remove(path);
 * ```
 */
export async function readCredentials(path: string): Promise<readonly CredentialOptions[]> {
  const { readFile, stat } = await import("node:fs/promises");
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new RangeError(`it has more than ${MAX_BYTES} bytes`);
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw permissionMissing(`cannot read ${path}`, cause) ??
      invalid("credentials", `cannot read ${path}: ${cause instanceof Error ? cause.message : cause}`);
  }
  const credentials = listIn(text);
  credentials.forEach((one, i) => {
    const field = `credentials[${i}]`;
    if (typeof one !== "object" || one === null) throw invalid(field, "wanted an object");
    if ("token" in one) throw invalid(`${field}.token`, "the file may hold no token: put its digest in sha256");
    const stranger = Object.keys(one).find((name) => !MEMBERS.includes(name));
    if (stranger !== undefined) throw invalid(field, `a member is none of ${MEMBERS.join(", ")}`);
  });
  createCredentials(credentials as CredentialOptions[]);
  return credentials as CredentialOptions[];
}

function listIn(text: string): unknown[] {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // What the parser says repeats a piece of the file.
    throw invalid("credentials", "the file holds no JSON");
  }
  const list = (data as { credentials?: unknown } | null)?.credentials;
  if (!Array.isArray(list)) throw invalid("credentials", 'the file holds no {"credentials": […]}');
  return list;
}

function invalid(field: string, reason: string): BellhopError {
  return new BellhopError("argument-invalid", `${field}: ${reason}`, { field });
}
