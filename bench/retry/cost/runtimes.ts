/**
 * Deno, Node and Bun: which of them are there, and how an engine is started on each.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { delimiter, join } from "node:path";
import type { Missing } from "../../report/result.ts";

export const RUNTIMES = ["deno", "node", "bun"] as const;

export type RuntimeName = typeof RUNTIMES[number];

/** One that is there. */
export interface Runtime {
  readonly name: RuntimeName;
  readonly path: string;
  readonly version: string;
}

/** As headings have it. */
export const TITLES: Readonly<Record<RuntimeName, string>> = { deno: "Deno", node: "Node", bun: "Bun" };

/** Room for a million calls that wait. */
const HEAP_MB = 16_384;
const ROOT = new URL("../../../", import.meta.url).pathname;
/** Where `scripts/package_tools.ts` puts Node and Bun. */
const TOOLS = `${ROOT}dist/tools/node_modules/.bin`;

/** `undefined` if it is neither among the tools nor on the path. */
export async function runtimeFound(name: RuntimeName): Promise<Runtime | undefined> {
  const folders = [TOOLS, ...(Deno.env.get("PATH") ?? "").split(delimiter)];
  for (const path of name === "deno" ? [Deno.execPath()] : folders.map((folder) => join(folder, name))) {
    try {
      const { success, stdout } = await new Deno.Command(path, { args: ["--version"], stderr: "null" }).output();
      const version = /\d+\.\d+\.\d+/.exec(new TextDecoder().decode(stdout))?.[0];
      if (success && version !== undefined) return { name, path, version };
    } catch { /* not here */ }
  }
  return undefined;
}

/**
 * Those of the names that are there, and what to say of the others.
 *
 * @param find finds one
 */
export async function runtimesFound(
  names: readonly RuntimeName[],
  find: (name: RuntimeName) => Promise<Runtime | undefined> = runtimeFound,
): Promise<{ readonly found: readonly Runtime[]; readonly missing: readonly Missing[] }> {
  const all = await Promise.all(names.map(find));
  const missing = names.filter((_, i) => all[i] === undefined);
  return {
    found: all.filter((one) => one !== undefined),
    missing: missing.map((what) => ({ what, why: "not there; `deno run -A scripts/package_tools.ts` installs it" })),
  };
}

/** A folder of programs: one adapter with all that measures it, in one file. */
export interface Programs extends AsyncDisposable {
  /** The command that starts the engine on the runtime. */
  command(runtime: Runtime, adapter: string): Promise<readonly [path: string, ...args: string[]]>;
}

export async function programs(): Promise<Programs> {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-bench-" });
  const entries = new Map<string, Promise<string>>();
  const bundles = new Map<string, Promise<string>>();
  const once = (made: Map<string, Promise<string>>, key: string, make: () => Promise<string>) => {
    if (!made.has(key)) made.set(key, make());
    return made.get(key)!;
  };

  async function entry(adapter: string): Promise<string> {
    const path = `${folder}/${entries.size}.ts`;
    const here = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
    const lines = [
      `import ${here("_count_timers.ts")};`, // before the engine can take hold of a timer
      `import { engine } from ${JSON.stringify(adapter)};`,
      `import { serveEngine } from ${here("serve_engine.ts")};`,
      "serveEngine(engine);",
    ];
    await Deno.writeTextFile(path, lines.join("\n"));
    return path;
  }

  async function bundle(entryPath: string): Promise<string> {
    const output = entryPath.replace(/ts$/, "mjs");
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--config",
        `${ROOT}deno.json`,
        "--platform=deno",
        "--external",
        "bun:*",
        "--output",
        output,
        entryPath,
      ],
      stdout: "null",
      stderr: "piped",
    }).output();
    if (code !== 0) throw new Error(`the adapter cannot be bundled: ${new TextDecoder().decode(stderr).trim()}`);
    return output;
  }

  return {
    async command({ name, path }, adapter) {
      const source = await once(entries, adapter, () => entry(adapter));
      if (name === "deno") {
        const flags = `--v8-flags=--expose-gc,--max-old-space-size=${HEAP_MB}`;
        return [path, "run", "-A", "--no-check", "--config", `${ROOT}deno.json`, flags, source];
      }
      const bundled = await once(bundles, source, () => bundle(source));
      const url = pathToFileURL(bundled).pathname;
      return name === "bun" ? [path, url] : [path, "--expose-gc", `--max-old-space-size=${HEAP_MB}`, url];
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
