import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Hono } from "hono";
import type { DeadLetter } from "../../core/bus/dead_letter.ts";
import { BellhopError, type ErrorCode, ERRORS } from "../../core/error.ts";
import type { Engine, EngineTrace } from "../../ports/engine.ts";
import { parseScopes } from "../../security/scope.ts";
import { type FakeEngine, fakeEngine, VIEW } from "./_fake_engine_test.ts";
import { type Credentials, gatewayRoutes, type GatewayRoutesOptions, type Principal } from "./gateway.ts";

const EVENT = { specversion: "1.0", id: "7d1f", source: "/documents", type: "document.created", data: { id: "42" } };
const STRUCTURED = { "content-type": "application/cloudevents+json" };
const LOOPBACK = () => "127.0.0.1";

function mounted(
  options: Partial<GatewayRoutesOptions> = {},
): { engine: FakeEngine; ask: (path: string, init?: RequestInit) => Promise<Response> } {
  const engine = fakeEngine();
  const routes = gatewayRoutes({ engine, open: true, peer: LOOPBACK, ...options });
  const app = new Hono().route("/a/bus", routes).get("/own", (c) => c.text("own"));
  return { engine, ask: async (path, init) => await app.request(path.replace("~", "/a/bus"), init) };
}

function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return { method: "POST", headers: { ...STRUCTURED, ...headers }, body: JSON.stringify(body) };
}

/** Checks that the answer is the problem of that code, in every member that the table fixes. */
async function assertProblem(response: Response, code: ErrorCode, field?: string): Promise<Record<string, unknown>> {
  const problem = await response.json();
  assertEquals(problem.code, code, JSON.stringify(problem));
  assertEquals(response.status, ERRORS[code].status);
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  assertMatch(problem.type, new RegExp(`^(/a/bus)?/errors#${code}$`));
  assertEquals(
    [problem.status, problem.title, problem.retry, problem.fix],
    [ERRORS[code].status, ERRORS[code].title, ERRORS[code].retry, ERRORS[code].fix],
  );
  if (field !== undefined) assertEquals(problem.field, field);
  return problem;
}

Deno.test("gatewayRoutes() answers a publish with the acknowledgement, in each content mode", async () => {
  const { engine, ask } = mounted();
  const structured = await ask("~/messages", post(EVENT));
  assertEquals(structured.status, 202);
  assertEquals(structured.headers.get("content-type"), "application/json");
  const acknowledgement = {
    source: "/documents",
    id: "7d1f",
    durability: "memory",
    receivers: ["users"],
    duplicate: false,
  };
  assertEquals(await structured.json(), acknowledgement);

  const headers = { "ce-specversion": "1.0", "ce-id": "2", "ce-source": "/documents", "ce-type": "document.created" };
  const binary = await ask("~/messages", {
    method: "POST",
    headers: { ...headers, "ce-priority": "CRITICAL", "content-type": "application/json" },
    body: '{"id":"42"}',
  });
  assertEquals(await binary.json(), { ...acknowledgement, id: "2", durability: "flushed" });
  assertEquals(engine.published.map(({ envelope }) => envelope.data), [{ id: "42" }, { id: "42" }]);
  assertEquals(engine.published[0].publisher, { principal: "/documents", lease: undefined });
});

Deno.test("gatewayRoutes() judges each envelope of a batch by itself, in order", async () => {
  const { engine, ask } = mounted();
  const batch = [{ ...EVENT, id: "1", priority: "CRITICAL" }, { id: "" }, { ...EVENT, id: "1" }, { ...EVENT, id: "2" }];
  const headers = { "content-type": "Application/CloudEvents-Batch+JSON; charset=UTF-8", prefer: "wait=5" };
  const response = await ask("~/messages", post(batch, headers));
  assertEquals(response.status, 202);
  const { results } = await response.json();
  assertEquals(results.map((one: { status: number }) => one.status), [202, 422, 202, 202]);
  assertEquals(results[1].code, "envelope-invalid");
  assert(results[1].faults.length > 1);
  assertEquals(results.map((one: { duplicate?: boolean }) => one.duplicate), [false, undefined, true, false]);
  assertEquals(engine.published.map(({ envelope }) => envelope.id), ["1", "1", "2"]);
  assertEquals((await (await ask("~/messages", post([], headers))).json()).results, []);
});

