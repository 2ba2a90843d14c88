import { assert, assertEquals, assertThrows } from "@std/assert";
import { BellhopError } from "@bellhop/bellhop";
import { MODULE, renderInitFiles } from "../../scripts/init_files.ts";
import { assertPassesEnvelope, isThere } from "./_passes_test.ts";
import { ADAPTERS, initFiles, type Language } from "./init.ts";

/** Most lines of an adapter, and of a README. */
const ADAPTER_LINES = 200;
const README_LINES = 15;

Deno.test("the module of templates is what the folders hold", async () => {
  assertEquals(await Deno.readTextFile(MODULE), renderInitFiles(), "run scripts/init_files.ts");
});

for (const language of Object.keys(ADAPTERS) as Language[]) {
  Deno.test(`initFiles() gives a short adapter and a short README for ${language}`, () => {
    const files = initFiles(language);
    const lines = (path: string) => files[path].trimEnd().split("\n").length;
    const [adapter] = Object.keys(files).filter((path) => /(^|\/)(adapter|main)\.\w+$/.test(path));
    assert(lines(adapter) <= ADAPTER_LINES, `${adapter}: ${lines(adapter)}`);
    assert(lines("README.md") <= README_LINES);
    assert(files["README.md"].includes(`bellhop conform --stdio "${ADAPTERS[language]}" --next`));
  });
}

Deno.test("initFiles() refuses a language of which there is none", () => {
  for (const language of ["cobol", "", "constructor"]) {
    const error = assertThrows(() => initFiles(language as Language), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", "language"]);
  }
});

Deno.test("the adapter in TypeScript passes core.envelope on Deno, with no permission", () =>
  assertPassesEnvelope("ts", `'${Deno.execPath()}' run --no-config --no-prompt adapter.ts`));

const python = await isThere("python3");

Deno.test({
  name: `the adapter in Python passes core.envelope${python ? "" : " (skipped: no python3 on the path)"}`,
  ignore: !python,
  fn: () => assertPassesEnvelope("python", ADAPTERS.python),
});
