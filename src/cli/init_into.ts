/**
 * Writes the adapter that an implementer starts from.
 *
 * @module
 */
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { initFiles, type Language } from "../../conformance/init/init.ts";
import { EXIT, Stop } from "./exit_code.ts";

/**
 * Writes the files of a language into a folder, which is made if there is none. Other files in it are left alone.
 *
 * @returns the paths of the files, relative to the folder
 * @throws {Stop} `usage` if a file is there already, or none can be written: then nothing is left of what was written
 */
export async function initInto(folder: string, language: Language): Promise<readonly string[]> {
  const files = Object.entries(initFiles(language)).map(([path, text]) => ({ path, text, at: join(folder, path) }));
  for (const { at } of files) {
    if (await isThere(at)) throw new Stop(EXIT.usage, `${at} is there already: name another folder`);
  }
  const written: string[] = [];
  try {
    for (const { at, text } of files) {
      await mkdir(dirname(at), { recursive: true });
      await writeFile(at, text, { flag: "wx" });
      written.push(at);
    }
  } catch (error) {
    for (const at of written) await rm(at, { force: true }).catch(() => {});
    throw new Stop(EXIT.usage, `${folder}: cannot write the adapter: ${(error as Error).message}`);
  }
  return files.map(({ path }) => path);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    // What cannot be looked at cannot be written either, which tells why.
    return false;
  }
}
