import { assertEquals, assertGreaterOrEqual, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { BellhopError } from "../../core/error.ts";
import { connect, gateway, memory, type OpenStore, serve, service, sqlite } from "./mod.ts";

async function site(store: OpenStore, port = 0) {
  const bus = gateway({ open: true, store });
  const front = await serve(bus, { port });
  return {
    url: front.url,
    async [Symbol.asyncDispose]() {
      await bus.close({ deadlineMs: 1_000 });
      await front.close({ deadlineMs: 1_000 });
    },
  };
}

async function listening(onEvent: () => void) {
  const sink = service({ name: "sink", version: "1" }).on("later.sent", onEvent);
  const side = await serve(new Hono().route("/bellhop", sink), { port: 0 });
  return { sink, side };
}

const delayed = async (url: string) => (await (await fetch(`${url}/messages?state=delayed`)).json()).messages;

Deno.test("publish() with a delay is listed, can be cancelled, and comes no sooner", async () => {
  await using place = await site(memory());
  const came: number[] = [];
  const { sink, side } = await listening(() => void came.push(Date.now()));
  await using _side = side;
  await using client = await connect(sink, { gateway: place.url, endpoint: `${side.url}/bellhop` });

  const long = await client.publish("later.sent", {}, { delayMs: 60_000 });
  const [status] = await delayed(place.url);
  assertEquals([status.id, status.deliveries[0].state], [long.id, "delayed"]);
  const query = new URLSearchParams({ source: long.source, id: long.id });
  const cancelled = await (await fetch(`${place.url}/messages?${query}`, { method: "DELETE" })).json();
  assertEquals(cancelled.deliveries[0].outcome, "cancelled");
  assertEquals(await delayed(place.url), []);

  const atMs = Date.now();
  const short = await client.publish("later.sent", {}, { delayMs: 150 });
  assertEquals((await short.receipt()).outcome, "delivered");
  assertGreaterOrEqual(came[0] - atMs, 149); // two readings of one clock, each cut to its millisecond

  const tooFar = () => client.publish("later.sent", {}, { delayMs: 604_800_001 });
  assertEquals((await assertRejects(tooFar, BellhopError)).code, "argument-invalid");
  const answer = await fetch(`${place.url}/messages`, {
    method: "POST",
    headers: { "content-type": "application/cloudevents+json", "bellhop-delay-ms": "soon" },
    body: JSON.stringify({ specversion: "1.0", id: "1", source: "/a", type: "later.sent" }),
  });
  assertEquals([answer.status, (await answer.json()).field], [400, "bellhop-delay-ms"]);
});

Deno.test("a delayed CRITICAL keeps its time while the gateway is away", async () => {
  const path = await Deno.makeTempDir({ prefix: "bellhop-" });
  let port = 0;
  const came: number[] = [];
  const { sink, side } = await listening(() => void came.push(Date.now()));
  await using _side = side;
  const atMs = Date.now();
  {
    await using place = await site(sqlite(`${path}/bus.db`));
    port = Number(new URL(place.url).port);
    await using client = await connect(sink, { gateway: place.url, endpoint: `${side.url}/bellhop` });
    await client.publish("later.sent", {}, { priority: "CRITICAL", delayMs: 400 });
    assertEquals((await delayed(place.url)).length, 1);
  }
  await using place = await site(sqlite(`${path}/bus.db`), port);
  await using _client = await connect(sink, { gateway: place.url, endpoint: `${side.url}/bellhop` });
  const untilMs = Date.now() + 10_000;
  while (came.length === 0 && Date.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(came.length, 1);
  assertGreaterOrEqual(came[0] - atMs, 399);
  await Deno.remove(path, { recursive: true });
});
