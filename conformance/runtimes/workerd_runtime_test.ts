import { assertEquals } from "@std/assert";
import { ALL, DURABLE, notPassed } from "./reference_checks.ts";
import { bundled, workerd } from "../../testing/workers/workerd.ts";
import type { Report } from "../run.ts";

Deno.test("the suite and the reference run in an object of workerd, its store in memory and on the object's storage", async (t) => {
  await using worker = await workerd(await bundled("conformance/runtimes/_suite_worker.ts"), {
    objects: { SUITE: "Suite" },
  });
  const seed = Number(Deno.env.get("FC_SEED") ?? 1);
  const report = async (path: string): Promise<Report> =>
    await (await fetch(`${worker.url}${path}&seed=${seed}`)).json();
  await t.step("every check passes in memory", async () => {
    assertEquals(notPassed(await report("/memory?runs=10"), ALL), []);
  });
  await t.step("all that is about durability passes on durableObject()", async () => {
    assertEquals(notPassed(await report("/durable?runs=2"), DURABLE), []);
  });
});
