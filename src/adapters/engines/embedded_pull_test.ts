import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { BellhopError } from "../../core/error.ts";
import type { Envelope } from "../../core/envelope/mod.ts";
import type { Priority } from "../../core/priority/mod.ts";
import { PRIORITY_POLICIES } from "../../core/retry/policy.ts";
import type { Engine, PulledDelivery, PullRequest, PullVerdict } from "../../ports/engine.ts";
import type { OpenStore } from "../../ports/store.ts";
import { type ManualClock, manualClock } from "../../testing/manual_clock.ts";
import { memory } from "../stores/memory.ts";
import { memoryTransport } from "../transports/memory.ts";
import { embedded } from "./embedded.ts";

const ANYONE = { principal: "/test" };
/** The time of an attempt, and its grace. */
const LEASE_MS = 16_000;

interface World {
  readonly engine: Engine;
  readonly clock: ManualClock;
  readonly steps: string[];
  /** Registers an instance that pulls. */
  puller(instance: string, more?: object): Promise<Puller>;
  send(id: string, more?: Partial<Envelope>): Promise<void>;
  outcome(id: string): Promise<string>;
}

interface Puller {
  readonly lease: string;
  /** Asks, and waits no longer than it is told. */
  pull(request?: Partial<PullRequest>): Promise<readonly PulledDelivery[]>;
  answer(delivery: PulledDelivery, verdict: PullVerdict["verdict"], delayMs?: number): Promise<boolean>;
}

async function world(store: OpenStore = memory(), clock = manualClock(), maxInFlight?: number): Promise<World> {
  let tokens = 0;
  const steps: string[] = [];
  const engine = await embedded({
    store,
    clock,
    transport: memoryTransport(new Map()),
    random: () => 0.5,
    token: () => `token-${clock.nowMs()}-${++tokens}`,
    registry: { healthIntervalMs: 0 },
    bus: { random: () => 0.5, ...(maxInFlight === undefined ? {} : { maxInFlight }) },
    criticalInMemory: true,
    trace: ({ event }) => {
      const { kind, id, reason = "", atMs } = event as { kind: string; id?: string; reason?: string; atMs: number };
      steps.push(`${atMs - startMs} ${kind} ${id ?? ""} ${reason}`.trim());
    },
  });
  const startMs = clock.nowMs();
  return {
    engine,
    clock,
    steps,
    async puller(instance, more = {}) {
      const data = { name: "q", version: "1", subscriptions: ["t"], leaseMs: 3_600_000, instance, delivery: "pull" };
      const { lease } = await engine.register({ ...data, ...more });
      return {
        lease,
        async pull({ max = 10, waitMs = 0, signal } = {}) {
          let answered = false;
          const pulled = engine.pull(lease, { max, waitMs, signal }).finally(() => answered = true);
          await clock.settle(0);
          for (let ms = 0; ms < waitMs && !answered; ms += 500) await clock.settle(500);
          return await pulled;
        },
        answer(delivery, verdict, delayMs) {
          const reason = "handler-nak";
          return engine.answer(lease, delivery.ticket, { verdict, reason, delayMs } as PullVerdict);
        },
      };
    },
    async send(id, more = {}) {
      const priority: Priority = "NORMAL";
      await engine.publish({ specversion: "1.0", id, source: "/test", type: "t", priority, ...more }, ANYONE);
      await clock.settle(0);
    },
    async outcome(id) {
      const { deliveries: [{ outcome, state, attempts, lastError }] } = await engine.status("/test", id);
      return `${outcome ?? state} ${attempts}${lastError === undefined ? "" : ` ${lastError}`}`;
    },
  };
}

const ids = (taken: readonly PulledDelivery[]) => taken.map(({ envelope, attempt }) => `${envelope.id}/${attempt}`);

