import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { cors } from "hono/cors";
import { logger } from "hono/logger";
import * as v from "npm:valibot@1.5.0";
import { BellhopError, connect, defineEvent, gateway, serve, service } from "./mod.ts";

const TOKEN = "canary-token";
const created = defineEvent("document.created", v.object({ id: v.string() }));
const indexed = defineEvent("document.indexed", v.object({ id: v.string() }));

/** Resolves with what is pushed, once there is so much. */
function collecting<T>(most: number): { readonly push: (item: T) => void; readonly all: Promise<T[]> } {
  const items: T[] = [];
  const { promise, resolve } = Promise.withResolvers<T[]>();
  return { push: (item) => items.push(item) === most && resolve(items), all: promise };
}

/** An app of somebody's, with a gateway behind its auth at a path of its own, and services beside it. */
async function existingApp(services: Record<string, Hono>, lines: string[] = []) {
  const bus = gateway({ open: true });
  const app = new Hono()
    .use(logger((line) => lines.push(line)))
    .use("/api/*", cors({ origin: (origin) => origin }))
    .use("/api/*", bearerAuth({ token: TOKEN }))
    .get("/api/me", (c) => c.json({ me: 7 }))
    .route("/api/v1/bus", bus);
  for (const [path, routes] of Object.entries(services)) app.route(path, routes);
  const server = await serve(app, { port: 0 });
  return {
    url: server.url,
    gateway: `${server.url}/api/v1/bus`,
    async [Symbol.asyncDispose]() {
      await bus.close({ deadlineMs: 1_000 });
      await server.close({ deadlineMs: 1_000 });
    },
  };
}

Deno.test("a gateway and services live in an app with auth, logger and CORS, and handlers publish through it", async () => {
  const lines: string[] = [];
  const log = collecting<unknown>(1);
  const seen = collecting<unknown>(1);
  const search = service({ name: "search", version: "1", log: log.push })
    .on(created, async (event, ctx) => {
      await ctx.publish(indexed, { id: event.data.id });
      const health = await ctx.call("audit", "GET /audit/health", { direct: false });
      ctx.log.info("indexed", { id: event.data.id, audit: health.status });
    });
  const audit = service({ name: "audit", version: "1" })
    .on("document.indexed", ({ source, correlationid, causationid, traceparent, data }) => {
      seen.push({ source, correlationid, causationid, traceparent, data });
    });
  await using app = await existingApp({ "/search": search, "/audit": audit }, lines);

  const without = await assertRejects(() => connect(search, { gateway: app.gateway, endpoint: app.url }), BellhopError);
  assertMatch(without.message, /answered 401/);

  await using _audit = await connect(audit, { gateway: app.gateway, token: TOKEN, endpoint: `${app.url}/audit` });
  await using client = await connect(search, { gateway: app.gateway, token: TOKEN, endpoint: `${app.url}/search` });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const sent = await client.publish(created, { id: "42" }, { traceparent });
  assertEquals((await sent.receipt()).outcome, "delivered");
  assertEquals(await seen.all, [{
    source: "/services/search",
    correlationid: sent.id,
    causationid: sent.id,
    traceparent,
    data: { id: "42" },
  }]);
  const [record] = await log.all as [{ event: string; trace: string; fields: unknown }];
  assertEquals([record.event, record.fields], [sent.id, { id: "42", audit: 200 }]);
  assertMatch(record.trace, /^0af7/);

  // Open mode serves pages of its own origin alone, whatever CORS allows.
  const page = { authorization: `Bearer ${TOKEN}`, origin: app.url };
  const services = await fetch(`${app.gateway}/services`, { headers: page });
  assertEquals([services.status, services.headers.get("access-control-allow-origin")], [200, app.url]);
  assertEquals((await services.json()).services.length, 2);
  assertEquals(await (await fetch(`${app.url}/api/me`, { headers: page })).json(), { me: 7 });
  assertEquals(lines.some((line) => line.includes("POST /search") && line.includes("204")), true);
  assertEquals(lines.join("\n").includes(TOKEN), false);
});

Deno.test("a service that is only discovered publishes by gateway and token, and close() waits for what it left", async () => {
  const seen = collecting<unknown>(2);
  const work = Promise.withResolvers<void>();
  const behind = new Hono();
  await using app = await existingApp({ "/": behind });
  const audit = service({ name: "audit", version: "1" })
    .on("document.indexed", ({ source, data }) => seen.push({ source, data }));
  const search = service({ name: "search", version: "1", gateway: app.gateway, token: TOKEN })
    .on(created, async (event, { publish, waitUntil }) => {
      await publish(indexed, { id: event.data.id });
      waitUntil(work.promise.then(() => publish(indexed, { id: "later" })));
    });
  const other = new Hono().route("/search", search).route("/audit", audit);
  await using server = await serve(other, { port: 0 });
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  for (const path of ["search", "audit"]) {
    const body = JSON.stringify({ url: `${server.url}/${path}` });
    const answer = await fetch(`${app.gateway}/discover`, { method: "POST", headers, body });
    assertEquals([answer.status, (await answer.json()).name], [200, path]);
  }
  await using client = await connect({ gateway: app.gateway, token: TOKEN });
  await (await client.publish(created, { id: "1" })).receipt();
  assertEquals(search.runtime.underWay, 1);
  const closed = search.close();
  work.resolve();
  await closed;
  assertEquals(search.runtime.underWay, 0);
  assertEquals(await seen.all, ["1", "later"].map((id) => ({ source: "/services/search", data: { id } })));
  const gone = await assertRejects(
    () => search.runtime.reach({}).then((outlet) => outlet.publish("a.b")),
    BellhopError,
  );
  assertEquals(gone.code, "closing");
});

Deno.test("close() of a service waits no longer than it is told", async () => {
  const search = service({ name: "search", version: "1", open: true }).on(
    "a.b",
    (_event, ctx) => ctx.waitUntil(new Promise(() => {})),
  );
  const body = '{"specversion":"1.0","id":"1","source":"/a","type":"a.b"}';
  const headers = { "content-type": "application/cloudevents+json" };
  assertEquals((await search.request("/", { method: "POST", headers, body })).status, 204);
  await search.close({ deadlineMs: 1 });
  assertEquals(search.runtime.underWay, 1);
});