Deno.test("gatewayRoutes() takes a batch larger than one envelope may be", async () => {
  const { ask } = mounted();
  const data = "x".repeat(200_000);
  const batch = ["1", "2", "3"].map((id) => ({ ...EVENT, id, data }));
  const response = await ask("~/messages", post(batch, { "content-type": "application/cloudevents-batch+json" }));
  assertEquals((await response.json()).results.length, 3);
});

Deno.test("gatewayRoutes() refuses a publish with closing before it reads it when the engine closes", async () => {
  const { engine, ask } = mounted();
  const malformed = { method: "POST", headers: { "content-type": "application/cloudevents+json" }, body: "{" };
  await assertProblem(await ask("~/messages", malformed), "envelope-malformed");
  engine.closing = true;
  await assertProblem(await ask("~/messages", malformed), "closing");
});

Deno.test("gatewayRoutes() waits as Prefer asks, and says so", async () => {
  const { engine, ask } = mounted();
  const early = await ask("~/messages", post(EVENT, { prefer: "respond-async, wait=90" }));
  assertEquals([early.status, early.headers.get("preference-applied")], [202, "wait=60"]);
  assertEquals((await early.json()).status.deliveries[0].state, "queued");
  engine.state = "ended";
  const ended = await ask("~/messages", post({ ...EVENT, id: "2" }, { prefer: 'wait="3"; x=1' }));
  assertEquals([ended.status, ended.headers.get("preference-applied")], [200, "wait=3"]);
  for (const prefer of ["wait", "wait=soon", "wait=-1", "waiting=3", "=3", "wait=1.5"]) {
    const ignored = await ask("~/messages", post({ ...EVENT, id: prefer }, { prefer }));
    assertEquals([ignored.status, ignored.headers.get("preference-applied")], [202, null], prefer);
    assertEquals((await ignored.json()).status, undefined);
  }
});

Deno.test("gatewayRoutes() passes over a wait while as many wait as may, and grants it again when one has ended", async () => {
  const { engine, ask } = mounted({ limits: { maxWaits: 2 } });
  const status = engine.settled;
  const ends: (() => void)[] = [];
  engine.settled = async (source, id, ...more) => {
    await new Promise<void>((resolve) => ends.push(resolve));
    return await status(source, id, ...more);
  };
  const waiting = [ask("~/messages", post(EVENT, { prefer: "wait=9" }))];
  while (ends.length < 1) await new Promise((resolve) => setTimeout(resolve));
  const query = new URLSearchParams({ source: EVENT.source, id: EVENT.id });
  const asked = { headers: { prefer: "wait=9" } };
  waiting.push(ask(`~/messages?${query}`, asked));
  while (ends.length < 2) await new Promise((resolve) => setTimeout(resolve));
  const beyond = [await ask(`~/messages?${query}`, asked), await ask("~/messages", post(EVENT, { prefer: "wait=9" }))];
  assertEquals(beyond.map(({ status, headers }) => [status, headers.get("preference-applied")]), [[200, null], [
    202,
    null,
  ]]);
  ends[0]();
  assertEquals((await waiting[0]).headers.get("preference-applied"), "wait=9");
  waiting[0] = ask(`~/messages?${query}`, asked);
  while (ends.length < 3) await new Promise((resolve) => setTimeout(resolve));
  for (const end of ends) end();
  for (const one of waiting) assertEquals((await one).headers.get("preference-applied"), "wait=9");
});

Deno.test("gatewayRoutes() answers a duplicate with the status of the message", async () => {
  const { ask } = mounted();
  await ask("~/messages", post(EVENT));
  const again = await (await ask("~/messages", post(EVENT))).json();
  assertEquals([again.duplicate, again.status.deliveries.length], [true, 1]);
});