Deno.test("pull() hands out what waits, at once or as soon as it comes, and no sooner than its time", async () => {
  const { engine, clock, puller, send, outcome } = await world();
  const a = await puller("a");
  assertEquals(await a.pull(), []);
  await send("1");
  assertEquals(await outcome("1"), "queued 0", "nobody has asked");
  const [first] = await a.pull();
  assertEquals([first.envelope.id, first.attempt, first.leaseMs], ["1", 1, LEASE_MS]);
  assert(await a.answer(first, "ack"));
  assertEquals(await outcome("1"), "delivered 1");
  assertEquals(await a.answer(first, "ack"), false, "answered before");

  let late: readonly PulledDelivery[] | undefined;
  engine.pull(a.lease, { max: 5, waitMs: 10_000 }).then((taken) => late = taken);
  await clock.settle(4_000);
  assertEquals(late, undefined);
  await send("2");
  assertEquals(ids(late!), ["2/1"]);
  await a.answer(late![0], "ack");
  let empty: readonly PulledDelivery[] | undefined;
  engine.pull(a.lease, { max: 5, waitMs: 10_000 }).then((taken) => empty = taken);
  await clock.settle(9_999);
  assertEquals(empty, undefined);
  await clock.settle(1);
  assertEquals(empty, []);
  await engine.close();
  assertEquals(clock.pending, 0);
});

Deno.test("a lease that runs out counts as a nak, by the retry table, and what comes after is not held", async () => {
  const { engine, clock, puller, send, outcome, steps } = await world();
  const a = await puller("a");
  await send("1");
  const [first] = await a.pull();
  await clock.settle(LEASE_MS - 1);
  assertEquals(await outcome("1"), "in-flight 1");
  await clock.settle(1);
  assertEquals(await outcome("1"), "queued 1 lease-expired");
  assertEquals(await a.answer(first, "ack"), false);
  assertEquals(await a.answer(first, "working"), false);
  const [second] = await a.pull();
  assertEquals([second.attempt, second.deliveryId], [2, first.deliveryId]);
  assertNotEquals(second.ticket, first.ticket);
  assertEquals(await a.answer(first, "ack"), false, "an old ticket does not answer the new attempt");
  await clock.settle(LEASE_MS);
  assertEquals(await outcome("1"), "waiting 2 lease-expired");
  assertEquals(await a.pull(), []);
  const waited = steps.find((step) => step.includes("waiting"));
  await clock.settle(500);
  assertEquals(ids(await a.pull()), ["1/3"], waited);
  await engine.close({ deadlineMs: 0 });
});

Deno.test("working gives the whole lease anew, as often as it is said", async () => {
  const { engine, clock, puller, send, outcome } = await world();
  const a = await puller("a");
  await send("1");
  const [first] = await a.pull();
  for (let turn = 0; turn < 5; turn++) {
    await clock.settle(LEASE_MS - 1);
    assert(await a.answer(first, "working"));
  }
  await clock.settle(LEASE_MS - 1);
  assertEquals(await outcome("1"), "in-flight 1");
  assert(await a.answer(first, "ack"));
  assertEquals(await outcome("1"), "delivered 1");
  assertEquals(await a.answer(first, "working"), false);
  await engine.close({ deadlineMs: 0 });
});

Deno.test("nak waits as asked, term ends, and each spends what a push would have spent", async () => {
  const { engine, clock, puller, send, outcome } = await world();
  const a = await puller("a");
  await send("1");
  await a.answer((await a.pull())[0], "nak", 7_000);
  await clock.settle(6_999);
  assertEquals(await a.pull(), []);
  await clock.settle(1);
  const [again] = await a.pull();
  await a.answer(again, "term");
  assertEquals(await outcome("1"), "rejected 2 handler-nak");
  await send("low", { priority: "LOW" });
  let attempts = 0;
  for (;;) {
    const [taken] = await a.pull({ waitMs: 60_000 });
    if (taken === undefined) break;
    attempts++;
    await a.answer(taken, "nak");
  }
  assertEquals(await outcome("low"), `exhausted ${attempts} handler-nak`);
  assertEquals(attempts, Number(PRIORITY_POLICIES.LOW.retries) + 1);
  await engine.close();
});

Deno.test("a delivery for one instance goes to no other, and does not hold up what is for all", async () => {
  const { engine, clock, puller, send, steps } = await world();
  const [a, b] = [await puller("a"), await puller("b")];
  await send("for-b", { target: "q@b", priority: "CRITICAL" });
  await send("for-all");
  assertEquals(ids(await a.pull({ waitMs: 3_000 })), ["for-all/1"]);
  assert(steps.some((step) => step.endsWith("deferred for-b instance-absent")), steps.join("\n"));
  await clock.settle(1_000);
  assertEquals(ids(await b.pull()), ["for-b/1"], "what was put off has cost nothing");
  await engine.close({ deadlineMs: 0 });
});

