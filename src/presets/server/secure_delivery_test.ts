import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { Hono } from "hono";
import { Webhook } from "npm:standardwebhooks@1.1.1";
import { fetchTransport } from "../../adapters/transports/fetch.ts";
import { BellhopError } from "../../core/error.ts";
import {
  createEndpointGuard,
  createKeyring,
  importSecret,
  newSigningSecret,
  newToken,
  signatureHeaders,
} from "../../security/mod.ts";
import { manualClock } from "../../testing/manual_clock.ts";
import { connect, gateway, serve, service } from "./mod.ts";
import { endpoint, envelope, eventually, registration, secureBus } from "./_secure_world_test.ts";

const NOW_MS = 1_767_225_600_000;

Deno.test("a gateway outside open mode, services and clients work together over HTTP", async () => {
  await using bus = await secureBus();
  const heard: unknown[] = [];
  const users = service({ name: "users", version: "1", signingSecret: bus.secret, ratePerMinute: 600 })
    .on("order.>", (event) => void heard.push(event.data));
  await using side = await serve(new Hono().route("/bellhop", users), { port: 0 });
  const registered = { gateway: bus.url, endpoint: `${side.url}/bellhop`, token: bus.tokens.users };
  await using client = await connect(users, registered);
  await using publisher = await connect({ gateway: bus.url, token: bus.tokens.orders, source: "/orders" });
  const sent = await publisher.publish("order.paid", { n: 1 });
  assertEquals((await sent.receipt()).outcome, "delivered");
  assertEquals(heard, [{ n: 1 }]);
  const error = await assertRejects(() => client.publish("order.paid"), BellhopError);
  assertEquals([error.code, error.retry], ["forbidden", false]);
  await using caller = await connect({ gateway: bus.url, token: bus.tokens.caller });
  for (const direct of [true, false]) {
    const health = await caller.call("users", "GET /bellhop/health", { direct });
    assertEquals((await health.json()).serviceId, "users");
  }
  const view = await (await bus.ask("observer", "GET /services/users")).json();
  assertEquals(view.instances[0].ratePerMinute, 600);
});

Deno.test("gateway() refuses to be without mode, without a secret, or both open and not", () => {
  const credentials = [{ name: "a", token: newToken(), scopes: ["admin"] }];
  const signingSecrets = newSigningSecret();
  const cases: [Parameters<typeof gateway>[0], string][] = [
    [{}, "open-mode-required"],
    [{ open: false }, "open-mode-required"],
    [{ signingSecrets }, "open-mode-required"],
    [{ credentials }, "secret-missing"],
    [{ credentials, signingSecrets, open: true }, "argument-invalid"],
    [{ credentials: [], signingSecrets }, "argument-invalid"],
    [{ credentials, signingSecrets: "hunter2" }, "argument-invalid"],
    [{ credentials, signingSecrets: {} }, "secret-missing"],
    [{ credentials, signingSecrets, allowHosts: ["http://x"] }, "argument-invalid"],
    [{ credentials, signingSecrets, webhookOrigin: "a b" }, "argument-invalid"],
  ];
  for (const [options, code] of cases) assertEquals(assertThrows(() => gateway(options), BellhopError).code, code);
});

Deno.test("another implementation of Standard Webhooks verifies each attempt, by the old secret and by the new", async () => {
  const [before, after] = [newSigningSecret(), newSigningSecret()];
  await using bus = await secureBus({ signingSecrets: { users: [before, after], other: newSigningSecret() } });
  const ids: string[] = [];
  await using users = endpoint(async (request) => {
    const body = await request.text();
    const headers = Object.fromEntries(request.headers);
    for (const secret of [before, after]) new Webhook(secret).verify(body, headers);
    assertThrows(() => new Webhook(newSigningSecret()).verify(body, headers));
    ids.push(headers["webhook-id"]);
    assertEquals(headers["bellhop-delivery"], headers["webhook-id"]);
    return new Response(null, { status: ids.length === 1 ? 503 : 204 });
  });
  await (await bus.ask("users", "POST /registry", registration("users", users.url))).body?.cancel();
  await (await bus.ask("orders", "POST /messages", envelope("order.paid", "/orders", { data: "täxt" }))).body?.cancel();
  await eventually(() => ids.length === 2);
  assertEquals(ids[0], ids[1]);
});

