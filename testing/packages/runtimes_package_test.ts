import { assertEquals, assertMatch } from "@std/assert";
import { installed } from "../../scripts/package_fixture.ts";

Deno.test("the package runs gateway, disk store, service and client on Node 22 and on Bun", async () => {
  await using fixture = await installed("testing/packages/server");
  assertMatch(await fixture.run("node", "--version"), /^v22\./);
  const said = '{"heard":["hello"],"durability":"flushed","outcome":"delivered","attempts":1}\n';
  for (const runtime of ["node", "bun"]) {
    assertEquals([runtime, await fixture.run(runtime, "main.js")], [runtime, said]);
  }
});

Deno.test("the command runs by npx on Node 22, and on Bun", async () => {
  await using fixture = await installed();
  const { version } = JSON.parse(
    await Deno.readTextFile(`${fixture.folder}/node_modules/@bellhop/bellhop/package.json`),
  );
  for (const call of [["npx", "--no-install"], ["bunx", "--no-install"], ["bunx", "--no-install", "--bun"]]) {
    const help = await fixture.run(call[0], ...call.slice(1), "bellhop", "--help");
    assertMatch(help, /^bellhop: .*\n\nUsage\n[^]*\bgateway\b[^]*\bpublish\b/);
    assertEquals((await fixture.run(call[0], ...call.slice(1), "bellhop", "--version")).trim(), version);
  }
});
