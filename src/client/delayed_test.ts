import { assertEquals, assertGreater, assertRejects } from "@std/assert";
import { BellhopError } from "../core/error.ts";
import { connect, gateway, serve, service } from "../presets/server/mod.ts";
import { clientOf, problem } from "./_client_of_test.ts";

Deno.test("delayed lists what is kept for later page by page, and cancels what publish gave", async () => {
  await using bus = gateway({ open: true });
  await using front = await serve(bus, { port: 0 });
  const mail = service({ name: "mail", version: "1.0.0" }).on("mail.wanted", () => {});
  await using side = await serve(mail, { port: 0 });
  await using client = await connect(mail, { gateway: front.url, endpoint: side.url });
  const beforeMs = Date.now();
  const later = await client.publish("mail.wanted", {}, { id: "a+b/ä", source: "/x?y=z&w", delayMs: 600_000 });
  const deliverat = new Date(beforeMs + 3_600_000).toISOString();
  for (const id of ["2", "3"]) await client.publish("mail.wanted", {}, { id, deliverat });

  const seen = new Map<string, number | undefined>();
  let after: string | null | undefined;
  while (after !== null) {
    const page = await client.delayed.list({ limit: 2, ...(after === undefined ? {} : { after }) });
    for (const { id, deliveries } of page.messages) {
      assertEquals([deliveries[0].receiver, deliveries[0].state], ["mail", "delayed"]);
      seen.set(id, deliveries[0].nextAttemptMs);
    }
    assertEquals(page.messages.length, after === undefined ? 2 : 1);
    after = page.after;
  }
  assertEquals([...seen.keys()].sort(), ["2", "3", "a+b/ä"]);
  assertEquals(seen.get("2"), beforeMs + 3_600_000);
  assertGreater(seen.get("a+b/ä")!, beforeMs + 599_999);

  const ended = await client.delayed.cancel(later);
  assertEquals(ended.deliveries.map(({ state, outcome }) => [state, outcome]), [["ended", "cancelled"]]);
  assertEquals((await later.receipt()).outcome, "cancelled");
  const { messages } = await client.delayed.list();
  assertEquals(messages.map(({ id }) => id).sort(), ["2", "3"]);
  for (const message of messages) await client.delayed.cancel(message);
  assertEquals((await client.delayed.list()).messages, []);
  assertEquals((await assertRejects(() => client.delayed.cancel(later), BellhopError)).code, "message-ended");
  const stranger = { source: later.source, id: "a b/ä" };
  assertEquals((await assertRejects(() => client.delayed.cancel(stranger), BellhopError)).code, "message-unknown");
});

Deno.test("delayed asks once and within its time", async () => {
  const { client, asked } = await clientOf(() => problem("queue-full"));
  await assertRejects(() => client.delayed.list({ after: "c&d" }), BellhopError);
  await assertRejects(() => client.delayed.cancel({ source: "/a&b", id: "c=d" }), BellhopError);
  assertEquals(asked.map(({ method, path }) => [method, path]), [
    ["GET", "messages?state=delayed&limit=100&after=c%26d"],
    ["DELETE", "messages?source=%2Fa%26b&id=c%3Dd"],
  ]);
  const silent = await clientOf(() => new Promise(() => {}));
  const waiting = assertRejects(() => silent.client.delayed.list({}, { timeoutMs: 500 }), BellhopError);
  await silent.clock.settle(500);
  assertEquals((await waiting).code, "timeout");
});