Deno.test("gatewayRoutes() passes on the lease of a publish, and lets any other request renew it", async () => {
  const { engine, ask } = mounted();
  await ask("~/messages", post(EVENT, { "bellhop-lease": "lse_1" }));
  assertEquals(engine.published[0].publisher.lease, "lse_1");
  assertEquals(engine.renewed, []);
  await assertProblem(await ask("~/messages", post(EVENT, { "bellhop-lease": "lse_2" })), "lease-unknown");
  assertEquals((await ask("~/services", { headers: { "bellhop-lease": "lse_1" } })).status, 200);
  assertEquals(engine.renewed, ["lse_1"]);
  await assertProblem(await ask("~/services", { headers: { "bellhop-lease": "lse_2" } }), "lease-unknown");
  await assertProblem(await ask("~/messages", post({}, { "bellhop-lease": "lse_1" })), "envelope-invalid");
  assertEquals(engine.renewed, ["lse_1", "lse_1"]);
});

Deno.test("gatewayRoutes() finds the message of any source and id, percent-encoded once", async () => {
  const { ask } = mounted();
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((id) => id.isWellFormed());
  const id = fc.oneof(text, fc.constantFrom("a+b", "100%25", "a b", "&=#?", "é/../x")).filter((id) =>
    // What is no id at all is refused before.
    [...id].every((c) => c >= " " && c !== "\x7f" && !/[\x80-\x9f\ufdd0-\ufdef\ufffe\uffff]/.test(c))
  );
  await fc.assert(fc.asyncProperty(id, async (id) => {
    const accepted = await ask("~/messages", post({ ...EVENT, id }));
    fc.pre(accepted.status === 202);
    const status = await ask(`~/messages?x=1&source=%2Fdocuments&id=${encodeURIComponent(id)}`);
    assertEquals([status.status, (await status.json()).id], [200, id]);
  }));
});

Deno.test("gatewayRoutes() refuses a query with a part that is missing or out of range, by name", async () => {
  const { ask } = mounted();
  const bad: [string, string][] = [
    ["", "source"],
    ["source=/a", "id"],
    ["source=&id=1", "source"],
    ["source=/a&id=%zz", "id"],
    ["source=/a&id=%ff", "id"],
    ["source=/a&source=/b&id=1", "source"],
    ["unfinished=LOW", "unfinished"],
    ["unfinished=CRITICAL&limit=0", "limit"],
    ["unfinished=CRITICAL&limit=1001", "limit"],
    ["unfinished=CRITICAL&limit=1e2", "limit"],
    ["unfinished=CRITICAL&after=", "after"],
    [`unfinished=CRITICAL&after=${"x".repeat(257)}`, "after"],
    [`source=/a&id=${"%20".repeat(5_000)}`, "id"],
  ];
  for (const [query, field] of bad) await assertProblem(await ask(`~/messages?${query}`), "argument-invalid", field);
  await assertProblem(await ask("~/messages?source=/a&id=1"), "message-unknown");
});

Deno.test("gatewayRoutes() cancels, and pages through what is unfinished", async () => {
  const { engine, ask } = mounted();
  for (const id of ["1", "2", "3"]) await ask("~/messages", post({ ...EVENT, id, priority: "CRITICAL" }));
  const seen: string[] = [];
  let after: string | null = "";
  while (after !== null) {
    const answer = await ask(`~/messages?unfinished=CRITICAL&limit=2${after === "" ? "" : `&after=${after}`}`);
    const page: { messages: { id: string; ageMs: number }[]; after: string | null } = await answer.json();
    seen.push(...page.messages.map(({ id, ageMs }) => `${id}:${ageMs}`));
    after = page.after;
  }
  assertEquals(seen, ["1:5", "2:5", "3:5"]);
  const cancelled = await ask("~/messages?source=/documents&id=1", { method: "DELETE" });
  assertEquals((await cancelled.json()).id, "1");
  engine.state = "ended";
  await assertProblem(await ask("~/messages?source=/documents&id=1", { method: "DELETE" }), "message-ended");
});

