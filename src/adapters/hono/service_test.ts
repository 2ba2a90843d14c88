import { assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import fc from "fast-check";
import { Hono } from "hono";
import { DEFAULT_ENVELOPE_LIMITS as LIMITS } from "../../core/envelope/limits.ts";
import { Nak, service, type ServiceDefinition, Term } from "../../service/mod.ts";
import { manualClock } from "../../testing/manual_clock.ts";
import { serviceRoutes, type ServiceRoutesOptions } from "./service.ts";

const STRUCTURED = { "content-type": "application/cloudevents+json" };

function envelope(id: string, rest: Record<string, unknown> = {}): string {
  return JSON.stringify({ specversion: "1.0", id, source: "/a", type: "user.created", ...rest });
}

function mounted(definition: ServiceDefinition, options: Partial<ServiceRoutesOptions> = {}, path = "/bellhop"): Hono {
  return new Hono().route(path, serviceRoutes(definition, { clock: manualClock(), open: true, ...options }));
}

function users(): ServiceDefinition {
  return service({ name: "users", version: "1.2.0", instance: "a1" });
}

function post(app: Hono, body: BodyInit, headers: HeadersInit = STRUCTURED, path = "/bellhop"): Promise<Response> {
  return Promise.resolve(app.request(path, { method: "POST", headers, body }));
}

Deno.test("serviceRoutes() answers ack, nak and term as the spec says", async () => {
  const app = mounted(
    users()
      .on("user.created", () => {})
      .on("user.busy", () => new Nak({ delayMs: 4_001, reason: "busy" }))
      .on("user.bad", () => new Term("no data"))
      .on("user.broken", () => Promise.reject(new Error("password=1234"))),
  );
  const ack = await post(app, envelope("1"));
  assertEquals([ack.status, await ack.text(), ack.headers.get("bellhop-verdict")], [204, "", null]);

  const nak = await post(app, envelope("2", { type: "user.busy" }));
  assertEquals([nak.status, nak.headers.get("bellhop-verdict"), nak.headers.get("retry-after")], [503, "nak", "5"]);
  assertObjectMatch(await nak.json(), { status: 503, code: "handler-nak", detail: "busy", retry: true });

  const term = await post(app, envelope("3", { type: "user.bad" }));
  assertEquals([term.status, term.headers.get("bellhop-verdict")], [422, "term"]);
  assertEquals(term.headers.get("content-type"), "application/problem+json");
  assertObjectMatch(await term.json(), { status: 422, detail: "no data", retry: false });

  const broken = await post(app, envelope("4", { type: "user.broken" }));
  assertEquals([broken.status, broken.headers.get("bellhop-verdict")], [503, "nak"]);
  const text = await broken.text();
  assertObjectMatch(JSON.parse(text), { code: "handler-failed", retry: true });
  assertEquals(text.includes("1234"), false);

  const missing = await post(app, envelope("5", { type: "order.created" }));
  assertEquals([missing.status, missing.headers.get("bellhop-verdict")], [422, "term"]);
  assertObjectMatch(await missing.json(), { code: "handler-missing" });
});

Deno.test("serviceRoutes() takes what a gateway took in binary mode, though base64 makes it longer", async () => {
  let bytes = 0;
  const app = mounted(users().on("user.created", ({ data }) => void (bytes = (data as Uint8Array).length)));
  const data = "A".repeat(Math.ceil(LIMITS.maxBytes / 3) * 4);
  const body = envelope("1", { datacontenttype: "application/octet-stream", data_base64: data });
  assertEquals([(await post(app, body)).status, bytes], [204, Math.ceil(LIMITS.maxBytes / 3) * 3]);
  const tooLong = envelope("2", { pad: "x" }).replace(/}$/, " ".repeat(2 * LIMITS.maxBytes) + "}");
  assertObjectMatch(await (await post(app, tooLong)).json(), { code: "body-too-large" });
});

