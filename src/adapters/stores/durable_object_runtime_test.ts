import { assertEquals } from "@std/assert";
import { bundled, workerd } from "../../../testing/workers/workerd.ts";

Deno.test("durableObject() keeps the store contract in workerd", async () => {
  await using worker = await workerd(await bundled("testing/workers/store_worker.ts"), {
    objects: { CONTRACT: "Contract" },
  });
  const { held, broken } = await (await fetch(worker.url)).json();
  assertEquals(broken, []);
  assertEquals(held > 15, true);
});