Deno.test("a service takes any one of two secrets, and tells missing, false and stale signatures apart", async () => {
  const [before, after] = [newSigningSecret(), newSigningSecret()];
  let handled = 0;
  const clock = manualClock(NOW_MS);
  const users = service({ name: "users", version: "1", signingSecret: [before, after], clock })
    .on("order.>", () => void handled++);
  const body = JSON.stringify({ specversion: "1.0", id: "1", source: "/a", type: "order.paid" });
  const post = async (headers: HeadersInit, sent = body) => {
    const all = new Headers(headers);
    all.set("content-type", "application/cloudevents+json");
    const answer = await users.request("/", { method: "POST", headers: all, body: sent });
    return answer.status === 204 ? "204" : `${answer.status} ${(await answer.json()).code}`;
  };
  const signed = async (secret: string, atMs = NOW_MS) =>
    await signatureHeaders([await importSecret(secret)], "dlv_1", Math.floor(atMs / 1_000), body);

  const headers = await signed(before);
  assertEquals(await post({}), "401 signature-missing");
  assertEquals(await post(await signed(newSigningSecret())), "401 signature-invalid");
  assertEquals(await post({ ...headers, "webhook-id": "dlv_2" }), "401 signature-invalid");
  assertEquals(await post(headers, body.replace("paid", "made")), "401 signature-invalid");
  assertEquals(await post(headers, `${body} `), "401 signature-invalid");
  assertEquals(await post(await signed(before, NOW_MS - 301_000)), "401 signature-stale");
  assertEquals(await post(await signed(before, NOW_MS + 301_000)), "401 signature-stale");
  assertEquals(handled, 0);
  assertEquals(await post(await signed(before)), "204");
  assertEquals(handled, 1);
  assertEquals(await post(await signed(after)), "204"); // again, and dropped as a duplicate
  assertEquals(await post(headers), "204");
  assertEquals(handled, 1);
  clock.advance(301_000);
  assertEquals(await post(headers), "401 signature-stale");
});

Deno.test("a service without a secret takes deliveries of its own machine alone, unless it is told to be open", async () => {
  const body = '{"specversion":"1.0","id":"1","source":"/a","type":"b"}';
  const from = async (options: object, peer: string | undefined, more: HeadersInit = {}) => {
    const users = service({ name: "users", version: "1", ...options }).on(">", () => {});
    const headers = { host: "127.0.0.1:8001", "content-type": "application/cloudevents+json", ...more };
    const env = peer === undefined ? {} : { remoteAddr: { hostname: peer } };
    const answer = await users.request("/", { method: "POST", headers, body }, env);
    return answer.status === 204 ? 204 : (await answer.json()).code;
  };
  assertEquals(await from({}, "127.0.0.1"), 204);
  assertEquals(await from({}, "::1"), 204);
  for (const peer of ["192.168.0.7", "203.0.113.9", undefined]) assertEquals(await from({}, peer), "secret-missing");
  assertEquals(await from({}, "127.0.0.1", { "x-forwarded-for": "203.0.113.9" }), "secret-missing");
  assertEquals(await from({}, "127.0.0.1", { host: "rebound.example" }), "secret-missing");
  assertEquals(await from({ open: true }, "203.0.113.9"), 204);
  assertEquals(await from({ signingSecret: newSigningSecret() }, "127.0.0.1"), "signature-missing");
  assertThrows(() => service({ name: "a", version: "1", open: true, signingSecret: newSigningSecret() }), BellhopError);
});

Deno.test("an endpoint is registered by its headers' consent alone, whatever its status, and no redirect is followed", async () => {
  await using bus = await secureBus();
  const consent = { "webhook-allowed-origin": "bellhop" };
  await using elsewhere = endpoint(() => new Response(null, { status: 204 }));
  const away = { location: elsewhere.url };
  const cases: [string, () => Response, string][] = [
    ["none", () => new Response(null, { status: 200 }), "endpoint-refused"],
    ["other", () => new Response(null, { headers: { "webhook-allowed-origin": "example.org" } }), "endpoint-refused"],
    ["rate", () => new Response(null, { headers: { ...consent, "webhook-allowed-rate": "0" } }), "endpoint-refused"],
    ["redirect", () => new Response(null, { status: 307, headers: away }), "endpoint-refused"],
    ["error", () => new Response(null, { status: 500, headers: consent }), ""],
    ["not-found", () => new Response("x", { status: 404, headers: { "webhook-allowed-origin": "*" } }), ""],
  ];
  for (const [name, handshake, code] of cases) {
    await using one = endpoint(() => new Response(null, { status: 302, headers: away }), handshake);
    const answer = await bus.ask("registrar", "POST /registry", registration(name, one.url));
    assertEquals([name, (await answer.json()).code ?? ""], [name, code]);
    const asked = one.seen.map(({ method, headers }) => [method, headers.get("webhook-request-origin")]);
    assertEquals(asked, [["OPTIONS", "bellhop"]]);
    const known = await bus.ask("observer", `GET /services/${name}`);
    await known.body?.cancel();
    assertEquals([name, known.status], [name, code === "" ? 200 : 404]);
    if (code !== "") continue;
    const target = { ...JSON.parse(String(envelope("order.paid", "/orders").body)), target: name };
    const init = { headers: { "content-type": "application/cloudevents+json" }, body: JSON.stringify(target) };
    await (await bus.ask("orders", "POST /messages", init)).body?.cancel();
    await eventually(() => one.seen.some(({ method }) => method === "POST"));
  }
  const discovered = await bus.ask("registrar", "POST /discover", {
    body: JSON.stringify({ url: "http://127.0.0.1:1/" }),
  });
  assertEquals((await discovered.json()).code, "discovery-failed");
  assertEquals(elsewhere.seen.length, 0);
});

