import { assert, assertEquals } from "@std/assert";
import { installed } from "../../scripts/package_fixture.ts";

const DENO = [Deno.execPath(), "run", "-A"];

/** How each example is started, and every line that it must print; others may come between. */
const EXAMPLES: readonly (readonly [file: string, command: readonly string[], says: readonly string[]])[] = [
  ["deno.ts", DENO, [
    "search: attempt 1 of 42",
    "search: attempt 2 of 42",
    "receipt: flushed delivered after 2 attempts",
    "mail: heard of 42",
  ]],
  ["node.mjs", ["node"], [
    "refused: data-invalid",
    "search: attempt 1 of 42",
    "search: attempt 2 of 42",
    "receipt: flushed delivered after 2 attempts",
  ]],
  ["bun.ts", ["bun"], [
    'reply: {"item":"tea","cents":250}',
    "prices: attempt 1",
    "prices: attempt 2",
    "receipt: flushed delivered after 2 attempts",
  ]],
  ["existing_hono_app.ts", DENO, [
    "log: --> POST /api/orders 401 0ms",
    "a stranger gets 401",
    "orders: attempt 1 of 42",
    "orders: attempt 2 of 42",
    "cors: https://shop.example",
    'receipt: {"durability":"flushed","outcome":"delivered","attempts":2}',
  ]],
];

Deno.test("each example runs from the package, is short, and says what it promises", async (t) => {
  const files = [...Deno.readDirSync("examples")].filter((entry) => entry.isFile).map((entry) => entry.name);
  assertEquals(files.sort(), EXAMPLES.map(([file]) => file).sort());
  await using fixture = await installed();
  for (const [file, [command, ...flags], says] of EXAMPLES) {
    await t.step(file, async () => {
      const source = await Deno.readTextFile(`examples/${file}`);
      assert(source.trimEnd().split("\n").length <= 60, "more than 60 lines");
      await Deno.writeTextFile(`${fixture.folder}/${file}`, source);
      await Deno.remove(`${fixture.folder}/bus.db`).catch(() => {});
      const said = await fixture.run(command, ...flags, file);
      // How long a request took is told by the logger, and differs.
      const lines = said.split("\n").map((line) => line.replace(/ \d+m?s$/, " 0ms"));
      assertEquals(says.filter((line) => !lines.includes(line)), [], said);
    });
  }
});
