import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { TraceEvent } from "../../core/bus/trace.ts";
import { BellhopError } from "../../core/error.ts";
import type { Envelope } from "../../core/envelope/mod.ts";
import type { Priority } from "../../core/priority/mod.ts";
import type { Engine } from "../../ports/engine.ts";
import type { OpenStore } from "../../ports/store.ts";
import type { Answer, Delivery } from "../../ports/transport.ts";
import { faultyStore } from "../../testing/faulty_store.ts";
import { type ManualClock, manualClock } from "../../testing/manual_clock.ts";
import { seededRandom } from "../../testing/seeded_random.ts";
import { systemClock } from "../clocks/system.ts";
import { memory } from "../stores/memory.ts";
import { sqlite } from "../stores/sqlite.ts";
import { type MemoryEndpoint, memoryTransport } from "../transports/memory.ts";
import { embedded } from "./embedded.ts";

const BUSY: Answer = { verdict: "nak", reason: "status-503", answered: true };
const NEVER: Answer = { verdict: "term", reason: "status-422", answered: true };
const ANYONE = { principal: "/test" };

interface World {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly endpoints: Map<string, MemoryEndpoint>;
  /** What each service was called with, in order. */
  readonly calls: { readonly service: string; readonly id: string; readonly attempt: number; readonly atMs: number }[];
  readonly trace: TraceEvent[];
  /** Registers a service whose instance answers as told. */
  add(
    service: string,
    subscriptions: string[],
    answer?: (delivery: Delivery) => Answer | void | Promise<Answer | void>,
    more?: object,
  ): Promise<string>;
}

async function world(store: OpenStore = memory(), clock: ManualClock = manualClock()): Promise<World> {
  const endpoints = new Map<string, MemoryEndpoint>();
  const calls: World["calls"] = [];
  const trace: TraceEvent[] = [];
  let tokens = 0;
  const engine = await embedded({
    store,
    clock,
    transport: memoryTransport(endpoints),
    random: () => 0.5,
    token: () => `token-${clock.nowMs()}-${++tokens}`,
    registry: { healthIntervalMs: 0 },
    criticalInMemory: true,
    trace: (step) => step.subject === "message" && trace.push(step.event),
  });
  return {
    engine,
    clock,
    endpoints,
    calls,
    trace,
    async add(service, subscriptions, answer = () => {}, more = {}) {
      const endpoint = `http://127.0.0.1:1/${service}/${endpoints.size}`;
      endpoints.set(endpoint, {
        handle(delivery) {
          calls.push({ service, id: delivery.envelope.id, attempt: delivery.attempt, atMs: clock.nowMs() });
          return answer(delivery);
        },
      });
      const data = { name: service, version: "1", endpoint, subscriptions, leaseMs: 3_600_000, ...more };
      return (await engine.register(data)).lease;
    },
  };
}

function message(id: string, type: string, priority: Priority = "NORMAL", more: Partial<Envelope> = {}): Envelope {
  return { specversion: "1.0", id, source: "/test", type, priority, data: { id }, ...more };
}

const kinds = (trace: readonly TraceEvent[]): string[] => trace.map(({ kind }) => kind);

Deno.test("embedded() delivers a broadcast once to each service that subscribes", async () => {
  const { engine, add, calls, clock } = await world();
  await add("users", ["user.*", "user.updated"]);
  await add("audit", [">"]);
  await add("other", ["order.*"]);
  const sent = await engine.publish(message("1", "user.updated"), ANYONE);
  assertEquals(sent, {
    source: "/test",
    id: "1",
    durability: "memory",
    receivers: ["users", "audit"],
    duplicate: false,
  });
  const { deliveries } = await engine.settled("/test", "1", 1_000);
  assertEquals(deliveries.map(({ receiver, outcome }) => [receiver, outcome]), [["users", "delivered"], [
    "audit",
    "delivered",
  ]]);
  assertEquals(calls.map(({ service }) => service), ["users", "audit"]);
  await engine.close();
  assertEquals(clock.pending, 0);
});

