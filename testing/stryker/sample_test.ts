import { assert, assertEquals } from "@std/assert";
import { strykerPlugins } from "./sample.ts";

const MUTANTS = Array.from({ length: 4_000 }, (_, at) => ({
  id: String(at),
  fileName: `/sandbox/src/core/${at % 7}.ts`,
  replacement: at % 2 ? "true" : "false",
  location: { start: { line: 1 + (at >> 3), column: 1 + at % 80 } },
}));

async function drawn(share: number, mutants = MUTANTS): Promise<readonly string[]> {
  Deno.env.set("SHARE", String(share));
  try {
    const verdicts = await strykerPlugins[0].factory().check(mutants);
    assertEquals(Object.keys(verdicts).length, mutants.length);
    return mutants.flatMap(({ id }) => verdicts[id].status === "passed" ? [id] : []);
  } finally {
    Deno.env.delete("SHARE");
  }
}

Deno.test("strykerPlugins draws about the share that SHARE says, the same in every run and every sandbox", async () => {
  assertEquals([(await drawn(0)).length, (await drawn(1)).length], [0, 4_000]);
  for (const share of [0.1, 0.25, 0.5]) {
    const ids = await drawn(share);
    // Five standard deviations at most.
    assert(
      Math.abs(ids.length - 4_000 * share) < 5 * Math.sqrt(4_000 * share * (1 - share)),
      `${share}: ${ids.length}`,
    );
    const elsewhere = MUTANTS.map((mutant) => ({ ...mutant, fileName: mutant.fileName.replace("/sandbox", "/other") }));
    assertEquals(await drawn(share, elsewhere), ids);
  }
  const quarter = new Set(await drawn(0.25));
  assertEquals((await drawn(0.1)).filter((id) => !quarter.has(id)), []);
});
