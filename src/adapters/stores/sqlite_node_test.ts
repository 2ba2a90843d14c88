import { assertEquals, assertMatch } from "@std/assert";

/** A path to another runtime may be given, to try its version: Node or Bun. */
const program = Deno.env.get("BELLHOP_NODE") ?? "node";
const version = await versionOf(program);
if (version === undefined) printLine(`sqlite_node_test: ignored, since there is no ${program} here`);

Deno.test({
  name: "sqlite() keeps the store contract on Node from 22.13 on, and rejects with store-unavailable before",
  ignore: version === undefined,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
    try {
      const entry = new URL("../../../testing/crash/sqlite_elsewhere.ts", import.meta.url).pathname;
      const bundle = `${directory}/bundle.mjs`;
      await output(Deno.execPath(), ["bundle", "--quiet", "--platform", "deno", "--output", bundle, entry]);
      const said = await output(program, [bundle, directory]);
      if (hasSqlite(version!)) assertMatch(said, /^[1-9][0-9]* checks held\n$/);
      else assertEquals(said, "unavailable\n");
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

/** What a program prints, given that it ends well; what it says on stderr is passed on if it does not. */
async function output(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  const decoder = new TextDecoder();
  assertEquals(code, 0, decoder.decode(stderr));
  return decoder.decode(stdout);
}

async function versionOf(program: string): Promise<string | undefined> {
  try {
    return (await output(program, ["--version"])).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Node says `v22.13.0`; Bun says its own number without the `v`; 1.4 was tried. */
function hasSqlite(version: string): boolean {
  const [major, minor] = version.replace("v", "").split(".").map(Number);
  const [leastMajor, leastMinor] = version.startsWith("v") ? [22, 13] : [1, 4];
  return major > leastMajor || major === leastMajor && minor >= leastMinor;
}

function printLine(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
