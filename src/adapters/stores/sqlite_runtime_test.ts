import { assertMatch } from "@std/assert";
import { output } from "../../../scripts/package_fixture.ts";
import { TOOLS } from "../../../scripts/package_tools.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;

// `sqlite_node_test.ts` asks the Node that happens to be there; these are the ones that are promised.
for (const runtime of ["node", "bun"]) {
  Deno.test(`sqlite() keeps the store contract on the ${runtime} of the tools`, async () => {
    const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
    try {
      const bundle = `${directory}/bundle.mjs`;
      const entry = "testing/crash/sqlite_elsewhere.ts";
      await output(Deno.execPath(), ["bundle", "--quiet", "--platform", "deno", "--output", bundle, entry]);
      const said = await output(`${ROOT}${TOOLS}/node_modules/.bin/${runtime}`, [bundle, directory]);
      assertMatch(said, /^[1-9][0-9]* checks held\n$/);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
