import { assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertRejects } from "@std/assert";
import { Hono } from "hono";
import { DatabaseSync } from "node:sqlite";
import { memory } from "../../adapters/stores/memory.ts";
import { sqlite } from "../../adapters/stores/sqlite.ts";
import { BellhopError, type ErrorCode, ERRORS } from "../../core/error.ts";
import { connect, gateway, serve, service } from "../../presets/server/mod.ts";
import { faultyStore } from "../../testing/faulty_store.ts";
import { manualClock } from "../../testing/manual_clock.ts";
import { type Ended, kvRows, outbox, type OutboxOptions, sqlRows } from "./mod.ts";
import { until } from "../../../testing/until.ts";

type Say = Response | "nothing";

/** An outbox whose gateway is a function. */
async function boxOf(answer: (id: string, count: number) => Say, options: Partial<OutboxOptions> = {}) {
  const clock = manualClock();
  const asked: string[] = [];
  const headers: Headers[] = [];
  const failed: Ended[] = [];
  const sent: string[] = [];
  const box = await outbox({
    gateway: "http://gateway/bus",
    store: memory(),
    criticalInMemory: true,
    clock,
    random: () => 0.5,
    onFailed: (end) => failed.push(end),
    onSent: ({ id }) => sent.push(id),
    fetch(_url, init) {
      const { id } = JSON.parse(init.body as string);
      asked.push(id);
      headers.push(new Headers(init.headers));
      const say = answer(id, asked.length);
      return say === "nothing" ? Promise.reject(new TypeError("no route")) : Promise.resolve(say);
    },
    ...options,
  });
  return { box, clock, asked, headers, failed, sent };
}

const taken = () => new Response(`{"durability":"flushed"}`, { status: 202 });

function problem(code: ErrorCode, headers: HeadersInit = {}): Response {
  const { status, retry } = ERRORS[code];
  return Response.json({ code, status, retry }, { status, headers });
}