Deno.test("embedded() plays the seed's error handling flow for CRITICAL: retry 1 at once, stored, backoff, retry 2", async () => {
  const { engine, add, calls, clock, trace } = await world();
  const lease = await add("a", [], () => {}, { receipts: true });
  let failures = 2;
  await add("b", ["alarm"], () => failures-- > 0 ? BUSY : undefined);
  const publisher = { principal: "/test", lease };
  await engine.publish(message("1", "alarm", "CRITICAL"), publisher);
  await clock.settle(60_000);
  assertEquals(kinds(trace), [
    "accepted",
    "attempt",
    "failed",
    "retry",
    "failed",
    "stored",
    "waiting",
    "retry",
    "delivered",
    "receipt",
    "ended",
    "accepted",
    "attempt",
    "delivered",
    "ended",
  ]);
  const [first, second, third] = calls.filter(({ service }) => service === "b").map(({ atMs }) => atMs);
  assertEquals([second - first, third - first], [0, 500], "retry 1 at once, retry 2 after u * 1,000 ms with u = 0.5");
  const receipt = trace.filter(({ type }) => type === "message.delivered");
  assertEquals(receipt[0].kind, "accepted");
  assertEquals(calls.filter(({ service }) => service === "a").length, 1);
  await engine.close();
});

Deno.test("embedded() acknowledges a CRITICAL, and tries it, only when it is flushed", async () => {
  const faulty = faultyStore(memory());
  const { engine, add, calls, clock } = await world(faulty.open);
  await add("b", ["alarm"]);
  faulty.hold();
  let acknowledged = false;
  const sent = Promise.resolve(engine.publish(message("1", "alarm", "CRITICAL"), ANYONE)).then(() => {
    acknowledged = true;
  });
  const again = Promise.resolve(engine.publish(message("1", "alarm", "CRITICAL"), ANYONE));
  await clock.settle(10_000);
  assertEquals([acknowledged, calls.length], [false, 0]);
  await assertRejects(() => engine.status("/test", "1"), BellhopError, "No message");
  faulty.release();
  await sent;
  assertEquals((await again).duplicate, true);
  await clock.settle();
  assertEquals(calls.length, 1);
  await engine.close();
});

Deno.test("embedded() refuses a CRITICAL that cannot be flushed, says so in its health, and goes on with the rest", async () => {
  const faulty = faultyStore(memory());
  const { engine, add, calls, clock } = await world(faulty.open);
  await add("b", ["alarm"]);
  faulty.failWrites({ times: Infinity });
  const refused = await assertRejects(
    async () => await engine.publish(message("1", "alarm", "CRITICAL"), ANYONE),
    BellhopError,
  );
  assertEquals(refused.code, "not-durable");
  await clock.settle();
  assertEquals(calls.length, 0);
  assertEquals((await engine.health()).status, "fail");
  await engine.publish(message("2", "alarm"), ANYONE);
  await clock.settle();
  assertEquals(calls.map(({ id }) => id), ["2"]);
  await assertRejects(() => engine.status("/test", "1"), BellhopError, "No message");
  await engine.close();
});

Deno.test("embedded() asks for the writes of one turn in that turn, so that the store can flush them as one", async () => {
  const faulty = faultyStore(memory());
  const { engine, add } = await world(faulty.open);
  await add("b", ["alarm"]);
  const before = faulty.writes;
  const sent = Array.from({ length: 64 }, (_, i) => engine.publish(message(`m${i}`, "alarm", "CRITICAL"), ANYONE));
  assertEquals(faulty.writes - before, 64);
  await Promise.all(sent);
  await engine.close();
});

