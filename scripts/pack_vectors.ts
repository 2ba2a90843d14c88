/**
 * The vectors alone, as `dist/bellhop-vectors.tgz`: the JSON files, their schema and their README, for programs in any
 * language; the same bytes for the same files.
 *
 *     deno run -A scripts/pack_vectors.ts
 *
 * @module
 */
import { print } from "./_print.ts";
import { filesBelow } from "./_testing.ts";

/** Where the archive lies, relative to the repository. */
export const VECTORS = "dist/bellhop-vectors.tgz";

/** Writes the archive to `target`. */
export async function packVectors(target: string): Promise<void> {
  const folder = "conformance/vectors";
  const files = filesBelow(folder, (path) => /\/[\w.-]+\.(json|md)$/.test(path)).map((path) => path.split("/").at(-1)!);
  await Deno.mkdir("dist", { recursive: true });
  // One order, one time, one owner: the same files give the same archive.
  const steady = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=644"];
  const { success, stderr } = await new Deno.Command("tar", {
    args: ["--create", "--gzip", `--file=${target}`, ...steady, `--directory=${folder}`, ...files.toSorted()],
    env: { GZIP: "-n" },
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  await packVectors(VECTORS);
  print(`${VECTORS}: ${(await Deno.stat(VECTORS)).size} bytes`);
}
