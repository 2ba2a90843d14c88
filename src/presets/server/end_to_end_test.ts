import { assertEquals, assertGreaterOrEqual, assertObjectMatch, assertRejects } from "@std/assert";
import { Hono } from "hono";
import * as v from "npm:valibot@1.5.0";
import {
  BellhopError,
  connect,
  defineEvent,
  gateway,
  type GatewayOptions,
  Nak,
  serve,
  service,
  sqlite,
  Term,
} from "./mod.ts";

const created = defineEvent("document.created", v.object({ id: v.string() }));

/** One gateway, on a free port of this machine. */
async function startBus(options: Partial<GatewayOptions> = {}) {
  const bus = gateway({ open: true, ...options });
  const server = await serve(new Hono().route("/bus", bus), { port: 0 });
  const url = `${server.url}/bus`;
  return {
    url,
    get: async (path: string) => await (await fetch(`${url}/${path}`)).json(),
    async [Symbol.asyncDispose]() {
      await bus.close({ deadlineMs: 1_000 });
      await server.close({ deadlineMs: 1_000 });
    },
  };
}

async function everything(options: Partial<GatewayOptions>): Promise<void> {
  await using bus = await startBus(options);
  const handled: string[] = [];
  let busy = 2;
  const documents = service({ name: "documents", version: "1.2.0" })
    .on(created, (event, ctx) => {
      handled.push(`documents ${event.data.id} ${ctx.attempt}`);
      if (event.data.id === "busy" && busy-- > 0) return new Nak();
      if (event.data.id === "bad") return new Term("no");
    });
  const users = service({ name: "users", version: "1.0.0" })
    .on("document.*", (event) => void handled.push(`users ${(event.data as { id: string }).id}`));
  const app = new Hono()
    .route("/bellhop", documents)
    .route("/users/bellhop", users)
    .get(
      "/users/:id",
      (c) => c.json({ id: c.req.param("id"), deadlineMs: Number(c.req.header("bellhop-deadline-ms")) }),
    );
  await using server = await serve(app, { port: 0 });

  {
    await using one = await connect(documents, { gateway: bus.url, endpoint: `${server.url}/bellhop` });
    await using other = await connect(users, { gateway: bus.url, endpoint: `${server.url}/users/bellhop` });
    assertEquals(one.source, "/services/documents");
    assertEquals((await bus.get("services")).services.map((each: { name: string }) => each.name).sort(), [
      "documents",
      "users",
    ]);

    const durable = options.store !== undefined;
    if (!durable) {
      const refused = await assertRejects(
        () => other.publish(created, { id: "1" }, { priority: "CRITICAL" }),
        BellhopError,
      );
      assertEquals(refused.code, "store-required");
    }
    const sent = await other.publish(created, { id: "42" }, { priority: durable ? "CRITICAL" : "HIGH" });
    assertEquals(sent.durability, durable ? "flushed" : "memory");
    assertEquals([...sent.receivers].sort(), ["documents", "users"]);
    const receipt = await sent.receipt({ timeoutMs: 5_000 });
    assertEquals([receipt.outcome, receipt.attempts, receipt.deliveries.length], ["delivered", 1, 2]);
    assertEquals(handled.sort(), ["documents 42 1", "users 42"]);

    const naked = await one.publish(created, { id: "busy" }, { target: "documents", priority: "HIGH" });
    assertObjectMatch(await naked.receipt({ timeoutMs: 5_000 }), { outcome: "delivered", attempts: 3 });

    const bad = await one.publish(created, { id: "bad" }, { target: "documents", waitMs: 5_000 });
    const failed = await bad.receipt();
    assertEquals([failed.outcome, failed.attempts], ["rejected", 1]);
    assertEquals((await bus.get("dead-letters")).deadLetters.length, 1);

    const nobody = await one.publish("nobody.cares", undefined, { waitMs: 1_000 });
    assertEquals((await nobody.receipt()).outcome, "no-subscriber");

    await assertRejects(() => one.publish(created, { id: 7 as unknown as string }), BellhopError, "data.id");
    const stranger = await assertRejects(() => one.publish("a.b", 1, { target: "strangers" }), BellhopError);
    assertEquals(stranger.code, "target-unknown");

    for (const direct of [true, false]) {
      const user = await one.call("users", "GET /users/7", { deadlineMs: 2_000, direct });
      const told = await user.json();
      assertEquals([user.status, told.id], [200, "7"]);
      assertGreaterOrEqual(2_000, told.deadlineMs);
    }
    const unknown = await assertRejects(() => one.call("strangers", "GET /"), BellhopError);
    assertEquals(unknown.code, "service-unknown");
  }
  const services: { name: string; instances: unknown[] }[] = (await bus.get("services")).services;
  assertEquals(services.map(({ instances }) => instances.length), [0, 0]);
}

Deno.test("server: services, gateway and clients work together over HTTP, in memory", async () => {
  await everything({});
});

Deno.test("server: services, gateway and clients work together over HTTP, on SQLite", async () => {
  await using folder = await temporaryFolder();
  await everything({ store: sqlite(`${folder.path}/bus.db`) });
});

