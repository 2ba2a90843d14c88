import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Hono } from "hono";
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

function delivery(headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", headers: { ...STRUCTURED, ...headers }, body: JSON.stringify(EVENT) };
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
      .route(path, serviceRoutes(definition, { clock: manualClock(), open: true }));
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
  const routes = () => serviceRoutes(users().definition, { clock: manualClock(), open: true });
  const asked = { method: "OPTIONS", headers: { "webhook-request-origin": "bus" } };
  const consentOf = async (app: Hono) => (await app.request("/bellhop", asked)).headers.get("webhook-allowed-origin");
  assertEquals(await consentOf(new Hono().route("/bellhop", routes()).use(cors())), "*");
  assertEquals(await consentOf(new Hono().use(except("/bellhop", cors())).route("/bellhop", routes())), "*");
  // It answers every OPTIONS by itself: nothing behind it is asked.
  assertEquals(await consentOf(new Hono().use(cors()).route("/bellhop", routes())), null);
});

Deno.test("serviceRoutes() gives handlers the platform's bindings, and their work to its ExecutionContext", async () => {
  const seen: unknown[] = [];
  const kept: Promise<unknown>[] = [];
  const definition = service<{ readonly REGION: string }>({ name: "users", version: "1" })
    .on("user.*", (_event, ctx) => {
      ctx.waitUntil(Promise.reject(new Error("nobody waits")));
      seen.push(ctx.env.REGION);
    });
  const app = new Hono().route("/bellhop", serviceRoutes(definition, { clock: manualClock(), open: true }));
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
      const routes = serviceRoutes(definition, { clock: manualClock(1_000), open: true, ...ofRoutes });
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
