import { assertEquals } from "@std/assert";
import { bundled, workerd } from "../../../testing/workers/workerd.ts";

Deno.test("sqlRows() writes a message in the transaction of a Durable Object, in workerd", async () => {
  await using worker = await workerd(await bundled("testing/workers/outbox_worker.ts"), { objects: { SHOP: "Shop" } });
  assertEquals(await (await fetch(worker.url)).json(), {
    orders: [{ id: "placed" }],
    collected: 1,
    sent: ["placed"],
    waiting: 0,
  });
});
