import { assertEquals } from "@std/assert";
import type { OpenStore } from "@bellhop/bellhop/ports";
import { sqlite } from "@bellhop/bellhop/stores/sqlite";
import { CHECKS } from "./checks/mod.ts";
import { runChecks } from "./run.ts";
import { bellhop } from "./subjects/bellhop.ts";

/** The stores of this runtime that outlive a process, each as openers of empty ones in a folder. */
const STORES: Readonly<Record<string, (folder: string) => () => OpenStore>> = {
  sqlite: (folder) => {
    let count = 0;
    return () => sqlite(`${folder}/${++count}.db`);
  },
};

for (const [name, disk] of Object.entries(STORES)) {
  Deno.test(`the reference passes on ${name}() all that is about durability`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
    const checks = CHECKS.filter(({ needs }) => needs.includes("durable"));
    const { results } = await runChecks({ open: bellhop({ disk: disk(folder) }), checks, seed: 1, runs: 2 });
    assertEquals(results.length > 30, true);
    assertEquals(results.filter(({ verdict }) => verdict !== "pass").map(({ check, failure }) => [check, failure]), []);
    await Deno.remove(folder, { recursive: true });
  });
}