Deno.test("gatewayRoutes() answers the envelopes of the registry with envelopes", async () => {
  const { ask } = mounted({ source: "/gate" });
  const send = (type: string, data: unknown) => ask("~/registry", post({ ...EVENT, id: "r-1", type, data }));
  const registered = await send("service.register", { name: "users" });
  assertStringIncludes(registered.headers.get("content-type") ?? "", "application/cloudevents+json");
  assertEquals(await registered.json(), {
    specversion: "1.0",
    id: "r-1-answer",
    source: "/gate",
    type: "service.registered",
    causationid: "r-1",
    data: { name: "users", instance: "a1", lease: "lse_1", leaseMs: 30_000, renewEveryMs: 10_000 },
  });
  const renewed = await (await send("service.renew", { lease: "lse_1" })).json();
  assertEquals([renewed.type, renewed.data.renewEveryMs, renewed.data.lease], ["service.renewed", 10_000, undefined]);
  const gone = await (await send("service.deregister", { lease: "lse_1", service: true })).json();
  assertEquals([gone.type, gone.data.serviceGone], ["service.deregistered", true]);

  await assertProblem(await send("service.renew", { lease: "lse_2" }), "lease-unknown");
  await assertProblem(await send("service.renew", { lease: "" }), "argument-invalid", "data.lease");
  await assertProblem(await send("service.renew", null), "argument-invalid", "data.lease");
  await assertProblem(await send("user.created", {}), "argument-invalid", "type");
  await assertProblem(await send("service.register", {}), "registration-invalid");
  const batch = post([], { "content-type": "application/cloudevents-batch+json" });
  await assertProblem(await ask("~/registry", batch), "content-type-unsupported");
});

Deno.test("gatewayRoutes() discovers, lists and shows services", async () => {
  const { ask } = mounted();
  const json = { "content-type": "application/json" };
  const found = await ask("~/discover", post({ url: "http://127.0.0.1:8001/users" }, json));
  assertEquals((await found.json()).name, "users");
  assertEquals((await (await ask("~/services")).json()).services.length, 1);
  assertEquals((await (await ask("~/services/users")).json()).name, "users");
  await assertProblem(await ask("~/services/nobody"), "service-unknown");
  await assertProblem(await ask("~/discover", post({ url: "http://127.0.0.1:8001/x" }, json)), "discovery-failed");
  for (const body of [{}, [], null, { url: 7 }, { url: "nowhere" }, { url: `http://${"x".repeat(2_048)}` }]) {
    await assertProblem(await ask("~/discover", post(body, json)), "argument-invalid", "url");
  }
});

Deno.test("gatewayRoutes() lists, shows, redrives and discards dead letters", async () => {
  const { engine, ask } = mounted();
  const letter = (id: string, receiver: string): DeadLetter => ({
    id,
    envelope: { ...EVENT, specversion: "1.0", data: new Uint8Array([1, 2]) },
    receiver,
    run: 1,
    outcome: "rejected",
    reason: "status-422",
    attempts: 1,
    history: [],
    acceptedMs: 1,
    endedMs: 2,
    durable: true,
  });
  for (const [id, receiver] of [["dlv_1", "users"], ["dlv_2", "search"], ["dlv_3", ""]]) {
    engine.letters.set(id, letter(id, receiver));
  }
  const page = await (await ask("~/dead-letters?limit=2")).json();
  assertEquals([page.deadLetters.length, page.after], [2, "dlv_2"]);
  assertEquals(page.deadLetters[0].envelope.data_base64, "AQI=");
  assertEquals((await (await ask("~/dead-letters?receiver=search")).json()).deadLetters[0].id, "dlv_2");
  assertEquals((await (await ask("~/dead-letters/dlv_1")).json()).reason, "status-422");
  const redriven = await ask("~/dead-letters/dlv_1/redrive", { method: "POST" });
  assertEquals(redriven.status, 202);
  assertEquals(await redriven.json(), { source: "/documents", id: "7d1f", run: 2, receivers: ["users"] });
  assertEquals((await (await ask("~/dead-letters/dlv_3/redrive", { method: "POST" })).json()).receivers, ["users"]);
  const discarded = await ask("~/dead-letters/dlv_2", { method: "DELETE" });
  assertEquals([discarded.status, await discarded.text()], [204, ""]);
  for (const id of ["dlv_2", "x".repeat(65), "%00", "..%2f"]) {
    await assertProblem(await ask(`~/dead-letters/${id}`), "dead-letter-unknown");
  }
});