Deno.test("embedded() takes a waiting CRITICAL up again after a restart, and waits no longer than it was to wait", async () => {
  const store = memory();
  const clock = manualClock();
  const before = await world(store, clock);
  await before.add("b", ["alarm"], () => BUSY);
  await before.engine.publish(message("1", "alarm", "CRITICAL"), ANYONE);
  await before.engine.publish(message("2", "alarm", "HIGH"), ANYONE);
  await clock.settle(100);
  assertEquals((await before.engine.status("/test", "1")).deliveries[0].state, "waiting");
  await before.engine.close({ deadlineMs: 0 });

  const after = await world(store, clock);
  await clock.settle(0);
  assertEquals(after.trace.map(({ kind, id }) => [kind, id]), [["recovered", "1"]]);
  const [delivery] = (await after.engine.status("/test", "1")).deliveries;
  assertEquals([delivery.state, delivery.attempts, delivery.lastError], ["waiting", 2, "status-503"]);
  assert(delivery.nextAttemptMs! <= clock.nowMs() + 500);
  await assertRejects(() => after.engine.status("/test", "2"), BellhopError, "No message");
  assertEquals((await after.engine.service("b")).instances[0].state, "suspect");
  for (const endpoint of before.endpoints.keys()) {
    after.endpoints.set(endpoint, {
      handle: () => void after.calls.push({ service: "b", id: "", attempt: 0, atMs: 0 }),
    });
  }
  await clock.settle(500);
  assertEquals(after.calls.length, 1);
  assertEquals((await after.engine.status("/test", "1")).deliveries[0].outcome, "delivered");
  const again = await after.engine.publish(message("1", "alarm", "CRITICAL"), ANYONE);
  assertEquals(again.duplicate, true);
  await after.engine.close();
});

Deno.test("embedded() holds what is for a service without an instance, and counts it as an attempt", async () => {
  const { engine, add, clock } = await world();
  const lease = await add("b", ["alarm"]);
  await engine.deregister(lease, false);
  await engine.publish(message("1", "alarm", "CRITICAL"), ANYONE);
  await clock.settle(100);
  const [delivery] = (await engine.status("/test", "1")).deliveries;
  assertEquals([delivery.state, delivery.attempts, delivery.lastError], ["waiting", 2, "no-instance"]);
  await add("b", ["alarm"]);
  await clock.settle(60_000);
  assertEquals((await engine.status("/test", "1")).deliveries[0].outcome, "delivered");
  await engine.close();
});

Deno.test("embedded() ends what waits for a service that deregisters, and refuses what is addressed to it", async () => {
  const { engine, add, clock } = await world();
  const lease = await add("b", ["alarm"], () => BUSY);
  await engine.publish(message("1", "alarm", "HIGH"), ANYONE);
  await clock.settle(100);
  await engine.deregister(lease, true);
  await clock.settle();
  assertEquals((await engine.status("/test", "1")).deliveries[0].outcome, "receiver-gone");
  const refused = await assertRejects(
    async () => await engine.publish(message("2", "alarm", "HIGH", { target: "b" }), ANYONE),
    BellhopError,
  );
  assertEquals(refused.code, "target-unknown");
  await engine.close();
});

Deno.test("embedded() keeps a rejected message as a dead letter that can be redriven and discarded", async () => {
  const { engine, add, clock } = await world();
  let answer: Answer | undefined = NEVER;
  await add("b", ["alarm"], () => answer);
  await engine.publish(message("1", "alarm", "CRITICAL"), ANYONE);
  await engine.publish(message("2", "alarm"), ANYONE);
  await clock.settle(10);
  const { entries } = await engine.deadLetters(10);
  assertEquals(entries.map(({ envelope, outcome, durable }) => [envelope.id, outcome, durable]), [
    ["1", "rejected", true],
    ["2", "rejected", false],
  ]);
  answer = undefined;
  await engine.redrive(entries[0].id);
  await clock.settle();
  const [delivery] = (await engine.status("/test", "1")).deliveries;
  assertEquals([delivery.run, delivery.outcome, delivery.attempts], [2, "delivered", 1]);
  await engine.discard(entries[1].id);
  assertEquals((await engine.deadLetters(10)).entries, []);
  await engine.close();
});

Deno.test("embedded() finishes the attempts under way when it closes, and accepts nothing more", async () => {
  const { engine, add, clock } = await world();
  const { promise, resolve } = Promise.withResolvers<void>();
  await add("b", ["alarm"], () => promise);
  await engine.publish(message("1", "alarm"), ANYONE);
  await clock.settle();
  const watched = engine.settled("/test", "1", 60_000);
  assertEquals(engine.closing, false);
  const closed = engine.close({ deadlineMs: 5_000 });
  assertEquals(engine.closing, true);
  const refused = await assertRejects(async () => await engine.publish(message("2", "alarm"), ANYONE), BellhopError);
  assertEquals(refused.code, "closing");
  resolve();
  await clock.settle();
  assertEquals((await watched).deliveries[0].outcome, "delivered");
  await closed;
  assertEquals(clock.pending, 0);
});