Deno.test("several who wait get one in turn, and who failed is asked last", async () => {
  const { engine, clock, puller } = await world();
  const pullers = [await puller("a"), await puller("b"), await puller("c")];
  const got = ["", "", ""];
  const taken = pullers.map(({ lease }, at) =>
    engine.pull(lease, { max: 10, waitMs: 1_000 }).then((taken) => (got[at] = ids(taken).join(), taken))
  );
  await clock.settle(0);
  for (const id of ["1", "2", "3"]) {
    engine.publish({ specversion: "1.0", id, source: "/test", type: "t" }, ANYONE);
  }
  await clock.settle(0);
  assertEquals(got, ["1/1", "2/1", "3/1"]);
  const [[one]] = await Promise.all(taken);
  const waits = pullers.map(({ lease }, at) =>
    engine.pull(lease, { max: 1, waitMs: 1_000 }).then((taken) => got[at] = ids(taken).join())
  );
  await clock.settle(0);
  await pullers[0].answer(one, "nak");
  await clock.settle(1_000);
  await Promise.all(waits);
  assertEquals(got, ["", "1/2", ""]);
  await engine.close({ deadlineMs: 0 });
});

Deno.test("maxInFlight bounds what all pullers hold together", async () => {
  const { engine, puller, send } = await world();
  const [a, b] = [await puller("a", { maxInFlight: 3 }), await puller("b", { maxInFlight: 3 })];
  for (const id of ["1", "2", "3", "4", "5"]) await send(id);
  const first = await a.pull({ max: 2 });
  assertEquals([ids(first), ids(await b.pull()), ids(await b.pull())], [["1/1", "2/1"], ["3/1"], []]);
  await a.answer(first[0], "ack");
  assertEquals(ids(await b.pull()), ["4/1"]);
  await engine.close({ deadlineMs: 0 });
});

Deno.test("whoever goes away takes nothing, and a ticket belongs to its instance", async () => {
  const { engine, clock, puller, send } = await world();
  const [a, b] = [await puller("a"), await puller("b")];
  const gone = new AbortController();
  const waiting = a.pull({ waitMs: 60_000, signal: gone.signal });
  gone.abort();
  assertEquals(await waiting, []);
  assertEquals(await a.pull({ waitMs: 60_000, signal: gone.signal }), []);
  await send("1");
  const [first] = await b.pull();
  assertEquals(await a.answer(first, "ack"), false);
  assertEquals(await a.answer({ ...first, ticket: "none" }, "ack"), false);
  assert(await b.answer(first, "ack"));

  let left: readonly PulledDelivery[] | undefined;
  engine.pull(b.lease, { max: 1, waitMs: 60_000 }).then((taken) => left = taken);
  await clock.settle(0);
  await engine.deregister(b.lease, false);
  await clock.settle(0);
  assertEquals(left, [], "who has left waits no longer");
  let replaced: readonly PulledDelivery[] | undefined;
  engine.pull(a.lease, { max: 1, waitMs: 60_000 }).then((taken) => replaced = taken);
  await clock.settle(0);
  const anew = await puller("a");
  await clock.settle(0);
  assertEquals(replaced, [], "nor does the process before");
  await assertRejects(() => a.pull(), BellhopError, "lease");
  await send("2");
  assertEquals(ids(await anew.pull()), ["2/1"]);
  await engine.close({ deadlineMs: 0 });
  assertEquals(clock.pending, 0);
});

Deno.test("pull() keeps the newest 16 questions of an instance, and answers the older with nothing", async () => {
  const { engine, clock, puller, send } = await world();
  const a = await puller("a");
  const got: string[] = [];
  const ask = (n: number) =>
    engine.pull(a.lease, { max: 1, waitMs: 60_000 }).then((taken) => got.push(`${n}:${ids(taken)}`));
  for (let n = 0; n < 17; n++) ask(n);
  await clock.settle(0);
  assertEquals(got, ["0:"]);
  assertEquals(await engine.pull(a.lease, { max: 1, waitMs: 60_000, signal: AbortSignal.abort() }), []);
  assertEquals(got, ["0:"], "who has gone takes nobody's place");
  await send("1");
  assertEquals(got, ["0:", "1:1/1"]);
  await engine.close({ deadlineMs: 0 });
  assertEquals(got.length, 17);
});