Deno.test("serviceRoutes() tells the handler attempt, delivery and deadline, and its signal that time is up", async () => {
  const clock = manualClock(1_000_000);
  const told: unknown[] = [];
  const app = mounted(
    users().on("user.*", (_event, context) => {
      told.push(context.attempt, context.deliveryId, context.deadlineMs);
      return new Promise((_, reject) => context.signal.addEventListener("abort", () => reject(context.signal.reason)));
    }),
    { clock },
  );
  const headers = { "bellhop-attempt": "2", "bellhop-delivery": "dlv_1", "bellhop-deadline-ms": "15000" };
  const answer = post(app, envelope("1"), { ...STRUCTURED, ...headers });
  // The body is read in turns of the event loop, which a manual clock does not wait for.
  while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  clock.advance(15_000);
  assertEquals((await answer).status, 503);
  assertEquals(told, [2, "dlv_1", 1_015_000]);
  assertEquals(clock.pending, 0);
});

Deno.test("serviceRoutes() leaves no timer behind when the handler is done in time", async () => {
  const clock = manualClock();
  const app = mounted(users().on("user.*", () => {}), { clock });
  const answer = await post(app, envelope("1"), { ...STRUCTURED, "bellhop-deadline-ms": "15000" });
  assertEquals([answer.status, clock.pending], [204, 0]);
});

Deno.test("serviceRoutes() refuses what is not one envelope in structured mode", async () => {
  let handled = 0;
  const app = mounted(users().on(">", () => void handled++), { limits: { ...LIMITS, maxBytes: 200 } });
  const binary = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "user.created" };
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(100)),
  });
  const refusals: [BodyInit, HeadersInit, number, string][] = [
    ["{}", { "content-type": "application/json" }, 415, "content-type-unsupported"],
    ["{}", { ...binary, "content-type": "application/json" }, 415, "content-type-unsupported"],
    [`[${envelope("1")}]`, { "content-type": "application/cloudevents-batch+json" }, 415, "content-type-unsupported"],
    ["{", STRUCTURED, 400, "envelope-malformed"],
    [envelope(""), STRUCTURED, 422, "envelope-invalid"],
    [envelope("1", { subject: "s".repeat(200) }), STRUCTURED, 413, "body-too-large"],
    [stream, STRUCTURED, 413, "body-too-large"],
  ];
  for (const [body, headers, status, code] of refusals) {
    const init = { method: "POST", headers, body, ...(body === stream ? { duplex: "half" } : {}) };
    const response = await app.request("/bellhop", init as RequestInit);
    assertEquals([response.status, (await response.json()).code], [status, code]);
    assertEquals(response.headers.get("content-type"), "application/problem+json");
  }
  assertEquals(handled, 0);
});

Deno.test("serviceRoutes() answers any body and content type with a status that the spec knows", async () => {
  const app = mounted(users().on("user.*", () => {}));
  const type = fc.oneof(fc.constant(STRUCTURED["content-type"]), fc.constantFrom("", "text/plain", "a/b;c"));
  await fc.assert(fc.asyncProperty(fc.oneof(fc.string(), fc.json()), type, async (body, contentType) => {
    const response = await post(app, body, { "content-type": contentType });
    assertEquals([400, 413, 415, 422].includes(response.status), true);
    assertMatch((await response.json()).type, /^urn:bellhop:problem:/);
  }));
});

Deno.test("serviceRoutes() serves its manifest and its health", async () => {
  const app = mounted(users().on("user.*", () => {}));
  assertEquals(await (await app.request("/bellhop")).json(), {
    name: "users",
    version: "1.2.0",
    instance: "a1",
    subscriptions: ["user.*"],
    health: "health",
  });
  const health = await app.request("/bellhop/health");
  assertEquals([health.status, health.headers.get("content-type")], [200, "application/health+json"]);
  assertEquals(await health.json(), { status: "pass", version: "1.2.0", serviceId: "users@a1" });
});

Deno.test("serviceRoutes() asks the service's own health check, and fails if that throws, lies or hangs", async () => {
  const clock = manualClock();
  const heard: unknown[] = [];
  const ask = async (health: () => unknown, advanceMs = 0): Promise<[number, string]> => {
    const options = { name: "users", version: "1", onError: (error: unknown) => heard.push(error) };
    const app = mounted(service({ ...options, health: health as () => "pass" }), { clock });
    const answer = app.request("/bellhop/health");
    await clock.settle(advanceMs);
    const response = await answer;
    return [response.status, (await response.json()).status];
  };
  assertEquals(await ask(() => "warn"), [200, "warn"]);
  assertEquals(await ask(() => Promise.resolve({ status: "fail", output: "no disk" })), [503, "fail"]);
  assertEquals(await ask(() => "splendid"), [503, "fail"]);
  assertEquals(await ask(() => undefined), [503, "fail"]);
  assertEquals(await ask(() => new Promise(() => {}), 5_000), [503, "fail"]);
  const error = new Error("broken");
  assertEquals(await ask(() => Promise.reject(error)), [503, "fail"]);
  assertEquals(heard, [error]);
  assertEquals(clock.pending, 0);
});