Deno.test("embedded() leaves on disk what was tried of a CRITICAL whose retry came too late for the close", async () => {
  const store = memory();
  const first = await world(store);
  const { promise, resolve } = Promise.withResolvers<void>();
  await first.add("b", ["alarm"], async () => {
    await promise;
    return { verdict: "nak", reason: "status-503", answered: true };
  });
  await first.engine.publish(message("1", "alarm", "CRITICAL"), ANYONE);
  await first.clock.settle();
  const closed = first.engine.close({ deadlineMs: 5_000 });
  resolve();
  await first.clock.settle();
  await closed;
  const second = await world(store);
  await second.clock.settle();
  const [begun] = second.trace.filter(({ kind }) => kind === "attempt" || kind === "retry");
  assertEquals([begun?.kind, begun?.attempt], ["retry", 2]);
  await second.engine.close({ deadlineMs: 0 });
});

Deno.test("embedded() waits for a close no longer than its deadline", async () => {
  const { engine, add, clock } = await world();
  await add("b", ["alarm"], () => new Promise(() => {}));
  await engine.publish(message("1", "alarm"), ANYONE);
  await clock.settle();
  let closed = false;
  const closing = engine.close({ deadlineMs: 5_000 }).then(() => {
    closed = true;
  });
  await clock.settle(4_999);
  assertEquals(closed, false);
  await clock.settle(1);
  await closing;
});

Deno.test("embedded() tells registry events to those who subscribe by the exact name, and nobody else", async () => {
  const { engine, add, clock, calls } = await world();
  await add("watcher", ["service.registered"]);
  await add("everything", [">"]);
  await add("late", []);
  await clock.settle();
  assertEquals(calls.map(({ service }) => service), ["watcher", "watcher", "watcher"]);
  const reserved = await assertRejects(
    async () => await engine.publish(message("1", "service.registered"), ANYONE),
    BellhopError,
  );
  assertEquals(reserved.code, "type-reserved");
  await engine.close();
});

Deno.test("embedded() counts an attempt that nobody settles as failed when its lease ends", async () => {
  const { engine, add, clock } = await world();
  await add("b", ["alarm"], ({ attempt }) => attempt === 1 ? new Promise(() => {}) : undefined);
  await engine.publish(message("1", "alarm"), ANYONE);
  await clock.settle(15_999);
  assertEquals((await engine.status("/test", "1")).deliveries[0].state, "in-flight");
  await clock.settle(2);
  const [delivery] = (await engine.status("/test", "1")).deliveries;
  assertEquals([delivery.outcome, delivery.attempts], ["delivered", 2]);
  await engine.close();
});

