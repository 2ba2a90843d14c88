import { TOOLS } from "../../scripts/package_tools.ts";
import { assertPassesEnvelope } from "./_passes_test.ts";

for (const runtime of ["node", "bun"]) {
  Deno.test(`the adapter in TypeScript passes core.envelope on ${runtime}`, () =>
    assertPassesEnvelope("ts", `'${Deno.cwd()}/${TOOLS}/node_modules/.bin/${runtime}' adapter.ts`));
}