Deno.test("pull() for streams gives way to nobody, however many there are of one instance", async () => {
  const { engine, clock, puller } = await world();
  const { lease } = await puller("a");
  let answered = 0;
  const count = () => void answered++;
  for (let n = 0; n < 20; n++) engine.pull(lease, { max: 1, waitMs: 60_000, streams: true }).then(count);
  for (let n = 0; n < 16; n++) engine.pull(lease, { max: 1, waitMs: 60_000 }).then(count);
  await clock.settle(0);
  assertEquals(answered, 0);
  engine.pull(lease, { max: 1, waitMs: 60_000 }).then(count);
  await clock.settle(0);
  assertEquals(answered, 1, "one more request is another matter");
  await engine.close();
  await clock.settle(0);
  assertEquals([answered, clock.pending], [37, 0]);
});

Deno.test("pull() for streams keeps the lease, and tells so where a suspicion ends alone", async () => {
  const { engine, clock, puller, steps } = await world();
  const { lease } = await puller("a", { leaseMs: 1_000 });
  const renewals = () => steps.filter((step) => step.includes("renewed")).length;
  const ask = () => engine.pull(lease, { max: 1, waitMs: 500, streams: true });
  for (let turn = 0; turn < 4; turn++) {
    ask();
    await clock.settle(500);
  }
  assertEquals([(await engine.service("q")).instances[0].state, renewals()], ["live", 0]);
  await clock.settle(1_000);
  assertEquals((await engine.service("q")).instances[0].state, "suspect");
  ask();
  await clock.settle(500);
  assertEquals([(await engine.service("q")).instances[0].state, renewals()], ["live", 1]);
  await engine.close();
});

Deno.test("putBack() gives a delivery to the next at once, and the attempt does not count", async () => {
  const { engine, clock, puller, send, outcome, steps } = await world();
  const [a, b] = [await puller("a"), await puller("b")];
  await send("1", { priority: "CRITICAL" });
  const [first] = await a.pull();
  await engine.putBack(first.ticket);
  await clock.settle(0);
  assertEquals(await outcome("1"), "queued 0");
  assertEquals(steps.filter((step) => step.includes("deferred")), ["0 deferred 1 instance-absent"]);
  const [second] = await b.pull();
  assertEquals([second.envelope.id, second.attempt, second.ticket === first.ticket], ["1", 1, false]);
  await engine.putBack(first.ticket);
  await engine.putBack("nobody has that");
  assertEquals([await a.answer(first, "ack"), await b.answer(second, "ack")], [false, true]);
  await engine.putBack(second.ticket);
  await clock.settle(0);
  assertEquals(await outcome("1"), "delivered 1");
  assertEquals((await engine.service("q")).instances.map(({ inFlight }) => inFlight), [0, 0]);
  await engine.close();
});

Deno.test("a receipt waits for the instance that published while that lives, and goes to any other after", async () => {
  const { engine, clock, puller, send } = await world();
  const [a, b] = [await puller("a", { receipts: true }), await puller("b", { receipts: true })];
  const other = await engine.register({ name: "r", version: "1", subscriptions: ["u"], delivery: "pull" });
  for (const id of ["1", "2"]) {
    await engine.publish({ specversion: "1.0", id, source: "/q", type: "u" }, { ...ANYONE, lease: a.lease });
  }
  const pulled = engine.pull(other.lease, { max: 2, waitMs: 0 });
  await clock.settle(0);
  for (const { ticket } of await pulled) await engine.answer(other.lease, ticket, { verdict: "ack" });
  await send("3");
  assertEquals(ids(await b.pull({ waitMs: 3_000 })), ["3/1"], "what is for all is not held up");
  assertEquals(await b.pull({ waitMs: 3_000 }), []);
  await clock.settle(1_000);
  const [receipt] = await a.pull({ max: 1 });
  assertEquals([receipt.envelope.type, receipt.attempt], ["message.delivered", 1]);
  await engine.deregister(a.lease, false);
  await clock.settle(1_000);
  assertEquals((await b.pull()).map(({ envelope }) => envelope.type), ["message.delivered"]);
  await engine.close({ deadlineMs: 0 });
});

