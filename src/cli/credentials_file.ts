/**
 * A file of credentials that the command adds to.
 *
 * @module
 */
import { chmod, rename, rm, stat, writeFile } from "node:fs/promises";
import process from "node:process";
import { BellhopError } from "../core/error.ts";
import { readCredentials } from "../presets/server/mod.ts";
import { createCredentials, type CredentialOptions } from "../security/mod.ts";
import { EXIT, Stop } from "./exit_code.ts";

/** Read by its owner alone, though it holds digests: whom it knows is nobody's business either. */
const MODE = 0o600;

/**
 * Changes the entries of a file of credentials, which is made if there is none. The file is replaced as a whole, so that who
 * reads it meanwhile sees the old or the new one; its mode stays. Two that add at the same time may lose one of the changes.
 *
 * @throws {Stop} `usage` if the file cannot be read or written, or the entries do not go together: nothing is changed
 */
export async function changeCredentials(
  path: string,
  change: (credentials: readonly CredentialOptions[]) => readonly CredentialOptions[],
): Promise<void> {
  const beside = `${path}.${process.pid}`;
  try {
    const mode = await modeOf(path);
    const credentials = change(mode === undefined ? [] : await readCredentials(path));
    createCredentials(credentials);
    await writeFile(beside, `${JSON.stringify({ credentials }, null, 2)}\n`, { mode: MODE, flag: "wx" });
    if (mode !== undefined) await chmod(beside, mode);
    await rename(beside, path);
  } catch (error) {
    if (error instanceof Stop) throw error;
    await rm(beside, { force: true }).catch(() => {});
    const said = error instanceof BellhopError ? error.message : `cannot write it: ${(error as Error).message}`;
    throw new Stop(EXIT.usage, `--file ${path}: ${said}`);
  }
}

/** `undefined` if there is no such file. */
async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
