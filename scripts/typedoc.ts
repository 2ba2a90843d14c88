/**
 * Builds the API reference into site/api from the entries of `exports` in deno.json.
 *
 *     deno run -A scripts/typedoc.ts
 *
 * typedoc needs a folder with node_modules; it gets a temporary one with a copy of the sources, so that the
 * repository needs none and no page can name a path of this machine.
 *
 * @module
 */
import { print } from "./_print.ts";
import { filesBelow } from "./_testing.ts";

const TOOLS = {
  typedoc: "npm:typedoc@0.28.20",
  typescript: "npm:typescript@6.0.3",
  "@types/node": "npm:@types/node@24.10.1",
};
const LIMIT_SECONDS = 90;
const TARGET = "site/api";

Deno.chdir(new URL("..", import.meta.url));
const config = JSON.parse(await Deno.readTextFile("deno.json"));
const entries: string[] = typeof config.exports === "string" ? [config.exports] : Object.values(config.exports);
const folder = await Deno.makeTempDir({ prefix: "bellhop-typedoc-" });
try {
  await copySources();
  await writeConfiguration();
  await must(["install", "--quiet"]);
  await must([
    "run",
    "-A",
    "--no-check",
    "npm:typedoc@0.28.20",
    "--name",
    config.name,
    "--out",
    "out",
    "--readme",
    "none",
    // Types are the business of deno check, which knows the globals of every platform.
    "--skipErrorChecking",
    "--disableSources",
    "--disableGit",
    "--hideGenerator",
    "--logLevel",
    "Warn",
    ...entries,
  ]);
  refuseMachinePaths();
  await copySite();
  print(`typedoc: ${entries.length} entries into ${TARGET}`);
} catch (error) {
  print((error as Error).message);
  Deno.exitCode = 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function copySources(): Promise<void> {
  await Deno.copyFile("mod.ts", `${folder}/mod.ts`);
  await Deno.copyFile("LICENSE", `${folder}/LICENSE`);
  const ours = (path: string): boolean => /\.(ts|json)$/.test(path) && !path.endsWith("_test.ts");
  for (const path of [...filesBelow("src", ours), ...filesBelow("conformance", ours)]) {
    await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.copyFile(path, `${folder}/${path}`);
  }
}

async function writeConfiguration(): Promise<void> {
  const packages = Object.entries(config.imports as Record<string, string>).filter(([, to]) => to.startsWith("npm:"));
  const deno = { nodeModulesDir: "auto", imports: { ...Object.fromEntries(packages), ...TOOLS } };
  const { exactOptionalPropertyTypes, noImplicitOverride } = config.compilerOptions;
  const tsconfig = {
    compilerOptions: {
      target: "esnext",
      module: "esnext",
      moduleResolution: "bundler",
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      exactOptionalPropertyTypes,
      noImplicitOverride,
      lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
      types: ["node"],
    },
    files: entries,
  };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(deno));
  await Deno.writeTextFile(`${folder}/tsconfig.json`, JSON.stringify(tsconfig));
  await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify({ name: config.name, version: config.version }));
}

/** Runs deno in the temporary folder; throws if it fails. */
async function must(args: readonly string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: folder,
    stdout: "inherit",
    stderr: "inherit",
    signal: AbortSignal.timeout(LIMIT_SECONDS * 1_000),
  });
  const output = await command.output();
  if (!output.success) throw new Error(`typedoc: deno ${args[0]} ended with code ${output.code}`);
}

function refuseMachinePaths(): void {
  for (const page of siteFiles()) {
    if (Deno.readTextFileSync(page).includes(folder)) throw new Error(`typedoc: ${page} names ${folder}`);
  }
}

async function copySite(): Promise<void> {
  await Deno.remove(TARGET, { recursive: true }).catch(() => {});
  for (const page of siteFiles()) {
    const path = `${TARGET}${page.slice(`${folder}/out`.length)}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(page, path);
  }
}

function siteFiles(): string[] {
  return filesBelow(`${folder}/out`, () => true);
}
