/**
 * The packed package, and folders that use it as a stranger would: installed by npm, outside of the repository.
 *
 * @module
 */
import { TARBALL } from "./pack.ts";
import { TOOLS } from "./package_tools.ts";

/** A folder with the package installed. */
export interface Installed extends AsyncDisposable {
  /** Its path. */
  readonly folder: string;
  /** What a command prints there, given that it ends well. The tools come first on its path. */
  run(command: string, ...args: string[]): Promise<string>;
}

/** Both in full, since fixtures lie elsewhere. */
const root = new URL("..", import.meta.url).pathname;

/** Where the package lies; `deno task ci` packs it before the tests. */
export const tarball: string = root + TARBALL;

/**
 * Copies the files of a folder of the repository, if one is named, to a new one and installs the package there, with
 * what its user had chosen beside it: `hono@4.11.2`.
 */
export async function installed(source?: string, ...beside: readonly string[]): Promise<Installed> {
  const fixture = await withFiles(source);
  await fixture.run(
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--save-exact",
    tarball,
    ...beside,
  );
  return fixture;
}

/** The same with the package alone, without what it depends on: what needs none is there in a moment. */
export async function unpacked(source?: string): Promise<Installed> {
  const fixture = await withFiles(source);
  const place = `${fixture.folder}/node_modules/@bellhop/bellhop`;
  await Deno.mkdir(place, { recursive: true });
  await fixture.run("tar", "-xzf", tarball, "-C", place, "--strip-components=1");
  return fixture;
}

async function withFiles(source: string | undefined): Promise<Installed> {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-fixture-" });
  await Deno.writeTextFile(`${folder}/package.json`, `{ "private": true, "type": "module" }\n`);
  for (const { name } of source === undefined ? [] : Deno.readDirSync(root + source)) {
    await Deno.copyFile(`${root}${source}/${name}`, `${folder}/${name}`);
  }
  const run = (command: string, ...args: string[]) => output(command, args, folder);
  return { folder, run, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** What a command prints, given that it ends well; if not, all that it said is the error. */
export async function output(command: string, args: readonly string[], cwd: string = root): Promise<string> {
  const made = await new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
    env: { PATH: `${root}${TOOLS}/node_modules/.bin:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
  }).output();
  const [said, complaints] = [made.stdout, made.stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!made.success) throw new Error(`${command} ${args.join(" ")} ended with code ${made.code}\n${said}${complaints}`);
  return said;
}