Deno.test("server: a CRITICAL outlives its gateway, and the next one delivers it to a discovered service", async () => {
  await using folder = await temporaryFolder();
  const tried = Promise.withResolvers<void>();
  const delivered = Promise.withResolvers<string>();
  let working = false;
  const users = service({ name: "users", version: "1.0.0" }).on(created, (event) => {
    tried.resolve();
    if (!working) return new Nak();
    delivered.resolve(event.data.id);
  });
  await using server = await serve(new Hono().route("/bellhop", users), { port: 0 });
  const services = [`${server.url}/bellhop`];
  const store = sqlite(`${folder.path}/bus.db`);
  {
    await using bus = await startBus({ store });
    const discovery = await fetch(`${bus.url}/discover`, {
      method: "POST",
      body: JSON.stringify({ url: services[0] }),
    });
    assertEquals((await discovery.json()).name, "users");
    await using client = await connect({ gateway: bus.url });
    const sent = await client.publish(created, { id: "1" }, { priority: "CRITICAL" });
    assertEquals(sent.durability, "flushed");
    await tried.promise;
  }
  working = true;
  await using _bus = await startBus({ store, services });
  assertEquals(await delivered.promise, "1");
});

Deno.test("gateway() tells each request why its store did not open", async () => {
  const locked = () => Promise.reject(new BellhopError("store-locked", "bus.db is open elsewhere"));
  await using bus = await startBus({ store: locked });
  const error = await assertRejects(() =>
    connect({ gateway: bus.url }).then((client) => client.publish("a.b", 1, { timeoutMs: 50 }))
  );
  assertEquals((error as BellhopError).code, "store-locked");
  await assertRejects(() => gateway({ open: true, store: locked }).ready, BellhopError, "elsewhere");
});

Deno.test("serve() listens where it is told, and says so if that is not here", async () => {
  await using server = await serve({ fetch: () => new Response("here") }, { port: 0, hostname: "0.0.0.0" });
  assertEquals(await (await fetch(server.url.replace("0.0.0.0", "127.0.0.1"))).text(), "here");
  const error = await assertRejects(
    () => serve({ fetch: () => new Response() }, { port: 0, hostname: "203.0.113.1" }),
    BellhopError,
  );
  assertEquals(error.code, "argument-invalid");
});

Deno.test("serve() refuses a port that is none or is taken", async () => {
  const app = { fetch: () => new Response() };
  await using server = await serve(app, { port: 0 });
  for (const port of [-1, 1.5, 65_536, Number(new URL(server.url).port)]) {
    const error = await assertRejects(() => serve(app, { port }), BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", "port"]);
  }
});

Deno.test("serve() cuts what does not end in time", async () => {
  const server = await serve({ fetch: () => new Promise<Response>(() => {}) }, { port: 0 });
  const request = fetch(server.url).then((response) => response.text());
  const cut = assertRejects(() => request);
  await server.close({ deadlineMs: 20 });
  await cut;
});

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("server: GET /messages with Prefer: wait is answered when the message has ended, not before", async () => {
  await using bus = await startBus();
  const { promise: work, resolve: done } = Promise.withResolvers<void>();
  const slow = service({ name: "slow", version: "1.0.0" }).on("document.created", () => work);
  await using side = await serve(new Hono().route("/bellhop", slow), { port: 0 });
  await using client = await connect(slow, { gateway: bus.url, endpoint: `${side.url}/bellhop` });
  const { source, id } = await client.publish("document.created", { id: "1" });
  const url = `${bus.url}/messages?source=${encodeURIComponent(source)}&id=${encodeURIComponent(id)}`;
  const early = await fetch(url, { headers: { prefer: "wait=0" } });
  assertEquals((await early.json()).deliveries[0].state, "in-flight");
  const late = fetch(url, { headers: { prefer: "wait=30" } });
  done();
  const answer = await late;
  assertEquals(answer.headers.get("preference-applied"), "wait=30");
  assertEquals((await answer.json()).deliveries[0].outcome, "delivered");
});

Deno.test("serve() cuts at its deadline what has not ended, and the process lives on", async () => {
  const { promise: never } = Promise.withResolvers<Response>();
  const reached = Promise.withResolvers<void>();
  const server = await serve({
    fetch: () => {
      reached.resolve();
      return never;
    },
  }, { port: 0 });
  const answer = fetch(server.url).then(() => "answered", () => "cut");
  await reached.promise;
  await server.close({ deadlineMs: 20 });
  assertEquals(await answer, "cut");
});

Deno.test("serve() answers what is under way before it closes", async () => {
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const server = await serve({
    fetch: async () => {
      reached.resolve();
      await go.promise;
      return new Response("done");
    },
  }, { port: 0 });
  const answer = fetch(server.url).then((response) => response.text());
  await reached.promise;
  const closed = server.close({ deadlineMs: 10_000 });
  go.resolve();
  assertEquals(await answer, "done");
  await closed;
});
