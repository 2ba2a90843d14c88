import { assertEquals } from "@std/assert";
import { AREAS, tally } from "./stryker.ts";

const report = (...statuses: string[]) => ({
  files: {
    "a.ts": {
      mutants: statuses.map((status) => ({
        mutatorName: "BooleanLiteral",
        replacement: "true",
        location: { start: { line: 1, column: 1 } },
        status,
      })),
    },
  },
});

Deno.test("tally() counts a mutant that never ends as killed, one that no test reaches as alive, and no others", () => {
  assertEquals(
    tally(report("Killed", "Timeout", "Survived", "NoCoverage", "Ignored", "CompileError", "Pending", "RuntimeError")),
    {
      mutants: 4,
      killed: 1,
      timeouts: 1,
      survived: 1,
      uncovered: 1,
      leftOut: 3,
      score: 50,
    },
  );
  assertEquals(tally(report("Killed", "Killed", "Survived")).score, 66.67);
  assertEquals(tally(report()).score, 0);
});

Deno.test("AREAS has every folder of src/core", () => {
  const folders = [...Deno.readDirSync("src/core")].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  assertEquals(AREAS.map(({ name }) => name).sort(), [...folders, "files"].sort());
});
