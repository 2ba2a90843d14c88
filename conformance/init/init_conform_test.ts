import { assertEquals } from "@std/assert";
import { ADAPTERS } from "./init.ts";
import { assertPassesEnvelope, isThere } from "./_passes_test.ts";

// Both are compiled first, which takes seconds. A machine without the compiler has no such test: CI installs none yet.
for (const [language, compiler, version] of [["go", "go", "version"], ["rust", "cargo", "--version"]] as const) {
  if (!await isThere(compiler, version)) continue;
  Deno.test(`the adapter in ${language} passes core.envelope`, () =>
    assertPassesEnvelope(language, ADAPTERS[language]));
}

Deno.test("ADAPTERS names what runs each start", () => {
  assertEquals(Object.keys(ADAPTERS).sort(), ["go", "python", "rust", "ts"]);
});
