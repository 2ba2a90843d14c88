import { assertEquals } from "@std/assert";
import { CHECKS } from "./checks/mod.ts";
import { runChecks } from "./run.ts";
import { ALL, notPassed } from "./runtimes/reference_checks.ts";
import { bellhop } from "./subjects/bellhop.ts";

Deno.test("the reference passes every check that applies", async () => {
  const report = await runChecks({
    open: bellhop(),
    checks: CHECKS,
    seed: Number(Deno.env.get("FC_SEED") ?? 1),
    runs: Number(Deno.env.get("RUNS") ?? (Deno.env.has("BELLHOP_SHORT") ? 2 : 20)),
  });
  assertEquals(notPassed(report, ALL), []);
});

Deno.test("CHECKS has each id once", () => {
  assertEquals(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
});