Deno.test("outbox() keeps what is published while the gateway is down, over a restart of both, and delivers each once", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  const seen: string[] = [];
  const orders = service({ name: "orders", version: "1.0.0" }).on("order.*", ({ id }) => void seen.push(id));
  await using receiver = await serve(new Hono().route("/bellhop", orders), { port: 0 });
  const start = async (port: number) => {
    const bus = gateway({ open: true, store: sqlite(`${folder}/bus.db`) });
    const server = await serve(new Hono().route("/bus", bus), { port });
    const stop = async () => {
      await bus.close({ deadlineMs: 1_000 });
      await server.close({ deadlineMs: 1_000 });
    };
    return { url: `${server.url}/bus`, port: Number(new URL(server.url).port), stop };
  };
  let bus = await start(0);
  const registered = await connect(orders, { gateway: bus.url, endpoint: `${receiver.url}/bellhop` });
  const options = { gateway: bus.url, store: sqlite(`${folder}/outbox.db`), source: "/shop" };
  const ids: string[] = [];
  try {
    let box = await outbox(options);
    const before = await box.publish("order.placed", 0, { priority: "CRITICAL" });
    assertEquals(before.durability, "flushed");
    await box.flush();
    await bus.stop();
    for (let n = 0; n < 20; n++) ids.push((await box.publish("order.placed", n, { priority: "CRITICAL" })).id);
    const lost = await box.publish("order.viewed", 0);
    assertEquals(lost.durability, "memory");
    await until(async () => (await box.list()).some(({ reason }) => reason === "unreachable"));
    assertEquals((await box.status()).reachable, false);
    assertEquals((await box.list()).map(({ attempts }) => attempts), Array(21).fill(0));
    await assertRejects(() => outbox(options), BellhopError, "open");
    await box.close({ deadlineMs: 0 });
    box = await outbox(options);
    assertEquals((await box.list()).map(({ id }) => id), ids);
    bus = await start(bus.port);
    await box.flush();
    await until(() => Promise.resolve(seen.length >= 21));
    assertEquals([...seen].sort(), [before.id, ...ids].sort());
    assertEquals(await box.status(), { waiting: 0, sending: 0, deadLetters: 0, reachable: true });
    await box.close();
    box = await outbox(options);
    assertEquals(await box.list(), []);
    await box.close();
  } finally {
    await registered.close({ deadlineMs: 0 });
    await bus.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a final answer ends a message, and nothing else does: any 2xx, and a problem that says so", async () => {
  const answers: readonly (readonly [Say, "taken" | "refused" | "again" | "silence"])[] = [
    [taken(), "taken"],
    [new Response(null, { status: 204 }), "taken"],
    [new Response(null, { status: 200 }), "taken"],
    [problem("envelope-invalid"), "refused"],
    [problem("unauthorized"), "refused"],
    [Response.json({ code: "unheard-of", retry: false }, { status: 503 }), "refused"],
    [problem("queue-full"), "again"],
    [new Response("Bad Gateway", { status: 502 }), "again"],
    // What no gateway said is not final: a proxy may be wrong about a path for a while.
    [new Response("Not Found", { status: 404 }), "again"],
    [Response.json({ code: "unheard-of", retry: true }, { status: 400 }), "again"],
    ["nothing", "silence"],
    [new Response("<!DOCTYPE html>Welcome to our hotel", { status: 200 }), "silence"],
    [new Response(null, { status: 302, headers: { location: "/login" } }), "silence"],
    [new Response("<!DOCTYPE html>Log in first", { status: 511 }), "silence"],
  ];
  for (const [say, meaning] of answers) {
    const { box, clock, asked, failed, sent } = await boxOf((_id, count) => count === 1 ? say : taken());
    const { id } = await box.publish("a", 1, { priority: "CRITICAL" });
    await clock.settle();
    if (meaning === "silence") {
      assertEquals((await box.list()).map(({ attempts }) => attempts), [0]);
      assertEquals(asked.length, 1);
    }
    await clock.settle(10_000);
    assertEquals(asked.length, meaning === "again" || meaning === "silence" ? 2 : 1, `${meaning} ${asked}`);
    assertEquals(sent, meaning === "refused" ? [] : [id]);
    assertEquals(failed.map(({ outcome }) => outcome), meaning === "refused" ? ["rejected"] : []);
    assertEquals((await box.deadLetters()).map((letter) => letter.id), meaning === "refused" ? [id] : []);
    assertEquals((await box.status()).waiting, 0);
    await clock.settle(10 * 3_600_000);
    assertEquals(asked.length, meaning === "again" || meaning === "silence" ? 2 : 1);
    await box.close();
    assertEquals(clock.pending, 0);
  }
});

Deno.test("Retry-After is waited for, in seconds and in each form of HTTP's dates", async () => {
  const dates = ["Thu, 01 Jan 2026 00:02:00 GMT", "Thursday, 01-Jan-26 00:02:00 GMT", "Thu Jan  1 00:02:00 2026"];
  for (const text of ["120", " 120 ", ...dates]) {
    const { box, clock, asked } = await boxOf((_id, count) =>
      count === 1 ? problem("queue-full", { "retry-after": text }) : taken()
    );
    await box.publish("a");
    await clock.settle(119_999);
    assertEquals(asked.length, 1, text);
    await clock.settle(2);
    assertEquals(asked.length, 2, text);
    await box.close();
  }
});

Deno.test("a Retry-After that is neither seconds nor a date of HTTP is ignored, whatever the platform would make of it", async () => {
  for (const text of ["soon", "12 2099", "2099-01-01", "2099-01-01T00:00:00Z", "1.5", "-7", "Jan 1 2099", "1e3"]) {
    const { box, clock, asked } = await boxOf((_id, count) =>
      count === 1 ? problem("queue-full", { "retry-after": text }) : taken()
    );
    await box.publish("a");
    await clock.settle();
    assertEquals(asked.length, 2, text);
    await box.close();
  }
});