Deno.test("embedded() ends every delivery of any fleet exactly once, within the budget of its priority", async () => {
  const priority = fc.constantFrom<Priority>("LOW", "NORMAL", "HIGH", "CRITICAL");
  const most = { LOW: 2, NORMAL: 4, HIGH: 11, CRITICAL: Infinity };
  await fc.assert(
    fc.asyncProperty(
      fc.array(priority, { minLength: 1, maxLength: 30 }),
      fc.integer(),
      fc.integer({ min: 1, max: 4 }),
      async (priorities, seed, services) => {
        const random = seededRandom(seed);
        const { engine, add, clock, trace } = await world();
        for (let s = 0; s < services; s++) {
          await add(`s${s}`, ["t"], () => {
            const u = random();
            return u < 0.4 ? undefined : u < 0.5 ? NEVER : u < 0.75 ? BUSY : Promise.resolve(BUSY);
          });
        }
        for (const [i, p] of priorities.entries()) {
          await engine.publish(message(`m${i}`, "t", p, i % 3 === 0 ? { partitionkey: "k" } : {}), ANYONE);
        }
        await clock.settle(10 * 3_600_000);
        const ended = trace.filter(({ kind }) => kind === "ended");
        for (const { attempt, priority } of ended) assert(attempt! <= most[priority]);
        const names = ended.map(({ id, receiver }) => `${id} ${receiver}`);
        assertEquals(names.length, priorities.length * services);
        assertEquals(new Set(names).size, names.length);
        const { unfinished, inFlight, waiting } = await engine.health();
        assertEquals([unfinished, inFlight, waiting], [0, 0, 0]);
        await engine.close();
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("embedded() goes on after a store refused one write for want of room", async () => {
  const open = memory();
  let full = false;
  const { engine, add } = await world(async () => {
    const store = await open();
    const refuse = () => Promise.reject(new BellhopError("store-full", "no room"));
    return { ...store, write: (operations) => full ? refuse() : store.write(operations) };
  });
  await add("b", ["alarm"]);
  full = true;
  const refused = await assertRejects(async () => await engine.publish(message("1", "alarm", "CRITICAL"), ANYONE));
  assertEquals([(refused as BellhopError).code, (await engine.health()).status], ["store-full", "pass"]);
  full = false;
  await engine.publish(message("2", "alarm", "CRITICAL"), ANYONE);
  assertEquals((await engine.settled("/test", "2", 1_000)).deliveries[0].outcome, "delivered");
  await engine.close();
});

Deno.test("embedded() takes no CRITICAL on a store that keeps nothing, unless it is told to", async () => {
  const engine = await embedded({
    store: memory(),
    clock: manualClock(),
    transport: memoryTransport(new Map()),
    random: () => 0.5,
    token: () => "token",
  });
  const refused = await assertRejects(
    async () => await engine.publish(message("1", "alarm", "CRITICAL"), ANYONE),
    BellhopError,
  );
  assertEquals(refused.code, "store-required");
  assertEquals((await engine.publish(message("2", "alarm", "HIGH"), ANYONE)).durability, "memory");
  await engine.close();
});

Deno.test("embedded() finds its registry again on the disk, by the platform's clock", async () => {
  const directory = await Deno.makeTempDir({ prefix: "bellhop-" });
  const start = () =>
    embedded({
      store: sqlite(`${directory}/bus.db`),
      clock: systemClock(),
      transport: memoryTransport(new Map()),
      random: Math.random,
      token: () => crypto.randomUUID(),
    });
  const before = await start();
  await before.register({ name: "b", version: "1", endpoint: "http://127.0.0.1:1/b", subscriptions: ["alarm"] });
  await before.close();
  const after = await start();
  const [service] = await after.services();
  assertEquals([service.name, service.instances.map(({ state }) => state)], ["b", ["suspect"]]);
  assertEquals((await after.health()).status, "pass");
  await after.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("embedded() lives on when registry events find a full queue, and when a registry write fails", async () => {
  const faulty = faultyStore(memory());
  const clock = manualClock();
  const engine = await embedded({
    store: faulty.open,
    clock,
    transport: memoryTransport(new Map()),
    random: () => 0.5,
    token: counter(),
    registry: { healthIntervalMs: 0 },
    criticalInMemory: true,
    bus: { capacity: 5 },
  });
  const endpoint = "http://127.0.0.1:1/x";
  await engine.register({ name: "watcher", version: "1", endpoint, subscriptions: ["service.suspect", "alarm"] });
  for (let i = 0; i < 5; i++) await engine.publish(message(`m${i}`, "alarm", "CRITICAL"), ANYONE);
  await engine.register({ name: "brief", version: "1", endpoint, subscriptions: [], leaseMs: 1_000 });
  await clock.settle(1_500);
  assertEquals((await engine.service("brief")).instances[0].state, "suspect");
  faulty.failWrites({ times: Infinity });
  await clock.settle(5_000);
  assertEquals((await engine.service("brief")).instances, []);
  assertEquals((await engine.health()).status, "fail");
  await engine.close({ deadlineMs: 0 });
});

Deno.test("embedded() answers a cancellation when it lies on the disk, also of an attempt under way", async () => {
  const store = memory();
  const clock = manualClock();
  const before = await world(store, clock);
  await before.add("b", ["alarm"], () => new Promise(() => {}));
  await before.engine.publish(message("1", "alarm", "CRITICAL"), ANYONE);
  await clock.settle();
  assertEquals((await before.engine.cancel("/test", "1")).deliveries[0].state, "in-flight");
  await before.engine.close({ deadlineMs: 0 });
  const after = await world(store, clock);
  await clock.settle(60_000);
  assertEquals((await after.engine.status("/test", "1")).deliveries[0].outcome, "cancelled");
  assertEquals((await after.engine.deadLetters(10)).entries.map(({ outcome }) => outcome), ["cancelled"]);
  await after.engine.close();
});

Deno.test("embedded() ends after a restart what waits for a service that the registry no longer knows", async () => {
  const store = memory();
  const clock = manualClock();
  const before = await world(store, clock);
  await before.add("b", ["alarm"], () => BUSY);
  await before.engine.publish(message("1", "alarm", "CRITICAL"), ANYONE);
  await clock.settle(10);
  await before.engine.close({ deadlineMs: 0 });
  const opened = await store();
  for (const { key } of await opened.scan("registry", "", 100)) {
    await opened.write([{ keyspace: "registry", key, value: undefined }]);
  }
  await opened.close();
  const after = await world(store, clock);
  await clock.settle();
  assertEquals((await after.engine.status("/test", "1")).deliveries[0].outcome, "receiver-gone");
  await after.engine.close();
});

Deno.test("embedded() keeps its own source to itself, so that nobody can pre-empt a receipt", async () => {
  const { engine } = await world();
  const refused = await assertRejects(
    async () => await engine.publish({ ...message("1", "t"), source: "/bellhop" }, ANYONE),
    BellhopError,
  );
  assertEquals(refused.code, "source-reserved");
  await engine.close();
});

Deno.test("embedded() accepts only what it can also bury: the outcome's record is larger than the message's", async () => {
  const { engine, add, clock } = await world();
  await add("b", ["alarm"], () => NEVER);
  for (const size of [900_000, 1_020_000, 1_030_000, 1_034_000, 1_048_000]) {
    const envelope = { ...message(`m${size}`, "alarm", "CRITICAL"), data: "x".repeat(size) };
    try {
      await engine.publish(envelope, ANYONE);
      await clock.settle(10);
      assertEquals((await engine.status("/test", `m${size}`)).deliveries[0].outcome, "rejected");
    } catch (error) {
      assertEquals((error as BellhopError).code, "record-too-large");
    }
  }
  assertEquals((await engine.health()).status, "pass");
  await engine.close();
});

Deno.test("embedded() pages through dead letters though they go while they are read", async () => {
  const { engine, add, clock } = await world();
  await add("b", ["alarm"], () => NEVER);
  for (let i = 0; i < 5; i++) await engine.publish(message(`m${i}`, "alarm"), ANYONE);
  await clock.settle(10);
  const seen: string[] = [];
  for (let after: string | undefined, page;;) {
    page = await engine.deadLetters(2, after);
    for (const { id, envelope } of page.entries) {
      seen.push(envelope.id);
      await engine.discard(id);
    }
    if (page.after === null) break;
    after = page.after;
  }
  assertEquals(seen, ["m0", "m1", "m2", "m3", "m4"]);
  await engine.close();
});

Deno.test("embedded() closes once: a second close waits for the first", async () => {
  const { engine, add, clock } = await world();
  const { promise, resolve } = Promise.withResolvers<void>();
  await add("b", ["alarm"], () => promise);
  await engine.publish(message("1", "alarm", "CRITICAL"), ANYONE);
  await clock.settle();
  const closes = [engine.close({ deadlineMs: 5_000 }), engine.close({ deadlineMs: 0 })];
  resolve();
  await clock.settle();
  await Promise.all(closes);
  assertEquals((await engine.status("/test", "1")).deliveries[0].outcome, "delivered");
});

Deno.test("embedded() takes up more than it may accept, and passes over records that are damaged", async () => {
  const store = memory();
  const clock = manualClock();
  const before = await world(store, clock);
  await before.add("b", ["alarm"], () => BUSY);
  for (let i = 0; i < 4; i++) await before.engine.publish(message(`m${i}`, "alarm", "CRITICAL"), ANYONE);
  await clock.settle(10);
  await before.engine.close({ deadlineMs: 0 });
  const opened = await store();
  await opened.write([
    { keyspace: "messages", key: "00000000zzz", value: `{"v":1}\n{}` },
    { keyspace: "deliveries", key: "00000000zzz/b", value: `{"v":1}` },
    { keyspace: "outcomes", key: "00000000zzz/b", value: `{"v":1,"outcome":"delivered"}` },
  ]);
  await opened.close();
  const engine = await embedded({
    store,
    clock,
    transport: memoryTransport(new Map()),
    random: () => 0.5,
    token: counter(),
    criticalInMemory: true,
    bus: { maxDeliveries: 2 },
  });
  const { status, unfinished, output } = await engine.health();
  assertEquals([status, unfinished, output], ["warn", 4, "3 records could not be read"]);
  await engine.close({ deadlineMs: 0 });
});

function counter(): () => string {
  let count = 0;
  return () => `token-${++count}`;
}

Deno.test("embedded() refuses in the order of the specification: duplicate, conflict, expired, then the unknown target", async () => {
  const { engine, add, clock } = await world();
  const lease = await add("b", []);
  const first = { ...message("1", "t"), target: "b" };
  const past = new Date(clock.nowMs()).toISOString();
  await engine.publish(first, ANYONE);
  await engine.deregister(lease, true);
  assertEquals((await engine.publish(first, ANYONE)).duplicate, true);
  const code = async (envelope: Envelope) =>
    (await assertRejects(async () => await engine.publish(envelope, ANYONE), BellhopError)).code;
  assertEquals(await code({ ...first, subject: "other" }), "id-conflict");
  const soon = new Date(clock.nowMs() + 1_000).toISOString();
  const far = new Date(clock.nowMs() + 8 * 86_400_000).toISOString();
  assertEquals(await code({ ...first, id: "2", expirytime: past }), "message-expired");
  assertEquals(await code({ ...first, id: "2", expirytime: soon, deliverat: soon }), "message-expired");
  assertEquals(await code({ ...first, id: "2", deliverat: far }), "argument-invalid");
  assertEquals(await code({ ...first, id: "2" }), "target-unknown");
  await engine.close();
  assertEquals(await code({ ...first, id: "3", type: "service.x" }), "closing");
});

Deno.test("embedded() redrives to no instance that has left, though its service is there", async () => {
  const { engine, add, clock } = await world();
  const lease = await add("b", [], () => NEVER, { instance: "i1" });
  await add("b", [], () => NEVER, { instance: "i2" });
  for (const target of ["b@i1", "b"]) await engine.publish(message(target, "t", "NORMAL", { target }), ANYONE);
  await clock.settle();
  await engine.deregister(lease, false);
  const { entries: [pinned, free] } = await engine.deadLetters(9);
  assertEquals((await assertRejects(() => engine.redrive(pinned.id), BellhopError)).code, "target-unknown");
  assertEquals((await engine.redrive(free.id)).deliveries[0].run, 2);
  await engine.close();
});

Deno.test("embedded() renews the lease of a publish that it refuses", async () => {
  const { engine, add, clock } = await world();
  const lease = await add("b", []);
  clock.advance(5_000);
  for (const type of ["service.x", "t"]) {
    const refused = engine.publish.bind(engine, message("1", type, "NORMAL", { target: "nobody" }), {
      ...ANYONE,
      lease,
    });
    await assertRejects(async () => await refused(), BellhopError);
    assertEquals((await engine.service("b")).instances[0].leaseEndMs, clock.nowMs() + 3_600_000);
    clock.advance(5_000);
  }
  await engine.close();
});

Deno.test("embedded() redrives to no service that has left", async () => {
  const { engine, add, clock } = await world();
  const lease = await add("b", ["t"], () => NEVER);
  await engine.publish(message("1", "t"), ANYONE);
  await clock.settle();
  await engine.deregister(lease, true);
  const { entries: [letter] } = await engine.deadLetters(1);
  assertEquals((await assertRejects(() => engine.redrive(letter.id), BellhopError)).code, "target-unknown");
  assertEquals((await engine.deadLetters(9)).entries.length, 1);
  await engine.close();
});
