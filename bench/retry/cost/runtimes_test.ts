import { assertEquals, assertStringIncludes } from "@std/assert";
import { missingTexts } from "../../report/missing_text.ts";
import { type RuntimeName, RUNTIMES, runtimesFound } from "./runtimes.ts";

Deno.test("runtimesFound() keeps what is there, and says of the others what installs them", async () => {
  const find = (name: RuntimeName) =>
    Promise.resolve(name === "bun" ? undefined : { name, path: `/${name}`, version: "1.2.3" });
  const { found, missing } = await runtimesFound(RUNTIMES, find);
  assertEquals(found.map(({ name }) => name), ["deno", "node"]);
  assertEquals(missing.map(({ what }) => what), ["bun"]);
  assertStringIncludes(
    missingTexts({ missing }).join(),
    "bun was not measured: not there; `deno run -A scripts/package",
  );
});
