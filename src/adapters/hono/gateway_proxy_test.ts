import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { Hono } from "hono";
import { effort } from "../../../testing/effort.ts";
import { fakeEngine } from "./_fake_engine_test.ts";
import { sendRaw, serving } from "./_serving_test.ts";
import { gatewayRoutes } from "./gateway.ts";
import type { GatewayLimits } from "./_gateway.ts";
import { until } from "../../../testing/until.ts";

/** A gateway before one service, both served for real. */
function proxied(handler: Deno.ServeHandler, limits: Partial<GatewayLimits> = {}) {
  const engine = fakeEngine();
  const service = serving(handler);
  engine.endpoint = `${service.url}/bellhop`;
  const gateway = serving(new Hono().route("/bus", gatewayRoutes({ engine, open: true, limits })).fetch);
  return {
    engine,
    gateway,
    url: `${gateway.url}/bus/services/users`,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

Deno.test("the proxy passes on method, path, query, headers and body, and the answer likewise", async () => {
  let seen: { method: string; url: string; headers: Headers; body: Uint8Array<ArrayBuffer> } | undefined;
  await using at = proxied(async (request) => {
    seen = { method: request.method, url: request.url, headers: request.headers, body: await request.bytes() };
    return new Response(seen.body, { status: 203, headers: { "x-answer": "yes", "content-type": "x/y" } });
  });
  const path = fc.array(fc.constantFrom("a", "B", "%20", "é", "+", "..x", "%2B", "@", ":", "~"), { maxLength: 6 })
    .map((parts) => "/" + parts.map((part) => part === "é" ? "%C3%A9" : part).join(""));
  const query = fc.constantFrom("", "?", "?a=1&b=%20+", "?x=/../y");
  const method = fc.constantFrom("POST", "PUT", "DELETE", "PATCH", "OPTIONS");
  const body = fc.uint8Array({ maxLength: 5_000 });
  await fc.assert(
    fc.asyncProperty(method, path, query, body, async (method, path, query, body) => {
      const response = await fetch(at.url + path + query, { method, body, headers: { "x-own": "1", te: "trailers" } });
      assertEquals([response.status, response.headers.get("x-answer")], [203, "yes"]);
      assertEquals(response.headers.get("content-type"), "x/y");
      assertEquals(await response.bytes(), body);
      assert(seen !== undefined);
      assertEquals([seen.method, new URL(seen.url).pathname], [method, path]);
      assertEquals(seen.url.endsWith(path + (query === "?" ? "" : query)) || seen.url.endsWith(path + query), true);
      assertEquals([seen.headers.get("x-own"), seen.headers.get("te")], ["1", null]);
      assertEquals(seen.body, body);
    }),
    { numRuns: effort(30, 100) },
  );
  await until(() => at.engine.calls.length > 0 && at.engine.calls.every((call) => call === "users true true"));
});

Deno.test("the proxy removes what belongs to one hop, in both directions", async () => {
  let seen = new Headers();
  await using at = proxied((request) => {
    seen = request.headers;
    return new Response("ok", {
      headers: { connection: "x-hop", "x-hop": "1", "x-kept": "1", "proxy-authenticate": "b" },
    });
  });
  const answer = await sendRaw(at.gateway.port, [
    "GET /bus/services/users/x HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: x-mine, keep-alive\r\nx-mine: 1\r\n" +
    "keep-alive: timeout=5\r\nproxy-authorization: secret\r\nbellhop-lease: lse_1\r\nx-kept: 1\r\n\r\n",
  ], { until: /ok$/ });
  assert(answer.startsWith("HTTP/1.1 200"), answer);
  for (const name of ["x-mine", "keep-alive", "proxy-authorization", "bellhop-lease"]) {
    assertFalse(seen.has(name), name);
  }
  assertEquals(seen.get("x-kept"), "1");
  assertFalse(/x-hop|proxy-authenticate/i.test(answer), answer);
  assert(/x-kept: 1/i.test(answer));
  assertEquals(at.engine.renewed, ["lse_1"]);
});

Deno.test("the proxy streams both ways, and the instance is busy until the answer has ended", async () => {
  await using at = proxied((request) => new Response(request.body));
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const writer = up.writable.getWriter();
  const init = { method: "POST", body: up.readable, duplex: "half" };
  const [response] = await Promise.all([fetch(`${at.url}/echo`, init), writer.write(new Uint8Array([1]))]);
  const reader = response.body!.getReader();
  assertEquals((await reader.read()).value, new Uint8Array([1]));
  for (let i = 2; i < 6; i++) {
    await writer.write(new Uint8Array([i]));
    assertEquals((await reader.read()).value, new Uint8Array([i]));
  }
  assertEquals(at.engine.calls, []);
  await writer.close();
  assert((await reader.read()).done);
  await until(() => at.engine.calls.join() === "users true true");
});

Deno.test("the proxy tells the service how long it may take, and gives up in time, without a retry", async () => {
  let calls = 0;
  const deadlines: number[] = [];
  await using at = proxied(async (request) => {
    calls++;
    deadlines.push(Number(request.headers.get("bellhop-deadline-ms")));
    await new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve()));
    return new Response("too late");
  }, { callTimeoutMs: 150 });
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(`${at.url}/x`, { headers });
    return [response.status, (await response.json()).code];
  };
  assertEquals(await ask({}), [504, "timeout"]);
  assertEquals(await ask({ "bellhop-deadline-ms": "60000" }), [504, "timeout"]);
  assertEquals(await ask({ "bellhop-deadline-ms": "100" }), [504, "deadline-exceeded"]);
  assertEquals(await ask({ "bellhop-deadline-ms": "0" }), [504, "deadline-exceeded"]);
  assertEquals(await ask({ "bellhop-deadline-ms": "soon" }), [504, "timeout"]);
  assertEquals(calls, 4);
  assert(deadlines.every((ms) => ms > 0 && ms <= 150) && deadlines[2] <= 100, deadlines.join());
  assertEquals(at.engine.calls, Array(4).fill("users false false"));
});

