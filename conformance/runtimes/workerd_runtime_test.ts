import { assert, assertEquals } from "@std/assert";
import { ALL, DURABLE, notPassed } from "./reference_checks.ts";
import { bundled, workerd } from "../../testing/workers/workerd.ts";
import type { Report } from "../run.ts";

Deno.test("the suite and the reference run in an object of workerd, its store in memory and on the object's storage", async (t) => {
  await using worker = await workerd(await bundled("conformance/runtimes/_suite_worker.ts"), {
    objects: { SUITE: "Suite" },
  });
  const seed = Number(Deno.env.get("FC_SEED") ?? 1);
  const run = async (path: string): Promise<{ report: Report; stores?: number }> =>
    await (await fetch(`${worker.url}${path}&seed=${seed}`)).json();
  await t.step("every check passes in memory", async () => {
    const { report } = await run("/memory?runs=10");
    assertEquals(notPassed(report, ALL), []);
  });
  await t.step("all that is about durability passes on durableObject()", async () => {
    const { report, stores } = await run("/durable?runs=2");
    assertEquals(notPassed(report, DURABLE), []);
    assert(stores! > DURABLE.length / 2, `${stores} stores`);
  });
});
