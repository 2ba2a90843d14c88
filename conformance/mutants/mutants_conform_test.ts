import { assertEquals } from "@std/assert";
import { endBuilds } from "./build.ts";
import { MUTANTS } from "./mutants.ts";
import { proveMutant } from "./prove.ts";

const SEEDS = [1];
const RUNS = 20;
/** Mutants that are tried at once. */
const LANES = 2;

// The bundler's process ends in its own time after it was told to.
const bundler = { sanitizeOps: false, sanitizeResources: false };

Deno.test("proveMutant() finds every mutant of the list by its check, for its requirement", bundler, async () => {
  const waiting = [...MUTANTS];
  const survivors: string[] = [];
  try {
    await Promise.all(Array.from({ length: LANES }, async () => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const { killed, detail } = await proveMutant(mutant, SEEDS, RUNS);
        if (!killed) survivors.push(`${mutant.id}: ${detail}`);
      }
    }));
  } finally {
    await endBuilds();
  }
  assertEquals(survivors, []);
});

Deno.test("MUTANTS names each mutant once", () => {
  const ids = MUTANTS.map(({ id }) => id);
  assertEquals(ids.filter((id, i) => ids.indexOf(id) !== i), []);
});
