import { assertEquals } from "@std/assert";
import { CHECKS } from "./checks/mod.ts";
import { runChecks } from "./run.ts";
import { bellhop } from "./subjects/bellhop.ts";

Deno.test("the reference passes every check that applies", async () => {
  const { results } = await runChecks({
    open: bellhop(),
    checks: CHECKS,
    seed: Number(Deno.env.get("FC_SEED") ?? 1),
    runs: Number(Deno.env.get("RUNS") ?? (Deno.env.has("BELLHOP_SHORT") ? 2 : 20)),
  });
  const faults = results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
  assertEquals(
    faults.map(({ check, verdict, failure }) => [check, verdict, failure?.requirement, failure?.message]),
    [],
  );
});

Deno.test("CHECKS has each id once", () => {
  assertEquals(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
});
