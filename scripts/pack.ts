/**
 * The `pack` task: the npm package as `dist/bellhop.tgz`, the same bytes for the same sources.
 *
 *     deno task pack
 *
 * `deno pack` compiles what `exports` reaches, and knows neither commands nor `engines`: it works on a copy of the
 * sources in which the command is one more entry, and what it leaves out is added to its package.json. `npm pack`
 * writes the archive, in order and with fixed times, as `npm publish` would.
 *
 * @module
 */
import { dirname } from "node:path";
import { print } from "./_print.ts";
import { filesBelow } from "./_testing.ts";

/** Where the package lies, relative to the repository. */
export const TARBALL = "dist/bellhop.tgz";

const KEYWORDS = ["message bus", "cloudevents", "retry", "service registry", "gateway", "edge", "hono"];
const COMMAND = "bin/bellhop.js";
const COMMAND_ENTRY = "./command";
/**
 * An app that mounts routes brings its own: with a second copy beside it no `route()` would compile. From the oldest
 * that the package is tried with; hono-openapi takes none that is older.
 */
const PEERS = { hono: "^4.11.2" };

/** Writes the package to `target`. */
export async function pack(target: string): Promise<void> {
  // Always the same place: the check of types that deno pack makes is remembered by path.
  const folder = `${Deno.cwd()}/dist/pack`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await Deno.mkdir(folder, { recursive: true });
  try {
    const config = JSON.parse(await Deno.readTextFile("deno.json"));
    await copySources(`${folder}/source`, config);
    const raw = `${folder}/raw.tgz`;
    await must(`${folder}/source`, Deno.execPath(), [
      "pack",
      "--allow-dirty",
      "--no-source-maps",
      "--ignore=deno.lock",
      "-o",
      raw,
    ]);
    await must(folder, "tar", ["-xzf", raw]);
    await complete(`${folder}/package`, config);
    await must(folder, "npm", ["pack", "--silent", "--ignore-scripts", "./package"]);
    const made = [...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(".tgz") && name !== "raw.tgz");
    if (made === undefined) throw new Error("npm pack wrote no archive");
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.copyFile(`${folder}/${made.name}`, target);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The files of which the package is made, with the command as an entry. */
async function copySources(folder: string, config: Record<string, unknown>): Promise<void> {
  const files = filesBelow("src", (path) => path.endsWith(".ts") && !path.endsWith("_test.ts"));
  // Vectors and schemas are for programs that need no more of the suite.
  const suite = filesBelow("conformance", (path) => /\.(ts|json)$/.test(path) && !path.endsWith("_test.ts"));
  for (const file of [...files, ...suite, "mod.ts", "README.md", "LICENSE", "deno.lock"]) {
    await Deno.mkdir(dirname(`${folder}/${file}`), { recursive: true });
    await Deno.copyFile(file, `${folder}/${file}`);
  }
  const exports = { ...config.exports as Record<string, string>, [COMMAND_ENTRY]: "./src/cli/main.ts" };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ ...config, exports }));
}

/** Adds to the compiled package what `deno pack` does not know, and the command. */
async function complete(folder: string, { license }: { readonly license?: string }): Promise<void> {
  const made = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
  const { exports, dependencies, ...rest } = made;
  const command = exports[COMMAND_ENTRY].default;
  delete exports[COMMAND_ENTRY];
  for (const name of Object.keys(PEERS)) delete dependencies[name];
  const manifest = {
    ...rest,
    license,
    keywords: KEYWORDS,
    engines: { node: ">=20" },
    sideEffects: false,
    bin: { bellhop: COMMAND },
    files: ["**/*.js", "**/*.d.ts", "**/*.json"],
    exports: { ...exports, "./package.json": "./package.json" },
    dependencies,
    peerDependencies: PEERS,
  };
  await Deno.writeTextFile(`${folder}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  await Deno.mkdir(`${folder}/bin`);
  const script = `#!/usr/bin/env node\nimport ${JSON.stringify(command.replace(/^\./, ".."))};\n`;
  await Deno.writeTextFile(`${folder}/${COMMAND}`, script, { mode: 0o755 });
}

async function must(cwd: string, command: string, args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return;
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  throw new Error(`${command} ${args[0]} failed\n${said}`);
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  await pack(TARBALL);
  print(`${TARBALL}: ${(await Deno.stat(TARBALL)).size} bytes`);
}
