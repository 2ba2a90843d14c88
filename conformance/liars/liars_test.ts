import { assertEquals, assertMatch } from "@std/assert";
import { CHECKS } from "../checks/mod.ts";
import { runChecks } from "../run.ts";
import { LIARS } from "./mod.ts";

// One check of each kind is enough: what a liar says does not depend on what is asked.
const checks = CHECKS.filter(({ kind }, index) => kind !== "vector" || index % 50 === 0);

for (const { id, open, cause } of LIARS) {
  Deno.test(`the liar ${id} fails, and reads why`, async () => {
    const told = { seed: 1, runs: 1, checks: id.startsWith("silence") ? checks.slice(0, 2) : checks };
    const outcome = await runChecks({ open, ...told, commandTimeoutMs: 100 }).catch((error: Error) => error);
    if (outcome instanceof Error) {
      assertMatch(outcome.message, cause);
      return;
    }
    assertEquals(outcome.results.filter(({ verdict }) => verdict === "pass").map(({ check }) => check), []);
    const failed = outcome.results.filter(({ verdict }) => verdict === "fail" || verdict === "not-testable");
    assertEquals(failed.length > 0, true);
    assertMatch(failed[0].failure!.message, cause);
  });
}