Deno.test("close() takes the answers of what is out, gives no more, and answers who waits", async () => {
  const { engine, clock, puller, send } = await world();
  const a = await puller("a");
  await send("1");
  await send("2");
  const [first] = await a.pull({ max: 1 });
  let closed = false;
  const closing = engine.close({ deadlineMs: 10_000 }).then(() => closed = true);
  await assertRejects(() => a.pull(), BellhopError, "closing");
  await clock.settle(5_000);
  assertEquals(closed, false);
  assert(await a.answer(first, "ack"));
  await clock.settle(0);
  await closing;
  assertEquals(closed, true);
});

Deno.test("CRITICAL in a puller's backoff outlives a restart, with its attempts, and old tickets do not fit", async () => {
  const store = memory();
  const clock = manualClock();
  const before = await world(store, clock);
  const a = await before.puller("a");
  await before.send("2", { priority: "CRITICAL" });
  await before.send("1", { priority: "CRITICAL" });
  const [two, one] = await a.pull();
  await a.answer(one, "nak");
  const [again] = await a.pull({ max: 1 });
  await a.answer(again, "nak", 60_000);
  await clock.settle(10);
  await before.engine.close({ deadlineMs: 0 });

  const after = await world(store, clock);
  assertEquals((await after.engine.services()).map(({ name, delivery }) => [name, delivery]), [["q", "pull"]]);
  const pull = (waitMs: number) => after.engine.pull(a.lease, { max: 10, waitMs });
  const [restarted] = await pull(0);
  assertEquals(ids([restarted]), ["2/1"], "what was out is tried again");
  const working = { verdict: "working" } as const;
  assertEquals(await after.engine.answer(a.lease, two.ticket, working), false);
  assert(await after.engine.answer(a.lease, restarted.ticket, { verdict: "ack" }));
  await clock.settle(59_000);
  const none = pull(0);
  await clock.settle(0);
  assertEquals(await none, []);
  await clock.settle(2_000);
  assertEquals(ids(await pull(0)), ["1/3"]);
  await after.engine.close({ deadlineMs: 0 });
});

Deno.test("what is cancelled or expires while it is out ends by its answer: delivered, or as was marked", async () => {
  const { engine, clock, puller, send, outcome } = await world();
  const a = await puller("a");
  for (const id of ["c-ack", "c-nak", "c-lost"]) await send(id);
  const expirytime = new Date(clock.nowMs() + 5_000).toISOString();
  for (const id of ["e-ack", "e-nak"]) await send(id, { expirytime });
  const taken = await a.pull();
  for (const id of ["c-ack", "c-nak", "c-lost"]) await engine.cancel("/test", id);
  await clock.settle(6_000);
  await a.answer(taken[0], "ack");
  await a.answer(taken[1], "nak");
  await a.answer(taken[3], "ack");
  await a.answer(taken[4], "nak");
  await clock.settle(LEASE_MS);
  const ends: string[] = [];
  for (const id of ["c-ack", "c-nak", "c-lost", "e-ack", "e-nak"]) ends.push((await outcome(id)).split(" ")[0]);
  assertEquals(ends, ["delivered", "cancelled", "cancelled", "delivered", "expired"]);
  await engine.close({ deadlineMs: 0 });
});

Deno.test("who is called cannot pull, who pulls is not called, and a service may change from one to the other", async () => {
  const { engine, puller, send, clock } = await world();
  const a = await puller("a");
  await assertRejects(() => engine.route("q"), BellhopError, "can be called");
  await send("1");
  const data = { name: "q", version: "1", subscriptions: ["t"], instance: "a", endpoint: "http://127.0.0.1:1/q" };
  let waited: readonly PulledDelivery[] | undefined;
  engine.pull(a.lease, { max: 1, waitMs: 60_000 }).then((taken) => waited = taken);
  await clock.settle(0);
  assertEquals(ids(waited!), ["1/1"]);
  const { lease } = await engine.register(data);
  const error = await assertRejects(() => engine.pull(lease, { max: 1, waitMs: 0 }), BellhopError);
  assertEquals([error.code, error.field], ["argument-invalid", "delivery"]);
  await assertRejects(() => engine.pull("none", { max: 1, waitMs: 0 }), BellhopError, "lease");
  await engine.close({ deadlineMs: 0 });
});
