import { assertEquals, assertMatch } from "@std/assert";
import { createReceiver, service, type ServiceDefinition } from "@bellhop/bellhop/service";
import { placed as arktypePlaced, shop as arktypeShop } from "./arktype.ts";
import { placed as valibotPlaced, shop as valibotShop } from "./valibot.ts";
import { placed as zodPlaced, shop as zodShop } from "./zod.ts";

const delivery = { signal: new AbortController().signal, attempt: 1, deliveryId: "dlv_1", deadlineMs: Infinity };

function envelope(id: string, data: unknown) {
  return { specversion: "1.0" as const, id, source: "/shop", type: "order.placed", data };
}

for (
  const [library, placed, shop] of [
    ["arktype", arktypePlaced, arktypeShop],
    ["valibot", valibotPlaced, valibotShop],
    ["zod", zodPlaced, zodShop],
  ] as const
) {
  Deno.test(`a handler with a schema of ${library} gets what the schema gives, and its wrong data is a term`, async () => {
    const handled: unknown[] = [];
    const orders = service({ name: "orders", version: "1.0.0" })
      .on(placed as typeof zodPlaced, (event) => void handled.push(event.data));
    const receiver = createReceiver(orders);
    const ruling = await receiver.receive(envelope("1", { id: "1", amount: "9" }), delivery);
    assertEquals([ruling.verdict, handled], ["ack", [{ id: "1", amount: 9, note: "" }]]);
    for (
      const [wrong, field] of [[{ id: "1", amount: 9 }, /^data\.amount$/], [undefined, /^data/], ["text", /^data/]]
    ) {
      const refused = await receiver.receive(envelope(String(field) + typeof wrong, wrong), delivery);
      if (refused.verdict !== "term") throw new Error(`wanted a term, got ${refused.verdict}`);
      assertEquals(refused.error?.code, "data-invalid");
      assertMatch(refused.error?.faults?.[0].field ?? "", field as RegExp);
    }
    assertEquals(handled.length, 1);
  });

  Deno.test(`a handler publishes through its outlet what a schema of ${library} takes`, async () => {
    const definition: ServiceDefinition = shop;
    const published: unknown[][] = [];
    definition.runtime.outlet = {
      publish: (...args: unknown[]) => Promise.resolve(void published.push(args)),
    } as unknown as NonNullable<typeof definition.runtime.outlet>;
    // The fixture reads a member of what was taken: nothing is there, so that it naks after the last publish.
    await createReceiver(definition).receive(envelope("7", { id: "7", amount: "9" }), delivery);
    assertEquals(published.map(([event]) => event), Array(6).fill(placed));
    assertEquals(published[0].slice(1), [{ id: "1", amount: "9" }, {
      causationid: "7",
      correlationid: "7",
      priority: "HIGH",
    }]);
  });
}
