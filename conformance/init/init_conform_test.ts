import { ADAPTERS } from "./init.ts";
import { assertPassesEnvelope, isThere } from "./_passes_test.ts";

// Both are compiled first, which takes seconds.
for (const [language, compiler, version] of [["go", "go", "version"], ["rust", "cargo", "--version"]] as const) {
  const there = await isThere(compiler, version);
  Deno.test({
    name: `the adapter in ${language} passes core.envelope${there ? "" : ` (skipped: no ${compiler} on the path)`}`,
    ignore: !there,
    fn: () => assertPassesEnvelope(language, ADAPTERS[language]),
  });
}
