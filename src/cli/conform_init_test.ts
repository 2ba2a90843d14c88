import { assertEquals, assertMatch } from "@std/assert";
import { bellhop } from "./_bellhop_test.ts";

Deno.test("conform init writes an adapter that conform runs, and overwrites nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  try {
    const made = await bellhop(["conform", "init", "ts", `${folder}/mine`]);
    assertEquals(made.code, 0, made.told);
    const files = [...Deno.readDirSync(`${folder}/mine`)].map(({ name }) => `${folder}/mine/${name}\n`);
    assertEquals(made.out, files.sort().join(""));
    assertMatch(made.told, /mine: bellhop conform --stdio "deno run adapter\.ts"\n$/);

    const adapter = `'${Deno.execPath()}' run --no-config ${folder}/mine/adapter.ts`;
    const tried = await bellhop(["conform", "--stdio", adapter, "--profile", "core.envelope", "--quick"]);
    assertEquals(tried.code, 0, tried.out);

    const again = await bellhop(["conform", "init", "ts", `${folder}/mine`, "--json"]);
    assertEquals([again.code, again.out], [2, ""]);
    assertMatch(again.told, /is there already: name another folder/);
    const other = JSON.parse((await bellhop(["conform", "init", "python", `${folder}/other`, "--json"])).out);
    assertEquals([other.folder, other.adapter], [`${folder}/other`, "python3 adapter.py"]);
    assertEquals([...Deno.readDirSync(`${folder}/other`)].map(({ name }) => name).sort(), other.files.toSorted());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (const [args, says] of [[[], /got none/], [["cobol"], /python, ts, go, rust, got "cobol"/]] as const) {
  Deno.test(`conform init says which languages there are when it is given ${args[0] ?? "none"}`, async () => {
    const { code, out, told } = await bellhop(["conform", "init", ...args]);
    assertEquals([code, out], [2, ""]);
    assertMatch(told, says);
  });
}