Deno.test("gatewayRoutes() tells its manifest with limits, with and without a slash behind the mount", async () => {
  const { ask } = mounted({ limits: { maxBytes: 70_000 } });
  for (const path of ["~", "~/"]) {
    const manifest = await (await ask(path)).json();
    assertEquals(manifest.limits.maxBytes, 70_000);
    assertEquals(manifest.limits.maxRecordBytes, 1_048_576);
    assertEquals(manifest.profiles, ["core", "registry", "http", "pull", "durable"]);
    await assertProblem(await ask(path, { method: "POST" }), "method-unsupported");
  }
});

Deno.test("gatewayRoutes() tells its health by document and status", async () => {
  const { engine, ask } = mounted();
  const passed = await ask("~/health");
  assertEquals([passed.status, passed.headers.get("content-type")], [200, "application/health+json"]);
  assertEquals((await passed.json()).checks["deliveries:unfinished"], [{ status: "pass", observedValue: 12 }]);
  engine.fault = new BellhopError("closing");
  const failed = await ask("~/health");
  assertEquals([failed.status, (await failed.json()).status], [503, "fail"]);
});

Deno.test("gatewayRoutes() answers a path or method it does not serve with a problem, below its mount only", async () => {
  const { ask } = mounted();
  for (const path of ["~/nothing", "~/messages/x", "~/dead-letters/a/b", "~/trace/"]) {
    await assertProblem(await ask(path), "route-unknown");
  }
  const allowed: [string, string][] = [
    ["~/messages", "POST, GET, HEAD, DELETE"],
    ["~/registry", "POST"],
    ["~/dead-letters/x", "GET, HEAD, DELETE"],
    ["~/services/users", "GET, HEAD"],
  ];
  for (const [path, allow] of allowed) {
    const response = await ask(path, { method: "PATCH" });
    assertEquals(response.headers.get("allow"), allow);
    await assertProblem(response, "method-unsupported");
  }
  assertEquals(await (await ask("/own")).text(), "own");
  const outside = await ask("/nothing");
  assertEquals([outside.status, await outside.text()], [404, "404 Not Found"]);
});

Deno.test("gatewayRoutes() serves loopback alone", async () => {
  const get = async (headers: Record<string, string>, options: Partial<GatewayRoutesOptions> = {}) =>
    await mounted(options).ask("~", { headers });
  for (const host of ["localhost", "LOCALHOST:80", "127.0.0.1:8000", "127.9.9.9", "[::1]:1", "bus.localhost"]) {
    assertEquals((await get({ host })).status, 200, host);
  }
  for (
    const host of [
      "example.com",
      "localhost.example.com",
      "127.0.0.1.example.com",
      "10.0.0.1",
      "notlocalhost",
      "[::2]",
      "localhost:80, localhost",
      "",
      `${"a.".repeat(100_000)}localhost`.slice(0, 60_000),
    ]
  ) await assertProblem(await get({ host }), "open-mode-refused");
  for (const name of ["forwarded", "via", "x-real-ip", "x-forwarded-for", "X-Forwarded-Anything"]) {
    await assertProblem(await get({ [name]: "127.0.0.1" }), "open-mode-refused");
  }
  assertEquals((await get({ host: "localhost:8000", origin: "http://localhost:8000" })).status, 200);
  for (const origin of ["http://localhost:8001", "https://example.com", "null", "localhost:8000"]) {
    await assertProblem(await get({ host: "localhost:8000", origin }), "open-mode-refused");
  }
  for (const peer of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]) {
    assertEquals((await get({}, { peer: () => peer })).status, 200, peer);
  }
  for (const peer of ["10.0.0.1", "::2", "1270.0.0.1", "127.0.0.1.2", "", undefined]) {
    await assertProblem(await get({}, { peer: () => peer }), "open-mode-refused");
  }
});

