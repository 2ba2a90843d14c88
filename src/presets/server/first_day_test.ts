/**
 * The mistakes of a first day, each made for real, with the very text that is seen: it says what is wrong, where, and
 * what to do. Those that need credentials or a process of their own are in the two files beside.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Hono } from "hono";
import * as v from "npm:valibot@1.5.0";
import { bellhop, console, named, problemIn, refusal } from "./_first_day_test.ts";
import { connect, defineEvent, gateway, serve, service, type ServiceApp } from "./mod.ts";

const created = defineEvent("document.created", v.object({ id: v.string() }));

/** An app with a gateway at /bus, and whatever else. */
async function world(paths: Readonly<Record<string, Hono>> = {}) {
  const bus = gateway({ open: true });
  const app = new Hono().route("/bus", bus);
  for (const [path, routes] of Object.entries(paths)) app.route(path, routes);
  const server = await serve(app, { port: 0 });
  return {
    url: server.url,
    bus: `${server.url}/bus`,
    async [Symbol.asyncDispose]() {
      await bus.close({ deadlineMs: 500 });
      await server.close({ deadlineMs: 500 });
    },
  };
}

function users(): ServiceApp {
  return service({ name: "users", version: "1.0.0" }).on(created, () => {});
}

/** What a message to a service ends as, for its sender. */
async function outcome(url: string, bus: string, app: ServiceApp): Promise<string> {
  await using client = await connect(app, { gateway: bus, endpoint: url });
  const sent = await client.publish(created, { id: "42" }, { priority: "LOW" });
  const { outcome, deliveries } = await sent.receipt();
  return [outcome, ...deliveries.map(({ receiver, lastError }) => `${receiver}: ${lastError}`)].join("\n");
}

Deno.test("first day: the gateway is down", async () => {
  const gone = await serve({ fetch: () => new Response() }, { port: 0 });
  await gone.close();
  const names = { GATEWAY: gone.url };
  await using client = await connect({ gateway: `${gone.url}/bus` });
  assertEquals(
    named(await refusal(() => client.publish(created, { id: "42" }, { priority: "LOW" })), names),
    `unreachable: cannot reach GATEWAY/bus
Check that it runs, and its address with the path that it is mounted at.`,
  );
  let said = "";
  const seen = await console(async () => {
    said = await refusal(() =>
      connect(users(), { gateway: `${gone.url}/bus`, endpoint: "http://127.0.0.1:1", timeoutMs: 1_500 })
    );
  });
  assertEquals(named(seen, names), "bellhop: users: cannot reach GATEWAY/bus; trying again");
  assertEquals(
    named(said, names),
    `deadline-exceeded: not registered within 1500 ms: cannot reach GATEWAY/bus
Allow more time, or find what is slow.`,
  );
  assertEquals(
    named(await bellhop("send", "document.created", "--gateway", gone.url), names),
    `bellhop: no gateway answers at GATEWAY: start one with \`bellhop dev\`, or say where it is with --gateway URL
exit 3`,
  );
});

Deno.test("first day: the URL of the gateway lacks the path it is mounted at, or has it twice", async () => {
  await using app = await world({ "/site": new Hono().all("*", (c) => c.html("<p>hello")) });
  const names = { APP: app.url };
  const publish = async (url: string) => {
    await using client = await connect({ gateway: url });
    return named(await refusal(() => client.publish(created, { id: "42" })), names);
  };
  assertEquals(
    await publish(app.url),
    `argument-invalid: APP answered 404, not as a gateway does: check the path that it is mounted at, and what stands before it
Correct the field that is named.`,
  );
  assertEquals(
    await publish(`${app.bus}/bus`),
    `route-unknown: Nothing is served at /bus/bus/messages: the gateway is mounted at /bus
Check the URL of the gateway: it ends with the path that it is mounted at.`,
  );
  assertEquals(
    await publish(`${app.url}/site`),
    `unreachable: APP/site is no gateway: it answered without saying what it accepted
Check that it runs, and its address with the path that it is mounted at.`,
  );
  assertEquals(
    named(await bellhop("services", "--gateway", app.url), names),
    `bellhop: what answers at APP (status 404) is no gateway: is the path it is mounted at missing?
exit 3`,
  );
});

