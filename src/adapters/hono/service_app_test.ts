import { assert, assertEquals, assertObjectMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { except } from "hono/combine";
import { cors } from "hono/cors";
import { logger } from "hono/logger";
import { type LogRecord, service, type ServiceDefinition } from "../../service/mod.ts";
import { manualClock } from "../../testing/manual_clock.ts";
import { consoleLog, serviceRoutes } from "./service.ts";

const EVENT = { specversion: "1.0", id: "1", source: "/a", type: "user.created", data: { name: "Zoë" } };
const STRUCTURED = { "content-type": "application/cloudevents+json" };

function users(): { readonly definition: ServiceDefinition; readonly handled: unknown[] } {
  const handled: unknown[] = [];
  const definition = service({ name: "users", version: "1" }).on("user.*", (event) => void handled.push(event.data));
  return { definition, handled };
}

/** A delivery with a stated length, as servers hand it on, or without. */
function delivery(headers: Record<string, string> = {}, stated = true): RequestInit {
  const body = new TextEncoder().encode(JSON.stringify(EVENT));
  const length: Record<string, string> = stated ? { "content-length": String(body.length) } : {};
  return { method: "POST", headers: { ...STRUCTURED, ...length, ...headers }, body };
}

Deno.test("serviceRoutes() works in an app with auth, logger and CORS, under any path", async () => {
  const segment = fc.stringMatching(/^[a-z0-9-]{1,6}$/);
  await fc.assert(fc.asyncProperty(fc.array(segment, { maxLength: 4 }), async (segments) => {
    const path = `/${segments.join("/")}`;
    const lines: string[] = [];
    const { definition, handled } = users();
    const app = new Hono()
      .use(logger((line) => lines.push(line)))
      .use(cors({ origin: "https://app.example" }))
      .use(bearerAuth({ token: "t0ken" }))
      .route(path, serviceRoutes(definition, { clock: manualClock() }));
    const refused = await app.request(path, delivery());
    assertEquals([refused.status, handled.length], [401, 0]);
    const taken = await app.request(path, delivery({ authorization: "Bearer t0ken", origin: "https://app.example" }));
    assertEquals([taken.status, handled], [204, [{ name: "Zoë" }]]);
    assertEquals(taken.headers.get("access-control-allow-origin"), "https://app.example");
    const manifest = await app.request(path, { headers: { authorization: "Bearer t0ken" } });
    assertEquals((await manifest.json()).subscriptions, ["user.*"]);
    const health = await app.request(path === "/" ? "/health" : `${path}/health`, {
      headers: { authorization: "Bearer t0ken" },
    });
    assertEquals(health.status, 200);
    const wrong = await app.request(path, { method: "PUT", headers: { authorization: "Bearer t0ken" } });
    assertEquals((await wrong.json()).code, "method-unsupported");
    assertEquals(lines.filter((line) => line.startsWith("<--")).length, 5);
  }));
});

Deno.test("serviceRoutes() consents to the handshake unless hono/cors stands before it", async () => {
  const routes = () => serviceRoutes(users().definition, { clock: manualClock() });
  const asked = { method: "OPTIONS", headers: { "webhook-request-origin": "bus" } };
  const consentOf = async (app: Hono) => (await app.request("/bellhop", asked)).headers.get("webhook-allowed-origin");
  assertEquals(await consentOf(new Hono().route("/bellhop", routes()).use(cors())), "*");
  assertEquals(await consentOf(new Hono().use(except("/bellhop", cors())).route("/bellhop", routes())), "*");
  // It answers every OPTIONS by itself: nothing behind it is asked.
  assertEquals(await consentOf(new Hono().use(cors()).route("/bellhop", routes())), null);
});

/** How a middleware may read the body. */
const CACHED: Record<string, (c: Context) => Promise<unknown>> = {
  "c.req.json()": (c) => c.req.json(),
  "c.req.text()": (c) => c.req.text(),
  "c.req.arrayBuffer()": (c) => c.req.arrayBuffer(),
  "c.req.blob()": (c) => c.req.blob(),
  "c.req.json() twice": async (c) => [await c.req.json(), await c.req.json()],
  "c.req.raw.clone().json()": (c) => c.req.raw.clone().json(),
  "c.req.json(), not waited for": (c) => Promise.resolve(void c.req.json()),
};
const TAKEN: Record<string, (c: Context) => Promise<unknown>> = {
  "c.req.raw.json()": (c) => c.req.raw.json(),
  "c.req.raw.text()": (c) => c.req.raw.text(),
  "c.req.raw.body's reader": (c) => c.req.raw.body!.getReader().read(),
  "c.req.raw.body's reader, unread": (c) => Promise.resolve(void c.req.raw.body!.getReader()),
};

function behind(read: (c: Context) => Promise<unknown>, definition: ServiceDefinition): Hono {
  const middleware: MiddlewareHandler = async (c, next) => {
    await read(c);
    await next();
  };
  return new Hono().use(middleware).route("/bellhop", serviceRoutes(definition, { clock: manualClock() }));
}

for (const stated of [true, false]) {
  const length = stated ? "with a length" : "without a length";
  for (const [name, read] of Object.entries(CACHED)) {
    Deno.test(`serviceRoutes() reads a body ${length} behind a middleware that read it by ${name}`, async () => {
      const { definition, handled } = users();
      const answer = await behind(read, definition).request("/bellhop", delivery({}, stated));
      assertEquals([answer.status, handled], [204, [{ name: "Zoë" }]]);
    });
  }
  for (const [name, read] of Object.entries(TAKEN)) {
    Deno.test(`serviceRoutes() answers body-used to a body ${length} that a middleware took by ${name}`, async () => {
      const { definition, handled } = users();
      const answer = await behind(read, definition).request("/bellhop", delivery({}, stated));
      const problem = await answer.json();
      assertObjectMatch(problem, { status: 500, code: "body-used", retry: false });
      assertStringIncludes(problem.detail, "c.req.raw.clone()");
      assertEquals([answer.status, handled], [500, []]);
    });
  }
  Deno.test(`serviceRoutes() leaves a body ${length} to a middleware that reads it afterwards`, async () => {
    const { definition } = users();
    let read: unknown;
    const app = new Hono().use(async (c, next) => {
      await next();
      read = await c.req.json();
    }).route("/bellhop", serviceRoutes(definition, { clock: manualClock() }));
    assertEquals((await app.request("/bellhop", delivery({}, stated))).status, 204);
    assertEquals(read, EVENT);
  });
}

Deno.test("serviceRoutes() gives handlers the platform's bindings, and their work to its ExecutionContext", async () => {
  const seen: unknown[] = [];
  const kept: Promise<unknown>[] = [];
  const definition = service<{ readonly REGION: string }>({ name: "users", version: "1" })
    .on("user.*", (_event, ctx) => {
      ctx.waitUntil(Promise.reject(new Error("nobody waits")));
      seen.push(ctx.env.REGION);
    });
  const app = new Hono().route("/bellhop", serviceRoutes(definition, { clock: manualClock() }));
  const platform = { waitUntil: (work: Promise<unknown>) => void kept.push(work), passThroughOnException() {} };
  const answer = await app.request("/bellhop", delivery(), { REGION: "eu" }, platform as never);
  assertEquals([answer.status, seen, definition.runtime.underWay], [204, ["eu"], 0]);
  // The handler itself, should it take longer than its attempt, and what it left.
  assertEquals((await Promise.allSettled(kept)).map(({ status }) => status), ["fulfilled", "fulfilled"]);
});

Deno.test("serviceRoutes() writes the log to the console, one line of JSON, unless it is told where", async () => {
  const lines: string[] = [];
  // deno-lint-ignore no-console
  const original = console.info;
  // deno-lint-ignore no-console
  console.info = (line: string) => void lines.push(line);
  try {
    const records: LogRecord[] = [];
    const log = (record: LogRecord) => void records.push(record);
    for (const [ofService, ofRoutes] of [[{}, {}], [{ log }, {}], [{}, { log }]]) {
      const definition = service({ name: "users", version: "1", ...ofService })
        .on("user.*", (_event, ctx) => ctx.log.info("seen", { service: "no field replaces it", pages: 3 }));
      const routes = serviceRoutes(definition, { clock: manualClock(1_000), ...ofRoutes });
      assertEquals((await routes.request("/", delivery())).status, 204);
    }
    assertEquals([lines.length, records.length], [1, 2]);
    const time = "1970-01-01T00:00:01.000Z";
    const line = { service: "users", pages: 3, time, level: "info", message: "seen", event: "1", attempt: 1 };
    assertEquals(JSON.parse(lines[0]), line);
    consoleLog(records[0]);
    assertEquals(lines[1], lines[0]);
    assert(!lines[0].includes("Zoë"));
  } finally {
    // deno-lint-ignore no-console
    console.info = original;
  }
});