Deno.test("gatewayRoutes() reads the peer from what Deno, Bun and Node pass on", async () => {
  const app = gatewayRoutes({ engine: fakeEngine(), open: true });
  const from = async (env: unknown) => (await app.request("/", {}, env as Record<string, unknown>)).status;
  assertEquals(await from({ remoteAddr: { hostname: "127.0.0.1" } }), 200);
  assertEquals(await from({ requestIP: () => ({ address: "::1" }) }), 200);
  assertEquals(await from({ incoming: { socket: { remoteAddress: "::ffff:127.0.0.1" } } }), 200);
  for (
    const env of [{}, undefined, { requestIP: () => null }, { remoteAddr: { hostname: "10.0.0.1" } }, {
      remoteAddr: { path: "/run/x" },
    }]
  ) assertEquals(await from(env), 403);
});

Deno.test("gatewayRoutes() cannot be built but in open mode, or with limits that are none", () => {
  const engine = fakeEngine();
  for (const open of [false, undefined, 1]) {
    assertThrows(
      () => gatewayRoutes({ engine, open: open as true }),
      BellhopError,
      "Neither open mode nor credentials",
    );
  }
  for (const maxBytes of [0, -1, 1.5, NaN, Infinity, "1" as unknown as number]) {
    assertThrows(() => gatewayRoutes({ engine, open: true, limits: { maxBytes } }), BellhopError, "maxBytes");
  }
  // ENV-047
  const least = { maxBytes: 65_536, maxBatchBytes: 65_536, maxAttributes: 32, maxAttributeLength: 1_024, maxDepth: 32 };
  for (const [name, value] of Object.entries(least)) {
    gatewayRoutes({ engine, open: true, limits: { [name]: value } });
    assertThrows(() => gatewayRoutes({ engine, open: true, limits: { [name]: value - 1 } }), BellhopError, name);
  }
});

Deno.test("gatewayRoutes() waits for its engine, and tells why it did not come", async () => {
  const { promise, resolve } = Promise.withResolvers<Engine>();
  const waiting = mounted({ engine: promise });
  const answer = waiting.ask("~/messages", post(EVENT));
  resolve(fakeEngine());
  assertEquals((await answer).status, 202);
  const failed = mounted({ engine: Promise.reject(new BellhopError("store-locked")) });
  await assertProblem(await failed.ask("~/health"), "store-locked");
});

Deno.test("gatewayRoutes() tells a fault of its own to the operator alone", async () => {
  const faults: unknown[] = [];
  const { engine, ask } = mounted({ onFault: (fault) => faults.push(fault) });
  const secret = new TypeError("lse_secret at /home");
  engine.fault = secret;
  const problem = await assertProblem(await ask("~/messages", post(EVENT)), "internal");
  assertEquals(JSON.stringify(problem).includes("secret"), false);
  assertEquals(faults, [secret]);
  engine.fault = new BellhopError("queue-full", undefined, { retryAfterMs: 1_200 });
  const full = await ask("~/messages", post(EVENT));
  assertEquals(full.headers.get("retry-after"), "2");
  await assertProblem(full, "queue-full");
  assertEquals(faults.length, 1);
});

Deno.test("gatewayRoutes() reads a body that a middleware has read through Hono, and says so if it is gone", async () => {
  const engine = fakeEngine();
  const routes = gatewayRoutes({ engine, open: true, peer: LOOPBACK, onFault() {} });
  const reading = (read: (c: { req: { json(): unknown; text(): unknown; raw: Request } }) => unknown) =>
    new Hono().use(async (c, next) => {
      await read(c);
      await next();
    }).route("/", routes);
  for (const app of [reading((c) => c.req.json()), reading((c) => c.req.text())]) {
    assertEquals((await app.request("/messages", post(EVENT))).status, 202);
  }
  const gone = await reading((c) => c.req.raw.text()).request("/messages", post(EVENT));
  assertStringIncludes((await assertProblem(gone, "body-used")).detail as string, "middleware");
  const large = post({ ...EVENT, data: "x".repeat(300_000) });
  await assertProblem(await reading((c) => c.req.text()).request("/messages", large), "body-too-large");
});

