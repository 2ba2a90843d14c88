/**
 * An adapter to begin with: it runs as it is, and is replaced line by line.
 *
 * @module
 */
import { basename, dirname, extname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Writes the adapter.
 *
 * @throws {Error} with what to do, if there is such a file or no such folder
 */
export async function writeAdapter(path: string): Promise<void> {
  const contract = relative(dirname(resolve(path)), fileURLToPath(new URL("engine.ts", import.meta.url)));
  const from = contract.startsWith(".") ? contract : `./${contract}`;
  const name = basename(path, extname(path)).replace(/[^\w.@-]/g, "-");
  try {
    await Deno.writeTextFile(path, adapter(name, from), { createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new Error(`--init ${path}: there is such a file, and it is not overwritten. Give another name.`);
    }
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(`--init ${path}: make the folder ${dirname(path)} first.`);
    }
    throw error;
  }
}

function adapter(name: string, contract: string): string {
  return `import type { RetryEngine } from "${contract}";

/** Here your engine is called: import it, and translate the policy. Say false to what it cannot do. */
export const engine: RetryEngine = {
  name: "${name}",
  version: "",
  // deno-fmt-ignore
  supports: { clock: false, random: false, jitters: ["none", "full"], cap: true, firstAtOnce: false, unlimited: true, signal: false, retryAfter: false },
  async run(op, { retries, baseMs, factor, capMs, jitter }, given) {
    for (let retry = 0;; retry++) {
      try {
        return await op(given);
      } catch (error) {
        if (retry >= retries) throw error;
        const waitMs = Math.min(capMs, baseMs * factor ** retry);
        const spreadMs = jitter === "full" ? Math.random() * waitMs : waitMs;
        await new Promise((resolve) => setTimeout(resolve, spreadMs));
      }
    }
  },
};
`;
}
