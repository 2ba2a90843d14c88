import { assertEquals } from "@std/assert";
import { CHECKS } from "../checks/mod.ts";
import { runChecks } from "../run.ts";
import { ECCENTRICS } from "./mod.ts";

Deno.test("ECCENTRICS are at least ten, each named once", () => {
  assertEquals(new Set(ECCENTRICS.map(({ id }) => id)).size, ECCENTRICS.length);
  assertEquals(ECCENTRICS.length >= 10, true);
});

// Vectors are questions of one kind: a few tell what an oddity does to them. Of all else each eccentric takes a third, not
// the same as its neighbour; all of it on fifty seeds is `deno task long eccentrics`.
const SHARE = 3;
const vectors = CHECKS.filter(({ kind }, at) => kind === "vector" && at % 20 === 0);
const others = CHECKS.filter(({ kind }) => kind !== "vector");

for (const [at, { id, why, open }] of ECCENTRICS.entries()) {
  const checks = [...vectors, ...others.filter((_, place) => place % SHARE === at % SHARE)];
  Deno.test(`the eccentric ${id} passes, for ${why}`, async () => {
    const { results } = await runChecks({ open, checks, seed: Number(Deno.env.get("FC_SEED") ?? 1), runs: 2 });
    const faults = results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
    assertEquals(
      faults.map(({ check, verdict, failure }) => [check, verdict, failure?.requirement, failure?.message]),
      [],
    );
    assertEquals(results.some(({ verdict }) => verdict === "pass"), true);
  });
}
