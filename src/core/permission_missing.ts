import { BellhopError } from "./error.ts";

/**
 * What a runtime says that lets a process do only what its flags allow: Deno's `NotCapable`, Node's `ERR_ACCESS_DENIED`.
 * Both name the flag. `undefined` for any other error.
 *
 * @param deed what could not be done, as "cannot open bus.db"
 */
export function permissionMissing(deed: string, cause: unknown): BellhopError | undefined {
  const { name, code, message } = (cause ?? {}) as { name?: unknown; code?: unknown; message?: unknown };
  if (name !== "NotCapable" && code !== "ERR_ACCESS_DENIED") return undefined;
  return new BellhopError("permission-missing", `${deed}: ${message}`, { cause });
}
