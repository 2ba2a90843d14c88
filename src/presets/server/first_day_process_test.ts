/**
 * The mistakes of a first day that take a process of their own: see `first_day_test.ts`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { bellhop, named, refusal } from "./_first_day_test.ts";
import { gateway, sqlite } from "./mod.ts";

const ENTRY = new URL("mod.ts", import.meta.url).href;
const CONFIG = new URL("../../../deno.json", import.meta.url).pathname;

/** A program that prints the error that it meets. */
function program(task: "listen" | "publish" | "store", file: string): string {
  return `import { connect, gateway, serve, sqlite } from ${JSON.stringify(ENTRY)};
const told = (error: any) => console.log(error.code + ": " + error.message + "\\n" + error.fix);
const tasks = {
  listen: () => serve({ fetch: () => new Response() }, { port: 8000 }).catch(told),
  async publish() {
    const client = await connect({ gateway: "http://127.0.0.1:8000/bus" });
    await client.publish("document.created", { id: "42" }).catch(told);
    await client.close();
  },
  async store() {
    const bus = gateway({ open: true, store: sqlite(${JSON.stringify(file)}) });
    await bus.ready.catch(told);
    await bus.close();
  },
};
await tasks.${task}();
`;
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function printed(command: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(command, { args: [...args], env: { NO_COLOR: "1" } }).output();
  return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
}

/** What the program says on Deno, with these flags alone. */
async function onDeno(
  folder: string,
  task: "listen" | "publish" | "store",
  file: string,
  ...flags: readonly string[]
): Promise<string> {
  const path = `${folder}/${task}.ts`;
  await Deno.writeTextFile(path, program(task, file));
  return await printed(Deno.execPath(), ["run", "--no-check", "--no-prompt", "--config", CONFIG, ...flags, path]);
}

Deno.test("first day: a second process opens the store", () =>
  inFolder(async (folder) => {
    const file = `${folder}/bus.db`;
    await using bus = gateway({ open: true, store: sqlite(file) });
    await bus.ready;
    const names = { STORE: file };
    assertEquals(
      named(await bellhop("gateway", "--port", "0", "--store", file), names),
      `bellhop: cannot start the gateway: STORE is open in another process or another store
Stop the other process, or give each process its own file.
exit 3`,
    );
    await using second = gateway({ open: true, store: sqlite(file) });
    assertEquals(
      named(await refusal(() => second.ready), names),
      `store-locked: STORE is open in another process or another store
Stop the other process, or give each process its own file.`,
    );
  }));

Deno.test("first day: Deno lacks a flag", () =>
  inFolder(async (folder) => {
    const file = `${folder}/bus.db`;
    const advice = "Start it with the flag named in `detail`.";
    assertEquals(
      await onDeno(folder, "listen", file),
      `permission-missing: cannot listen on 127.0.0.1:8000: Requires net access to "127.0.0.1:8000", run again with the --allow-net flag
${advice}`,
    );
    assertEquals(
      await onDeno(folder, "publish", file),
      `permission-missing: cannot reach http://127.0.0.1:8000/bus: Requires net access to "127.0.0.1:8000", run again with the --allow-net flag
${advice}`,
    );
    const names = { STORE: file };
    assertEquals(
      named(await onDeno(folder, "store", file, "--allow-net"), names),
      `permission-missing: cannot open STORE: Requires read access to "STORE-mark", run again with the --allow-read flag
${advice}`,
    );
    assertEquals(
      named(await onDeno(folder, "store", file, "--allow-read"), names),
      `permission-missing: cannot open STORE: Requires write access to "STORE", run again with the --allow-write flag
${advice}`,
    );
  }));

const version = await printed("node", ["--version"]).catch(() => "");
const [major = 0, minor = 0] = version.slice(1).split(".").map(Number);
const hasStore = major > 22 || (major === 22 && minor >= 13);

Deno.test({
  name: "first day: Node has no node:sqlite, or hides it",
  ignore: version === "",
  fn: () =>
    inFolder(async (folder) => {
      const file = `${folder}/bus.db`;
      const path = `${folder}/store.ts`;
      const bundle = `${folder}/store.mjs`;
      await Deno.writeTextFile(path, program("store", file));
      const bundling = ["bundle", "--quiet", "--platform", "deno", "--config", CONFIG, "--output", bundle, path];
      assertEquals(await printed(Deno.execPath(), bundling), "");
      const flags = hasStore ? ["--no-experimental-sqlite"] : [];
      assertEquals(
        named(await printed("node", [...flags, bundle]), { STORE: file }),
        `store-unavailable: cannot open STORE: this runtime has no node:sqlite
Use Deno, or Node 22.13 or newer, or another store.`,
      );
    }),
});
