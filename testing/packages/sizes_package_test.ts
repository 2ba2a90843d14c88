import { assert } from "@std/assert";
import { gzipSync } from "node:zlib";
import { installed } from "../../scripts/package_fixture.ts";

/** Most bytes of what a page downloads: bundled and minified by esbuild, then gzip at level 9. */
const MOST_BYTES: readonly (readonly [what: string, from: string, bytes: number])[] = [
  ["{ retry }", "retry", 2_048],
  ["*", "retry", 2_304],
  ["*", "breaker", 1_536],
  ["*", "client", 10_240],
  ["*", "stores/indexeddb", 4_352],
];

Deno.test("each entry for pages is as small as promised", async (t) => {
  await using fixture = await installed();
  for (const [what, from, bytes] of MOST_BYTES) {
    await t.step(`export ${what} from ${from}: at most ${bytes} B`, async () => {
      await Deno.writeTextFile(`${fixture.folder}/entry.js`, `export ${what} from "@bellhop/bellhop/${from}";\n`);
      const flags = ["--bundle", "--minify", "--format=esm", "--platform=browser", "--target=es2022"];
      await fixture.run("esbuild", "entry.js", ...flags, "--outfile=out.js", "--log-level=warning");
      const size = gzipSync(await Deno.readFile(`${fixture.folder}/out.js`), { level: 9 }).length;
      assert(size <= bytes, `${size} B: \`esbuild --analyze\` tells where it goes`);
      // A bound far above the size guards nothing.
      assert(size > bytes * 0.75, `only ${size} B: lower the bound`);
    });
  }
});
