import { assertEquals } from "@std/assert";
import type { Engine, PulledDelivery } from "../../ports/engine.ts";
import { deliveryStream } from "./_delivery_stream.ts";

const DELIVERY: PulledDelivery = {
  ticket: "t1",
  deliveryId: "d1",
  attempt: 1,
  leaseMs: 1_000,
  envelope: { specversion: "1.0", id: "1", source: "/shop", type: "order.placed" },
};

Deno.test("a delivery whose reader goes at whatever moment is either sent or put back", async () => {
  const seen = new Set<string>();
  for (let turns = 0; turns < 12; turns++) {
    const putBack: string[] = [];
    let asked = false;
    const engine: Pick<Engine, "pull" | "putBack"> = {
      pull() {
        if (asked) return Promise.resolve([]);
        asked = true;
        (async () => {
          for (let turn = 0; turn < turns; turn++) await undefined;
          await reader.cancel();
        })();
        return Promise.resolve([DELIVERY]);
      },
      putBack: (ticket) => Promise.resolve(void putBack.push(ticket)),
    };
    const events = deliveryStream({
      engine: engine as Engine,
      gateway: {
        after: () => () => {},
        limits: { heartbeatMs: 1_000 },
        nowMs: () => 0,
        signal: undefined,
        tickets: { hold: () => () => {} },
      } as never,
      lease: "lse_1",
      max: 1,
      renewEveryMs: 1_000,
      leave() {},
    });
    const reader = events.getReader();
    await reader.read();
    const { value } = await reader.read();
    for (let turn = 0; turn < 40; turn++) await undefined;
    const sent = value !== undefined && new TextDecoder().decode(value).startsWith("event: delivery");
    assertEquals(putBack, sent ? [] : ["t1"], `the reader went after ${turns} turns`);
    seen.add(sent ? "sent" : "put back");
  }
  assertEquals([...seen].sort(), ["put back", "sent"]);
});