Deno.test("the proxy passes on a failure as it is, once, and tells what cannot be reached", async () => {
  let calls = 0;
  await using at = proxied(() => {
    calls++;
    return new Response("busy", { status: 503, headers: { "retry-after": "7" } });
  });
  const response = await fetch(`${at.url}/x`, { method: "POST", body: "x" });
  assertEquals([response.status, response.headers.get("retry-after"), await response.text()], [503, "7", "busy"]);
  assertEquals(calls, 1);
  await until(() => at.engine.calls.join() === "users false true");
  at.engine.endpoint = "http://127.0.0.1:1/x";
  assertEquals((await (await fetch(`${at.url}/x`)).json()).code, "unreachable");
  at.engine.endpoint = undefined;
  assertEquals((await (await fetch(`${at.url}/x`)).json()).code, "no-instance");
  assertEquals((await (await fetch(`${at.gateway.url}/bus/services/nobody/x`)).json()).code, "service-unknown");
});

Deno.test("the proxy follows no redirect and sends no body where there is none", async () => {
  await using at = proxied((request) =>
    new URL(request.url).pathname === "/from"
      ? new Response(null, { status: 302, headers: { location: "/to" } })
      : new Response(null, { status: 204 })
  );
  const redirect = await fetch(`${at.url}/from`, { redirect: "manual" });
  assertEquals([redirect.status, redirect.headers.get("location")], [302, "/to"]);
  await redirect.body?.cancel();
  assertEquals((await fetch(`${at.url}/`, { method: "HEAD" })).status, 204);
  await until(() => at.engine.calls.length === 2);
});

Deno.test("the proxy bounds its calls, those that still stream included, and counts each out however it ends", async () => {
  let end = () => {};
  await using at = proxied(({ url }) => {
    if (!url.endsWith("/held")) return new Response("done");
    return new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(1));
          end = () => controller.close();
        },
      }),
    );
  }, { maxCalls: 1 });
  const held = await fetch(`${at.url}/held`);
  const refused = await fetch(`${at.url}/x`);
  assertEquals([refused.status, (await refused.json()).code], [503, "too-many-streams"]);
  end();
  await held.body?.cancel();
  const { endpoint } = at.engine;
  for (const broken of [undefined, "http://127.0.0.1:1/bellhop", endpoint]) {
    at.engine.endpoint = broken;
    let code = "too-many-streams";
    for (let turn = 0; turn < 200 && code === "too-many-streams"; turn++) {
      const answer = await fetch(`${at.url}/x`);
      code = answer.ok ? await answer.text() : (await answer.json()).code;
    }
    assertEquals(code, broken === undefined ? "no-instance" : broken === endpoint ? "done" : "unreachable");
  }
});

Deno.test("the proxy gives up its call when the caller goes away", async () => {
  let gone = false;
  await using at = proxied(async (request) => {
    await new Promise<void>((resolve) => request.signal.addEventListener("abort", () => resolve()));
    gone = true;
    return new Response("nobody hears this");
  });
  const leaving = new AbortController();
  const asking = fetch(`${at.url}/x`, { signal: leaving.signal }).catch(() => "left");
  setTimeout(() => leaving.abort(), 50);
  assertEquals(await asking, "left");
  await until(() => gone && at.engine.calls.join() === "users true false");
});

Deno.test("the proxy ends the call when the caller stops reading an endless answer", async () => {
  const chunk = new Uint8Array(65_536);
  await using at = proxied(() => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })));
  const response = await fetch(`${at.url}/x`);
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  await until(() => at.engine.calls.join() === "users true true");
});
