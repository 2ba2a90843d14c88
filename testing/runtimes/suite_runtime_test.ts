import { assertStringIncludes } from "@std/assert";
import { installed } from "../../scripts/package_fixture.ts";
import { ALL, DURABLE } from "../../conformance/runtimes/reference_checks.ts";

// What the package runs of itself where it was installed. Deno runs the same from the sources, in the part conformance.

for (const runtime of ["node", "bun"]) {
  Deno.test(`the packed suite passes the packed engine on ${runtime}, its store in memory and on the disk`, async (t) => {
    await using fixture = await installed();
    const conform = (...args: string[]) =>
      fixture.run(
        runtime,
        "node_modules/@bellhop/bellhop/src/cli/main.js",
        ...["conform", "--subject", "bellhop", "--seed", "1", ...args],
      );
    await t.step("all checks, in memory", async () => {
      assertStringIncludes(await conform("--quick"), `\npassed: ${ALL.length} passed, 0 failed`);
    });
    await t.step("all that is about durability, on sqlite()", async () => {
      const told = await conform("--store", "sqlite", "--profile", "durable", "--runs", "2");
      assertStringIncludes(told, `\npassed: ${DURABLE.length} passed, 0 failed`);
    });
  });
}
