import { assertEquals } from "@std/assert";
import { CHECKS } from "../../checks/mod.ts";
import { stdioSubject } from "../../drivers/stdio.ts";
import { runChecks } from "../../run.ts";

Deno.test("the second implementation passes what it declares: every profile", async () => {
  const { subject, results } = await runChecks({
    open: stdioSubject("python3 -B adapter.py", { cwd: new URL(".", import.meta.url).pathname }),
    checks: CHECKS,
    seed: Number(Deno.env.get("FC_SEED") ?? 1),
    runs: 10,
  });
  assertEquals([...subject.profiles], ["core", "registry", "http", "pull", "durable", "security"]);
  const faults = results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
  assertEquals(
    faults.map(({ check, verdict, failure }) => [check, verdict, failure?.requirement, failure?.message]),
    [],
  );
  assertEquals(results.filter(({ verdict }) => verdict === "pass").length > 900, true);
});
