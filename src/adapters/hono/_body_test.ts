import { assertEquals, assertObjectMatch, assertStringIncludes } from "@std/assert";
import { type Context, Hono } from "hono";
import { service } from "../../service/mod.ts";
import { manualClock } from "../../testing/manual_clock.ts";
import { fakeEngine } from "./_fake_engine_test.ts";
import { gatewayRoutes } from "./gateway.ts";
import { serviceRoutes } from "./service.ts";

const EVENT = { specversion: "1.0", id: "1", source: "/a", type: "user.created", data: { name: "Zoë" } };

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

/** Routes behind a middleware, where they take an envelope, and the data that reached them. */
const MOUNTED = {
  serviceRoutes() {
    const arrived: unknown[] = [];
    const users = service({ name: "users", version: "1" }).on("user.*", (event) => void arrived.push(event.data));
    return {
      routes: serviceRoutes(users, { clock: manualClock(), open: true }),
      path: "/mount",
      accepted: 204,
      arrived: () => arrived,
    };
  },
  gatewayRoutes() {
    const engine = fakeEngine();
    const routes = gatewayRoutes({ engine, open: true, peer: () => "127.0.0.1" });
    const arrived = () => engine.published.map(({ envelope }) => envelope.data);
    return { routes, path: "/mount/messages", accepted: 202, arrived };
  },
};

/** With a stated length, as servers hand most requests on, or without. */
function sent(stated: boolean): RequestInit {
  const body = new TextEncoder().encode(JSON.stringify(EVENT));
  const length: Record<string, string> = stated ? { "content-length": String(body.length) } : {};
  return { method: "POST", headers: { "content-type": "application/cloudevents+json", ...length }, body };
}

for (const [name, mount] of Object.entries(MOUNTED)) {
  for (const stated of [true, false]) {
    const length = stated ? "with a length" : "without a length";

    for (const [how, read] of Object.entries(CACHED)) {
      Deno.test(`${name}() reads a body ${length} behind a middleware that read it by ${how}`, async () => {
        const { routes, path, accepted, arrived } = mount();
        const app = new Hono().use(async (c, next) => {
          await read(c);
          await next();
        }).route("/mount", routes);
        assertEquals((await app.request(path, sent(stated))).status, accepted);
        assertEquals(arrived(), [{ name: "Zoë" }]);
      });
    }

    for (const [how, read] of Object.entries(TAKEN)) {
      Deno.test(`${name}() answers body-used to a body ${length} that a middleware took by ${how}`, async () => {
        const { routes, path, arrived } = mount();
        const app = new Hono().use(async (c, next) => {
          await read(c);
          await next();
        }).route("/mount", routes);
        const answer = await app.request(path, sent(stated));
        const problem = await answer.json();
        assertObjectMatch(problem, { status: 500, code: "body-used", retry: false });
        assertStringIncludes(problem.fix, "c.req.raw.clone()");
        assertEquals([answer.status, arrived()], [500, []]);
      });
    }

    Deno.test(`${name}() leaves a body ${length} to a middleware that reads it afterwards`, async () => {
      const { routes, path, accepted } = mount();
      let read: unknown;
      const app = new Hono().use(async (c, next) => {
        await next();
        read = await c.req.json();
      }).route("/mount", routes);
      assertEquals((await app.request(path, sent(stated))).status, accepted);
      assertEquals(read, EVENT);
    });
  }
}