Deno.test("an endpoint that does not answer is unreachable, which a client tries again", async () => {
  await using bus = await secureBus();
  const answer = await bus.ask("users", "POST /registry", registration("users", "http://127.0.0.1:1/bellhop"));
  const { code, retry } = await answer.json();
  assertEquals([code, retry], ["unreachable", true]);
});

Deno.test("a service for which there is no secret is not registered", async () => {
  await using bus = await secureBus({ signingSecrets: { other: newSigningSecret() } });
  await using users = endpoint(() => new Response());
  const answer = await bus.ask("users", "POST /registry", registration("users", users.url));
  assertEquals([answer.status, (await answer.json()).code, users.seen.length], [500, "secret-missing", 0]);
});

Deno.test("endpoints on private addresses are refused unless they are listed, in whatever disguise", async () => {
  await using bus = await secureBus({ allowHosts: ["10.1.2.3"] });
  const hosts = ["127.0.0.1", "localhost", "a.localhost", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1"];
  for (const host of [...hosts, "169.254.169.254", "192.168.1.1", "0.0.0.0"]) {
    const url = `http://${host}:8001/bellhop`;
    const answer = await bus.ask("users", "POST /registry", registration("users", url));
    assertEquals([host, (await answer.json()).code], [host, "endpoint-refused"]);
    const found = await bus.ask("registrar", "POST /discover", { body: JSON.stringify({ url }) });
    assertEquals([host, (await found.json()).code], [host, "endpoint-refused"]);
  }
});

Deno.test("a name that turns to a private address after its registration is not connected to", async () => {
  let address = "93.184.215.14";
  const dialled: string[] = [];
  const guard = createEndpointGuard({ level: "pinned", resolve: () => Promise.resolve([address]) });
  const transport = fetchTransport({
    guard,
    origin: "bellhop",
    keysOf: createKeyring(newSigningSecret()),
    fetch: (_url, { method }, addresses) => {
      dialled.push(`${method} ${addresses}`);
      const headers = { "webhook-allowed-origin": "*", "webhook-allowed-rate": "60" };
      return Promise.resolve(new Response(null, { status: 204, headers }));
    },
  });
  const url = "https://rebound.example/bellhop";
  const delivery = {
    envelope: { specversion: "1.0", id: "1", source: "/a", type: "b" },
    deliveryId: "dlv_1",
    attempt: 1,
    receiver: "users",
    instance: "a",
    endpoint: url,
    timeoutMs: 1_000,
  } as const;
  assertEquals(await transport.consent!(url, "users", 1_000), { ratePerMinute: 60 });
  assertEquals((await transport.deliver(delivery)).verdict, "ack");
  address = "10.0.0.7";
  assertEquals((await transport.deliver(delivery)).reason, "endpoint-refused");
  assertEquals(await transport.health(url, "health", 1_000), "fail");
  for (const ask of [() => transport.manifest(url, 1_000), () => transport.consent!(url, "users", 1_000)]) {
    assertEquals((await assertRejects(ask, BellhopError)).code, "endpoint-refused");
  }
  assertEquals(dialled, ["OPTIONS 93.184.215.14", "POST 93.184.215.14"]);
});

Deno.test("each attempt is signed anew by the clock of its moment, always with the delivery's id", async () => {
  const secret = newSigningSecret();
  let nowMs = NOW_MS;
  const seen: Headers[] = [];
  const transport = fetchTransport({
    keysOf: createKeyring({ users: secret }),
    nowMs: () => nowMs,
    fetch: (_url, { headers }) => {
      seen.push(new Headers(headers));
      return Promise.resolve(new Response(null, { status: 503 }));
    },
  });
  const attempt = (receiver: string) =>
    transport.deliver({
      envelope: { specversion: "1.0", id: "1", source: "/a", type: "b" },
      deliveryId: "dlv_1",
      attempt: 1,
      receiver,
      instance: "a",
      endpoint: "http://127.0.0.1:1/",
      timeoutMs: 1_000,
    });
  await attempt("users");
  nowMs += 61_000;
  await attempt("users");
  const told = seen.map((headers) => [headers.get("webhook-id"), headers.get("webhook-timestamp")]);
  assertEquals(told, [["dlv_1", "1767225600"], ["dlv_1", "1767225661"]]);
  assertNotEquals(seen[0].get("webhook-signature"), seen[1].get("webhook-signature"));
  assertEquals((await attempt("nobody")).reason, "secret-missing");
  assertEquals(seen.length, 2);
  assertMatch(seen[0].get("webhook-signature")!, /^v1,/);
});

Deno.test("the proxy keeps the caller's credential from the service", async () => {
  await using bus = await secureBus();
  const seen: Headers[] = [];
  await using users = endpoint((request) => {
    seen.push(request.headers);
    return Response.json("done");
  });
  await (await bus.ask("users", "POST /registry", registration("users", users.url))).body?.cancel();
  const answer = await bus.ask("caller", "POST /services/users/any?q=1", { body: "x", headers: { "x-own": "kept" } });
  assertEquals([answer.status, await answer.json()], [200, "done"]);
  assertEquals([seen[0].get("authorization"), seen[0].get("x-own")], [null, "kept"]);
  assert(!JSON.stringify([...seen[0]]).includes(bus.tokens.caller));
});
