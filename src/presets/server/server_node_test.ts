import { assert, assertEquals } from "@std/assert";

const version = await nodeVersion();
if (version === undefined) print("server_node_test: ignored, since there is no node here");

Deno.test({
  name: "a gateway, a service and a client work on Node; below 22.13 only the disk store says that it cannot",
  ignore: version === undefined,
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
    try {
      const entry = new URL("../../../testing/node/whole_bus.ts", import.meta.url).pathname;
      const bundle = `${directory}/bundle.mjs`;
      await output(Deno.execPath(), ["bundle", "--quiet", "--platform", "deno", "--output", bundle, entry]);
      const said = JSON.parse(await output("node", [bundle, `${directory}/bus.db`]));
      assertEquals(said, {
        heard: [{ to: "node" }],
        outcome: "delivered",
        disk: hasSqlite(version!) ? "opened" : "store-unavailable",
      });
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

async function output(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  assert(code === 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function nodeVersion(): Promise<string | undefined> {
  try {
    return (await output("node", ["--version"])).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function hasSqlite(version: string): boolean {
  const [major, minor] = version.slice(1).split(".").map(Number);
  return major > 22 || major === 22 && minor >= 13;
}

function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
