import { assertEquals } from "@std/assert";
import { installed } from "../../scripts/package_fixture.ts";

Deno.test("tsc accepts the declarations of every entry, strictly, libraries included, and infers from them", async () => {
  await using fixture = await installed("testing/packages/types");
  const manifest = await Deno.readTextFile(`${fixture.folder}/node_modules/@bellhop/bellhop/package.json`);
  const entries = Object.keys(JSON.parse(manifest).exports).filter((entry) => entry !== "./package.json");
  const lines = entries.map((entry, i) => `export * as e${i} from "@bellhop/bellhop${entry.slice(1)}";\n`);
  await Deno.writeTextFile(`${fixture.folder}/entries.ts`, lines.join(""));
  const files = (await fixture.run("tsc", "--listFilesOnly")).split("\n");
  const own = files.map((path) => path.replace(/^.*\//, "")).filter((name) => /^(entries|consumer)\.ts$/.test(name));
  assertEquals(own.sort(), ["consumer.ts", "entries.ts"]);
  assertEquals(await fixture.run("tsc"), "");
});