Deno.test("first day: the URL of a service lacks the path it is mounted at", async () => {
  await using app = await world({ "/bellhop": users() });
  const answer = await fetch(`${app.bus}/discover`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url: app.url }),
  });
  assertEquals(
    named(await problemIn(answer), { APP: app.url }),
    `502 discovery-failed: APP answered 404
Check the URL: it is where service() is mounted.
/bus/errors#discovery-failed`,
  );
  assertEquals(await outcome(app.url, app.bus, users()), "exhausted\nusers: status-404");
});

Deno.test("first day: a handler throws, so that its service answers 503", async () => {
  const app = service({ name: "users", version: "1.0.0" }).on(created, () => {
    throw new TypeError("index is undefined");
  });
  await using at = await world({ "/bellhop": app });
  let shown = "";
  const seen = await console(async () => {
    await using _users = await connect(app, { gateway: at.bus, endpoint: `${at.url}/bellhop` });
    const message = ["document.created", '{"id":"42"}', "--id", "7d1f", "--priority", "LOW"];
    shown = await bellhop("send", ...message, "--wait", "5", "--gateway", at.bus);
  });
  assertEquals(
    shown,
    `/cli 7d1f is accepted (memory) for users
  users  exhausted after 2 attempts: nak
what failed is a dead letter: bellhop dead-letters
exit 1`,
  );
  assertEquals(seen, "TypeError: index is undefined\nTypeError: index is undefined");
});

Deno.test("first day: a middleware reads the body before the service does", async () => {
  const app = users();
  const audited = new Hono().use(async ({ req }, next) => {
    if (req.method === "POST") await req.raw.text();
    await next();
  }).route("/", app);
  await using at = await world({ "/bellhop": audited });
  let ended = "";
  const seen = await console(async () => ended = await outcome(`${at.url}/bellhop`, at.bus, app));
  assertEquals(
    seen,
    `bellhop: users: body-used: A middleware took the body of POST /bellhop
Have it read by c.req.json() or c.req.text(), which Hono keeps, or from c.req.raw.clone().`,
  );
  assertEquals(ended, "exhausted\nusers: status-500");
});

Deno.test("first day: nobody subscribes", async () => {
  await using app = await world({ "/bellhop": users() });
  await using _users = await connect(users(), { gateway: app.bus, endpoint: `${app.url}/bellhop` });
  assertEquals(
    await bellhop("send", "documents.created", "--gateway", app.bus, "--id", "7d1f", "--wait", "5"),
    `/cli 7d1f is accepted (memory) for nobody: no service subscribes to it
exit 1`,
  );
});

Deno.test("first day: the target is none", async () => {
  await using app = await world();
  await using client = await connect({ gateway: app.bus });
  assertEquals(
    await refusal(() => client.publish(created, { id: "42" }, { target: "serach" })),
    `target-unknown: No service serach is registered
Check the target's name, or register the service first.`,
  );
  assertEquals(
    await bellhop("send", "document.created", "--target", "serach", "--gateway", app.bus),
    `refused: target-unknown: No service serach is registered
Check the target's name, or register the service first.
exit 1`,
  );
});

Deno.test("first day: the data does not fit the schema, at the sender or at the receiver", async () => {
  const app = users();
  await using at = await world({ "/bellhop": app });
  await using client = await connect(app, { gateway: at.bus, endpoint: `${at.url}/bellhop` });
  assertEquals(
    // deno-lint-ignore no-explicit-any
    await refusal(() => client.publish(created, { id: 42 } as any)),
    `data-invalid: data.id: Invalid type: Expected string but received 42
  data.id: Invalid type: Expected string but received 42
Correct each field named in \`faults\`.`,
  );
  const seen = await console(async () => {
    const sent = await client.publish("document.created", { id: 42 }, { attributes: { id: "7d1f" } });
    const { outcome, deliveries } = await sent.receipt();
    assertEquals([outcome, deliveries[0].lastError], ["rejected", "term"]);
  });
  assertEquals(
    seen,
    `bellhop: users: data-invalid: document.created 7d1f of /services/users: data.id: Invalid type: Expected string but received 42
Correct each field named in \`faults\`.`,
  );
});