Deno.test("gatewayRoutes() streams the trace, and ends with its signal", async () => {
  const closing = new AbortController();
  const { engine, ask } = mounted({ signal: closing.signal });
  const response = await ask("~/trace");
  assertEquals(response.headers.get("content-type"), "text/event-stream");
  engine.emit(step("accepted"));
  engine.emit({
    subject: "registry",
    event: { kind: "suspect", atMs: 1, service: "users", instance: "a1", reason: "lease-ended" },
  });
  closing.abort();
  const text = await response.text();
  assertEquals(text.split("\n\n").slice(1, 3), [
    'event: accepted\ndata: {"kind":"accepted","atMs":1,"source":"/a","id":"1","type":"b","priority":"LOW"}',
    'event: suspect\ndata: {"kind":"suspect","atMs":1,"service":"users","instance":"a1","reason":"lease-ended"}',
  ]);
  assertEquals(engine.listeners.size, 0);
  await assertProblem(await ask("~/trace"), "closing");
});

Deno.test("gatewayRoutes() ends a trace stream whose reader is slow, and no other", async () => {
  const { engine, ask } = mounted({ limits: { maxStreamBytes: 1_000 } });
  const slow = await ask("~/trace");
  const quick = (await ask("~/trace")).body!.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  for (let i = 0; i < 50; i++) {
    engine.emit(step("accepted"));
    const before = seen.length;
    while (seen.length === before || !seen.endsWith("\n\n")) seen += (await quick.read()).value;
  }
  while (seen.split("event: accepted").length < 51) seen += (await quick.read()).value;
  const held = await slow.text();
  assert(held.length < 1_200, `${held.length}`);
  assert(held.endsWith('event: dropped\ndata: {"kind":"dropped","reason":"slow-reader"}\n\n'));
  assertEquals(engine.listeners.size, 1);
  await quick.cancel();
  assertEquals(engine.listeners.size, 0);
});

Deno.test("gatewayRoutes() bounds the streams of the trace; HEAD takes none", async () => {
  const { engine, ask } = mounted({ limits: { maxStreams: 2 } });
  for (let i = 0; i < 5; i++) assertEquals((await ask("~/trace", { method: "HEAD" })).status, 200);
  const open = [await ask("~/trace"), await ask("~/trace")];
  await assertProblem(await ask("~/trace"), "too-many-streams");
  await open[0].body!.cancel();
  open[0] = await ask("~/trace");
  for (const response of open) await response.body!.cancel();
  assertEquals(engine.listeners.size, 0);
});

Deno.test("gatewayRoutes() leaves half of the streams to other credentials, and gives room back", async () => {
  const principals = Object.fromEntries(
    ["a", "b"].map((name): [string, Principal] => [`Bearer ${name}`, {
      ...{ name, sources: [] },
      grants: parseScopes(["observe"]),
    }]),
  );
  const authenticate: Credentials["authenticate"] = (header) => Promise.resolve(principals[header!]);
  const credentials: Credentials = { authenticate, verify: authenticate };
  const routes = gatewayRoutes({ engine: fakeEngine(), credentials, limits: { maxStreams: 3 } });
  const trace = async (name: string) =>
    await routes.request("/trace", { headers: { authorization: `Bearer ${name}` } });
  const code = async (response: Response) => (await response.json()).code;
  const held = [await trace("a"), await trace("a")];
  assertEquals(await code(await trace("a")), "too-many-streams");
  held.push(await trace("b"));
  assertEquals(held.map(({ status }) => status), [200, 200, 200]);
  assertEquals(await code(await trace("b")), "too-many-streams");
  await held[0].body!.cancel();
  held[0] = await trace("b");
  assertEquals(held[0].status, 200);
  for (const { body } of held) await body!.cancel();
});

