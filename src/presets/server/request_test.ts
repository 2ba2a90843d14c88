import { assertEquals, assertRejects } from "@std/assert";
import { Hono } from "hono";
import * as v from "npm:valibot@1.5.0";
import { BellhopError } from "../../core/error.ts";
import { connect, defineEvent, gateway, memory, serve, service, Term } from "./mod.ts";

const wanted = defineEvent("sum.wanted", v.object({ of: v.array(v.number()) }));
const summed = defineEvent("sum.wanted.reply", v.object({ sum: v.number() }));

async function site() {
  await using stack = new AsyncDisposableStack();
  const bus = stack.use(gateway({ open: true, store: memory() }));
  const front = stack.use(await serve(bus, { port: 0 }));
  const said: unknown[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const sums = service({ name: "sums", version: "1" })
    .on(wanted, async ({ data }, ctx) => {
      if (data.of.length === 0) return new Term("nothing to sum");
      if (data.of[0] === 0) await held;
      said.push(await ctx.reply({ sum: data.of.reduce((one, other) => one + other) }));
    });
  const asker = service({ name: "asker", version: "1" });
  let owner = stack;
  const connected = async (definition: ReturnType<typeof service>) => {
    const side = owner.use(await serve(new Hono().route("/bellhop", definition), { port: 0 }));
    return owner.use(await connect(definition, { gateway: front.url, endpoint: `${side.url}/bellhop` }));
  };
  await connected(sums);
  const client = await connected(asker);
  const deadLetters = async () => (await (await fetch(`${front.url}/dead-letters`)).json()).deadLetters;
  const all = owner = stack.move();
  return {
    url: front.url,
    client,
    connected,
    said,
    release,
    deadLetters,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const code = async (act: () => Promise<unknown>) => (await assertRejects(act, BellhopError)).code;

Deno.test("request() gives the reply of the handler that took it, tied to the request", async () => {
  await using place = await site();
  const reply = await place.client.request(wanted, { of: [1, 2, 39] }, {
    id: "ask-1",
    correlationid: "talk",
    priority: "HIGH",
    reply: summed,
  });
  const sum: number = reply.data.sum;
  assertEquals(sum, 42);
  assertEquals([reply.type, reply.causationid, reply.correlationid], ["sum.wanted.reply", "ask-1", "talk"]);
  assertEquals([reply.priority, reply.target], ["HIGH", `asker@${place.client.instance}`]);
  const many = Array.from(
    { length: 20 },
    (_, at) => place.client.request(wanted, { of: [at + 1, 1] }, { reply: summed }),
  );
  assertEquals((await Promise.all(many)).map(({ data }) => data.sum), many.map((_, at) => at + 2));
});

Deno.test("request() refuses an id that waits already, and leaves the one that waits its reply", async () => {
  await using place = await site();
  const { client, release } = place;
  const first = client.request(wanted, { of: [0, 7] }, { id: "twice", reply: summed });
  const second = await assertRejects(() => client.request(wanted, { of: [0, 7] }, { id: "twice" }), BellhopError);
  assertEquals([second.code, second.field], ["argument-invalid", "id"]);
  release();
  assertEquals((await first).data, { sum: 7 });
});

Deno.test("request() waits for the reply of one service though another refuses the request for good", async () => {
  await using place = await site();
  const { connected } = place;
  let asked = 0;
  await connected(
    service({ name: "late", version: "1" }).on("time.wanted", (_, ctx) => {
      const later = new Promise((resolve) => setTimeout(resolve, 250)).then(() => ctx.reply({ ms: 7 }));
      ctx.waitUntil(later);
    }),
  );
  await connected(service({ name: "none", version: "1" }).on("time.wanted", () => new Term(`no ${++asked}`)));
  assertEquals((await place.client.request("time.wanted", {})).data, { ms: 7 });
  assertEquals(asked, 1);
});

Deno.test("request() ends when it is refused for good, when nobody takes it, and when time is up", async () => {
  await using place = await site();
  const { client } = place;
  const rejected = await assertRejects(() => client.request(wanted, { of: [] }), BellhopError);
  assertEquals([rejected.code, rejected.message], [
    "attempts-exhausted",
    "the request ended as rejected: term",
  ]);
  assertEquals(await code(() => client.request("nobody.cares", {})), "target-unknown");
  assertEquals(await code(() => client.request(wanted, { of: [0] }, { timeoutMs: 100 })), "timeout");
  // Its reply comes when nobody waits any more: that is no dead letter.
  place.release();
  const untilMs = Date.now() + 10_000;
  while (place.said.length === 0 && Date.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 5));
  const late = place.said[0] as { receipt(): Promise<{ outcome: string }> };
  assertEquals((await late.receipt()).outcome, "delivered");
  assertEquals((await place.deadLetters()).map(({ receiver }: { receiver: string }) => receiver), ["sums"]);
});

Deno.test("request() needs a service that the reply can reach, and reply() an event that asks for one", async () => {
  await using place = await site();
  await using alone = await connect({ gateway: place.url });
  assertEquals(await code(() => alone.request(wanted, { of: [1] })), "not-connected");
  const sent = await alone.publish(wanted, { of: [1] });
  assertEquals((await sent.receipt()).outcome, "delivered");
  assertEquals(place.said, [undefined]);
});

Deno.test("request() takes a type to which the reply's fits, and refuses one that is longer before it is sent", async () => {
  await using place = await site();
  const seen: number[] = [];
  const echo = service({ name: "echo", version: "1" }).on("long.>", async ({ type }, ctx) => {
    seen.push(type.length);
    await ctx.reply(type.length);
  });
  await place.connected(echo);
  const typeOf = (length: number) => "long.".padEnd(length, "x");
  assertEquals((await place.client.request(typeOf(250))).data, 250);
  for (const event of [typeOf(251), defineEvent(typeOf(251), v.unknown())]) {
    const asking = typeof event === "string" ? place.client.request(event) : place.client.request(event, {});
    const error = await assertRejects(() => asking, BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", "type"]);
  }
  assertEquals(seen, [250]);
});