Deno.test("a gateway that hangs is left after 15 s, and that is no answer", async () => {
  const clock = manualClock();
  let asked = 0;
  const fetch = (_url: string, { signal }: RequestInit) => {
    asked++;
    return new Promise<Response>((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
  };
  const box = await outbox({ gateway: "/bus", fetch, clock });
  await box.publish("a", 1, { priority: "LOW" });
  await clock.settle(14_999);
  assertEquals((await box.list()).map(({ state, reason }) => [state, reason]), [["sending", ""]]);
  await clock.settle(2_000);
  assertEquals((await box.list()).map(({ reason, attempts }) => [reason, attempts]), [["timeout", 0]]);
  await clock.settle(600_000);
  assertGreaterOrEqual(asked, 8);
  const closing = box.close({ deadlineMs: 1_000 });
  await clock.settle(2_000);
  await closing;
});

Deno.test("a token is asked for before each attempt", async () => {
  let given = 0;
  const { box, clock, headers } = await boxOf((_id, count) => count === 1 ? problem("queue-full") : taken(), {
    token: () => Promise.resolve(`t${++given}`),
  });
  await box.publish("a");
  await clock.settle(1_000);
  assertEquals(headers.map((each) => each.get("authorization")), ["Bearer t1", "Bearer t2"]);
  await box.close();
});

Deno.test("publish() refuses what it cannot keep: CRITICAL without a store, too much, out of time, and all once it is closed", async () => {
  const { box, clock } = await boxOf(() => "nothing", { maxMessages: 1 });
  await box.publish("a", 1);
  await assertRejects(() => box.publish("b", 1, { priority: "HIGH" }), BellhopError, "no room");
  await box.publish("b", 1, { priority: "CRITICAL", expirytime: "2030-01-01T00:00:00Z" });
  await assertRejects(() => box.publish("c", 1, { priority: "CRITICAL" }), BellhopError, "no room");
  await assertRejects(() => box.publish("c", 1, { expirytime: "2020-01-01T00:00:00Z" }), BellhopError, "expirytime");
  await assertRejects(() => box.publish("c", 1, { expirytime: "soon" }), BellhopError, "expirytime");
  // @ts-expect-error no such priority
  await assertRejects(() => box.publish("c", 1, { priority: "URGENT" }), BellhopError, "priority");
  await box.close();
  assertEquals((await assertRejects(() => box.publish("c"), BellhopError)).code, "closing");
  assertEquals(clock.pending, 0);
  await using without = await outbox({ gateway: "/bus", clock, fetch: () => Promise.reject(new TypeError()) });
  assertEquals(
    (await assertRejects(() => without.publish("c", 1, { priority: "CRITICAL" }), BellhopError)).code,
    "store-required",
  );
  await assertRejects(() => outbox({ gateway: "/bus?x=1" }), BellhopError, "gateway");
  await assertRejects(() => outbox({ gateway: "/bus", maxMessages: 0 }), BellhopError, "maxMessages");
});

Deno.test("what waits is listed and cancelled; what failed is told, kept, sent again or thrown away", async () => {
  const { box, clock, asked, failed, sent } = await boxOf((id, count) =>
    count === 1 ? problem("forbidden") : id === "late" ? "nothing" : taken()
  );
  const first = await box.publish("a", { n: 1 }, { priority: "CRITICAL", id: "first" });
  await clock.settle();
  assertEquals(failed.map(({ id, reason, attempts }) => [id, reason, attempts]), [["first", "forbidden", 1]]);
  const [letter] = await box.deadLetters();
  assertEquals([letter.envelope.data, letter.outcome], [{ n: 1 }, "rejected"]);
  await box.redrive(first);
  await clock.settle();
  assertEquals([sent, await box.deadLetters()], [["first"], []]);
  await assertRejects(() => box.discard(first), BellhopError, "no such");

  const late = await box.publish("a", 1, { id: "late", priority: "HIGH" });
  await clock.settle();
  assertEquals((await box.list()).map(({ id, priority, state }) => [id, priority, state]), [["late", "HIGH", "ready"]]);
  await box.cancel(late);
  assertEquals(failed.map(({ outcome }) => outcome), ["rejected", "cancelled"]);
  await assertRejects(() => box.cancel(late), BellhopError, "no such message");
  await clock.settle(3_600_000);
  assertLessOrEqual(asked.length, 4);
  await box.close();
});

Deno.test("a store that fails refuses the publisher, is opened anew, and what it had acknowledged is sent", async () => {
  const faulty = faultyStore(memory());
  const errors: unknown[] = [];
  let up = false;
  const { box, clock, sent } = await boxOf(() => up ? taken() : "nothing", {
    store: faulty.open,
    onError: (error) => errors.push(error),
  });
  await box.publish("a", 1, { priority: "CRITICAL", id: "kept" });
  await box.publish("a", 1, { id: "in memory" });
  faulty.failWrites();
  const refused = await assertRejects(() => box.publish("a", 1, { priority: "CRITICAL", id: "lost" }), BellhopError);
  assertEquals(refused.code, "not-durable");
  assertEquals(
    (await assertRejects(() => box.publish("a", 1, { priority: "CRITICAL" }), BellhopError)).code,
    "not-durable",
  );
  await clock.settle(1_000);
  assertEquals(errors.length, 1);
  assertEquals((await box.list()).map(({ id }) => id).sort(), ["in memory", "kept"]);
  await box.publish("a", 1, { priority: "CRITICAL", id: "after" });
  up = true;
  await clock.settle(61_000);
  assertEquals([...sent].sort(), ["after", "in memory", "kept"]);
  await box.close();
});

Deno.test("a store that fails misses nothing: what ended while it was away is not sent again, in this life or the next", async () => {
  const faulty = faultyStore(memory());
  const gate = Promise.withResolvers<void>();
  const store = faulty.open;
  const { box, clock, sent } = await boxOf(taken, { store, fetch: () => gate.promise.then(taken) });
  await box.publish("a", 1, { priority: "CRITICAL", id: "under way" });
  faulty.failWrites();
  await assertRejects(() => box.publish("a", 1, { priority: "CRITICAL" }), BellhopError);
  assertEquals((await box.list()).map(({ id, state }) => [id, state]), [["under way", "sending"]]);
  gate.resolve();
  await clock.settle(10_000);
  assertEquals([sent, await box.list()], [["under way"], []]);
  await box.close();
  const next = await boxOf(taken, { store });
  await next.clock.settle(60_000);
  assertEquals(next.asked, []);
  await next.box.close();
});

Deno.test("a cancellation or a discard whose write fails is answered, and its end told, when the store is open anew", async () => {
  const faulty = faultyStore(memory());
  let up = false;
  const { box, clock, failed } = await boxOf(() => up ? problem("forbidden") : "nothing", { store: faulty.open });
  for (const wish of ["cancel", "discard"] as const) {
    up = wish === "discard";
    const kept = await box.publish("a", 1, { priority: "CRITICAL" });
    await clock.settle(61_000);
    const before = failed.length;
    faulty.failWrites();
    let answered = false;
    const asked = box[wish](kept).then(() => answered = true);
    await clock.settle(50);
    assertEquals([answered, failed.length, await box.list(), await box.deadLetters()], [false, before, [], []]);
    await clock.settle(1_000);
    await asked;
  }
  assertEquals(failed.map(({ outcome }) => outcome), ["cancelled", "rejected"]);
  await box.close();
});

Deno.test("a cancellation that close() cuts off is refused and no end, also where the store cannot be opened any more", async () => {
  for (const hangs of [false, true]) {
    const faulty = faultyStore(memory());
    let opened = 0;
    const store = () => opened++ > 0 && hangs ? new Promise<never>(() => {}) : faulty.open();
    const { box, clock, failed } = await boxOf(() => "nothing", { store });
    const kept = await box.publish("a", 1, { priority: "CRITICAL" });
    await clock.settle();
    faulty.failWrites();
    const asked = assertRejects(() => box.cancel(kept), BellhopError);
    await clock.settle(hangs ? 60_000 : 0);
    const closing = box.close({ deadlineMs: 1_000 });
    await clock.settle(1_000);
    await closing;
    assertEquals([(await asked).code, failed], ["closing", []]);
    const next = await boxOf(taken, { store: faulty.open });
    await next.clock.settle(1_000);
    assertEquals(next.sent, [kept.id], "it waits on the disk still");
    await next.box.close();
    assertEquals(clock.pending, 0);
  }
});

Deno.test("discard() of what a redrive that failed may have made a message again is refused until the store is open", async () => {
  for (const applied of [false, true, 1]) {
    const faulty = faultyStore(memory());
    let up = false;
    const { box, clock, sent } = await boxOf(() => up ? taken() : problem("forbidden"), { store: faulty.open });
    const kept = await box.publish("a", 1, { priority: "CRITICAL" });
    await clock.settle();
    faulty.failWrites({ applied });
    await assertRejects(() => box.redrive(kept), BellhopError);
    assertEquals((await assertRejects(() => box.discard(kept), BellhopError)).code, "not-durable");
    up = true;
    await clock.settle(60_000);
    assertEquals([sent, (await box.deadLetters()).length], applied === false ? [[], 1] : [[kept.id], 0]);
    await box.close();
  }
});

Deno.test("publish() refuses a CRITICAL whose dead letter would not fit, and one for a store that is memory alone", async () => {
  const roomy = memory();
  const maxRecordBytes = 2_000;
  const open = async () => {
    const store = await roomy();
    return { ...store, capabilities: { ...store.capabilities, maxRecordBytes } };
  };
  const { box, clock } = await boxOf(() => problem("forbidden"), { store: open });
  const size = (text: string) =>
    box.publish("a", text, { priority: "CRITICAL" }).then(() => "kept", ({ code }) => code);
  assertEquals(await size("ü".repeat(400)), "kept");
  assertEquals(await size("ü".repeat(700)), "record-too-large");
  await clock.settle(1_000);
  assertEquals((await box.deadLetters()).length, 1);
  assertEquals((await box.status()).waiting, 0);
  await box.close();

  const volatile = await boxOf(taken, { criticalInMemory: false });
  assertEquals(
    (await assertRejects(() => volatile.box.publish("a", 1, { priority: "CRITICAL" }), BellhopError)).code,
    "store-required",
  );
  await volatile.box.publish("a", 1);
  await volatile.box.close();
});

Deno.test("flush() ends with its time or with the outbox, however often it is asked", async () => {
  const { box, clock } = await boxOf(() => "nothing");
  await box.publish("a", 1);
  await clock.settle();
  const before = clock.pending;
  for (let n = 0; n < 100; n++) {
    const asked = assertRejects(() => box.flush({ timeoutMs: 10 }), BellhopError);
    await clock.settle(10);
    assertEquals((await asked).code, "deadline-exceeded");
  }
  assertLessOrEqual(clock.pending, before + 1);
  await box.close();
  assertEquals((await assertRejects(() => box.flush(), BellhopError)).code, "closing");
  assertEquals(clock.pending, 0);
});

Deno.test("close() while a store that failed is opened anew leaves it closed", async () => {
  const faulty = faultyStore(memory());
  const gate = Promise.withResolvers<void>();
  let [opened, shut] = [0, 0];
  const store = async () => {
    if (opened++ > 0) await gate.promise;
    const { close, ...others } = await faulty.open();
    return { ...others, close: () => close().finally(() => shut++) };
  };
  const { box, clock } = await boxOf(taken, { store });
  faulty.failWrites();
  await assertRejects(() => box.publish("a", 1, { priority: "CRITICAL" }), BellhopError);
  await clock.settle(1_000);
  assertEquals([opened, shut], [2, 1]);
  await box.close();
  gate.resolve();
  await clock.settle(0);
  assertEquals([opened, shut], [2, 2]);
});

Deno.test("redrive() leaves a dead letter where it is when the store has no room", async () => {
  const faulty = faultyStore(memory());
  const { box, clock, asked } = await boxOf(() => problem("forbidden"), { store: faulty.open });
  const { source, id } = await box.publish("a", 1, { priority: "CRITICAL" });
  await clock.settle();
  faulty.failWrites({ code: "store-full" });
  const redriven = box.redrive({ source, id });
  const twice = box.redrive({ source, id });
  assertEquals((await assertRejects(() => twice, BellhopError)).code, "in-progress");
  assertEquals((await assertRejects(() => redriven, BellhopError)).code, "store-full");
  assertEquals((await box.deadLetters()).map((letter) => letter.id), [id]);
  await clock.settle(60_000);
  assertEquals([asked.length, (await box.list()).length], [1, 0]);
  await box.close();
});

Deno.test("a listener that throws ends nothing", async () => {
  const errors: unknown[] = [];
  const { box, clock } = await boxOf(() => taken(), {
    onSent: () => {
      throw new Error("mine");
    },
    onError: (error) => errors.push(error),
  });
  await box.publish("a");
  await box.publish("b");
  await clock.settle();
  assertEquals([errors.length, (await box.status()).waiting], [2, 0]);
  await box.close();
});

Deno.test("sqlRows() writes a message in the application's own transaction, and collect() takes over what was committed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
  const { box, clock, asked } = await boxOf(() => taken());
  try {
    let database = new DatabaseSync(`${folder}/app.db`);
    const rowsOf = (db: DatabaseSync) => sqlRows((sql, ...bindings) => db.prepare(sql).all(...bindings));
    database.exec("CREATE TABLE orders (id TEXT)");
    let rows = rowsOf(database);
    const order = async (id: string, end: "COMMIT" | "ROLLBACK") => {
      const sealed = await box.seal("order.placed", { id }, { id });
      database.exec("BEGIN");
      database.prepare("INSERT INTO orders VALUES (?)").run(id);
      rows.put(sealed);
      database.exec(end);
    };
    await order("1", "COMMIT");
    await order("2", "ROLLBACK");
    await order("3", "COMMIT");
    // The process ends here, and another goes on.
    database.close();
    database = new DatabaseSync(`${folder}/app.db`);
    rows = rowsOf(database);
    assertEquals(database.prepare("SELECT id FROM orders").all().map(({ id }) => id), ["1", "3"]);
    // Cut off between taking over and removing: the gateway knows the id.
    const { remove, ...others } = rows;
    const cut = { ...others, remove: () => Promise.reject(new Error("killed")) };
    await assertRejects(() => box.collect(cut), Error, "killed");
    assertEquals(await box.collect({ ...others, remove }), 2);
    assertEquals(await box.collect(rows), 0);
    await clock.settle();
    assertEquals([...new Set(asked)], ["1", "3"]);
    database.close();
  } finally {
    await box.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("kvRows() adds a message to the application's own commit", async () => {
  // deno-lint-ignore no-explicit-any -- its types are Deno's unstable ones
  const kv = await (Deno as any).openKv(":memory:");
  const { box, clock, asked } = await boxOf(() => taken());
  try {
    const rows = kvRows(kv, () => clock.nowMs());
    const commit = async (id: string, versionstamp: string | null) => {
      const atomic = kv.atomic().check({ key: ["order", id], versionstamp }).set(["order", id], 1);
      return (await rows.put(atomic, await box.seal("order.placed", 1, { id })).commit()).ok;
    };
    assertEquals([await commit("1", null), await commit("1", null), await commit("2", null)], [true, false, true]);
    assertEquals(await box.collect(rows), 2);
    await clock.settle();
    assertEquals(asked, ["1", "2"]);
    assertEquals(await box.collect(rows), 0);
  } finally {
    await box.close();
    kv.close();
  }
});
