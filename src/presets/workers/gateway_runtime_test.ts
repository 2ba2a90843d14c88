import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ask, busWorld, register, until } from "../../../testing/workers/bus_world.ts";
import { receiver } from "../../../testing/workers/receiver.ts";

Deno.test("gatewayObject() delivers in workerd, and knows where it is mounted", async () => {
  await using b = receiver();
  await using worker = await busWorld();
  await register(worker, b.url);
  const sent = await ask(worker, "POST", "/messages", { id: "1", type: "thing.happened", priority: "CRITICAL" });
  assertEquals([sent.status, (await sent.json()).durability], [202, "flushed"]);
  await until(() => b.heard.length === 1, "the delivery");
  assertEquals(b.heard, ["1#1"]);
  const missing = await (await ask(worker, "GET", "/messages?source=/test&id=2")).json();
  assertEquals([missing.code, missing.type], ["message-unknown", "/bus/errors#message-unknown"]);
  const strange = await fetch(`${worker.url}/bus/messages`, { method: "POST", headers: { "bellhop-mount": "/x" } });
  assertEquals([strange.status, (await strange.json()).type], [401, "/bus/errors#unauthorized"]);
});

Deno.test("gatewayObject() goes on with a message in backoff after workerd was killed, woken by its alarm alone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  await using b = receiver();
  b.answers.push(503, 503);
  const first = await busWorld(folder);
  await register(first, b.url);
  const sent = await ask(first, "POST", "/messages", { id: "1", type: "thing.happened", priority: "CRITICAL" });
  assertEquals(sent.status, 202, await sent.text());
  await until(() => b.heard.length === 2, "two attempts");
  await first.kill();
  const attempts = b.heard.length;
  await using _second = await busWorld(folder);
  await until(() => b.heard.length > attempts, "an attempt that nobody asked for");
  assertMatch(b.heard[attempts], /^1#[34]$/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("gatewayObject() takes up after an eviction what is CRITICAL", async () => {
  await using b = receiver();
  b.answers.push(503, 503);
  await using worker = await busWorld();
  await register(worker, b.url);
  await (await ask(worker, "POST", "/messages", { id: "1", type: "thing.happened", priority: "CRITICAL" })).text();
  await until(() => b.heard.length === 2, "two attempts");
  await (await ask(worker, "POST", "/abort")).text();
  const [delivery] = (await (await ask(worker, "GET", "/messages?source=/test&id=1")).json()).deliveries;
  assertEquals([delivery.state, delivery.attempts >= 2], ["waiting", true]);
  await until(() => b.heard.length === 3, "the third attempt");
});

Deno.test("gateway() on workerd without an object says which lines of configuration are missing", async () => {
  await using worker = await busWorld(undefined, {});
  const response = await ask(worker, "POST", "/messages", { id: "1", type: "thing.happened" });
  const problem = await response.json();
  assertEquals([response.status, problem.code], [501, "engine-required"]);
  assertStringIncludes(problem.detail, '"new_sqlite_classes": ["Bus"]');
});