Deno.test("gatewayRoutes() bounds the discoveries under way, and counts each out whatever became of it", async () => {
  const { engine, ask } = mounted({ limits: { maxDiscoveries: 2 } });
  const discover = () =>
    ask("~/discover", post({ url: "http://users.localhost/" }, { "content-type": "application/json" }));
  const { discover: found } = engine;
  for (const end of [found, () => Promise.reject(new BellhopError("discovery-failed"))]) {
    const waiting = Promise.withResolvers<void>();
    let begun = 0;
    Object.assign(engine, { discover: (url: string) => (begun++, waiting.promise.then(() => end(url))) });
    const held = [discover(), discover()];
    while (begun < 2) await new Promise((resolve) => setTimeout(resolve));
    await assertProblem(await discover(), "too-many-streams");
    assertEquals(begun, 2);
    waiting.resolve();
    for (const one of held) assertEquals((await one).status, end === found ? 200 : 502);
  }
  Object.assign(engine, { discover: found });
  assertEquals((await discover()).status, 200);
});

Deno.test("gatewayRoutes() lists services page by page", async () => {
  const { engine, ask } = mounted();
  const names = Array.from({ length: 150 }, (_, at) => `s${String(at).padStart(3, "0")}`);
  Object.assign(engine, { services: () => Promise.resolve(names.map((name) => ({ ...VIEW, name }))) });
  const first = await (await ask("~/services")).json();
  assertEquals([first.services.length, first.after], [100, "s099"]);
  const rest = await (await ask("~/services?limit=1000&after=s099")).json();
  assertEquals([rest.services.map(({ name }: { name: string }) => name), rest.after], [names.slice(100), null]);
  for (const limit of ["0", "1001", "x"]) {
    await assertProblem(await ask(`~/services?limit=${limit}`), "argument-invalid", "limit");
  }
});

Deno.test("gatewayRoutes() reads any header section without a fault of its own", async () => {
  const { ask } = mounted();
  const value = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
  const name = fc.constantFrom(
    "prefer",
    "content-type",
    "origin",
    "bellhop-lease",
    "ce-id",
    "ce-specversion",
    "bellhop-deadline-ms",
    "connection",
  );
  await fc.assert(fc.asyncProperty(fc.dictionary(name, value), async (headers) => {
    const response = await ask("~/messages", { method: "POST", headers, body: JSON.stringify(EVENT) });
    assert(response.status < 500, `${response.status} ${await response.text()}`);
  }));
});

Deno.test("gatewayRoutes() refuses a dot segment in a proxied path, however it is written", async () => {
  const { engine } = mounted();
  engine.endpoint = "http://127.0.0.1:1/x";
  const routes = gatewayRoutes({
    engine,
    open: true,
    peer: LOOPBACK,
    fetch: () => Promise.resolve(new Response("ok")),
  });
  // Request would resolve the plain ones; a server may not.
  const through = async (path: string) => {
    const request = new Request("http://localhost/");
    Object.defineProperty(request, "url", { value: `http://localhost/services/users${path}` });
    return await routes.fetch(request);
  };
  for (const path of ["/..", "/../x", "/./x", "/%2e%2E/x", "/.%2e", "/a%2f..%2fb", "/a%5c..", "/a\\..\\b", "/x/."]) {
    await assertProblem(await through(path), "argument-invalid", "path");
  }
  for (const path of ["/", "/a..b", "/...", "/a?x=../..", "/%252e%252e"]) {
    assertEquals(await (await through(path)).text(), "ok", path);
  }
});

Deno.test("gatewayRoutes() never lets its own answers reject", async () => {
  const { engine, ask } = mounted();
  engine.endpoint = "http://127.0.0.1:1/x";
  for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]) {
    for (const path of ["~", "~/messages", "~/registry", "~/discover", "~/services", "~/health", "~/x"]) {
      const response = await ask(path, { method });
      await response.body?.cancel();
      assert(response.status < 500, `${method} ${path} ${response.status}`);
    }
  }
});

function step(kind: "accepted"): EngineTrace {
  return { subject: "message", event: { kind, atMs: 1, source: "/a", id: "1", type: "b", priority: "LOW" } };
}