Deno.test("serviceRoutes() consents to the handshake by header, and never sends the request's text back", async () => {
  const ask = async (options: Partial<ServiceRoutesOptions>, headers: HeadersInit) =>
    (await mounted(users(), options).request("/bellhop", { method: "OPTIONS", headers })).headers;
  const asked = { "webhook-request-origin": "bellhop", "webhook-request-rate": "100" };
  assertEquals((await ask({}, asked)).get("webhook-allowed-origin"), "*");
  assertEquals((await ask({}, asked)).get("webhook-allowed-rate"), "*");
  assertEquals((await ask({}, {})).get("webhook-allowed-origin"), null);
  assertEquals((await ask({ origins: ["bellhop"] }, asked)).get("webhook-allowed-origin"), "bellhop");
  const stranger = { "webhook-request-origin": "evil" };
  assertEquals((await ask({ origins: ["bellhop"] }, stranger)).get("webhook-allowed-origin"), null);
});

Deno.test("serviceRoutes() refuses other methods, and leaves all other paths to the app", async () => {
  for (const [path, allow] of [["/bellhop", "GET, HEAD, OPTIONS, POST"], ["/bellhop/health", "GET, HEAD"]]) {
    const response = await mounted(users()).request(path, { method: "DELETE" });
    assertEquals([response.status, response.headers.get("allow")], [405, allow]);
    assertEquals((await response.json()).code, "method-unsupported");
  }
  const app = mounted(users(), {}, "/").get("/users/:id", (c) => c.text(c.req.param("id")));
  assertEquals(await (await app.request("/users/7")).text(), "7");
  assertEquals((await app.request("/")).status, 200);
});

Deno.test("serviceRoutes() asks a factory once for its options, with what the platform binds, and again if it failed", async () => {
  const told: unknown[] = [];
  const asked: unknown[] = [];
  const definition = service<{ readonly OPEN?: boolean }>({
    name: "users",
    version: "1",
    onError: (error) => told.push((error as Error).message),
  }).on("user.created", () => {});
  const context = { waitUntil() {}, passThroughOnException() {}, props: {} };
  const app = new Hono().route(
    "/bellhop",
    serviceRoutes(definition, (env, given) => {
      asked.push([env, given]);
      if (env.OPEN === undefined) throw new TypeError("secret: whsec_x");
      return { clock: manualClock(), ...(env.OPEN ? { open: true } : { origins: "all" as never }) };
    }),
  );
  const send = (env: object): Promise<Response> =>
    Promise.resolve(
      app.request("/bellhop", { method: "POST", headers: STRUCTURED, body: envelope("1") }, env, context as never),
    );
  assertEquals((await app.request("/bellhop", {}, {})).status, 200);
  assertEquals(asked.length, 0);

  // Neither a 4xx, which would make a dead letter, nor a word of what a stranger's code said.
  const broken = await send({});
  assertEquals(broken.status, 500);
  const text = await broken.text();
  assertObjectMatch(JSON.parse(text), { code: "internal", retry: true });
  assertEquals(text.includes("whsec_x"), false);
  for (const request of [send({ OPEN: false }), app.request("/bellhop", { method: "OPTIONS" }, { OPEN: false })]) {
    assertObjectMatch(await (await request).json(), { status: 500, detail: "origins: wanted at most 64 names" });
  }
  assertEquals(told, ["secret: whsec_x"]);

  asked.length = 0;
  assertEquals((await send({ OPEN: true })).status, 204);
  assertEquals((await app.request("/bellhop/health", {}, { OPEN: true })).status, 200);
  assertEquals(asked, [[{ OPEN: true }, context]]);
});
