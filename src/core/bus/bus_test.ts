import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import type { Envelope } from "../envelope/mod.ts";
import { BellhopError } from "../error.ts";
import { type Bus, createBus } from "./bus.ts";
import type { BusSettings } from "./options.ts";
import { step } from "./transitions.ts";

const BY = { principal: "/a" };

function machine(settings: Partial<BusSettings> = {}): Bus {
  return createBus({ startMs: 0, random: () => 0.5, source: "/bus", ...settings });
}

function message(id: string, more: Partial<Envelope> = {}): Envelope {
  return { specversion: "1.0", id, source: "/a", type: "t", ...more };
}

/** Publishes, and fails the one attempt for good. */
function bury(bus: Bus, id: string, receiver = "r"): void {
  bus.accept(0, message(id), [receiver], BY);
  bus.settle(0, bus.take(0, 1_000, receiver)!.lease, { verdict: "term", reason: "status-422" });
}

function flush(bus: Bus, nowMs = 0): void {
  for (let writes = 1; writes > 0;) {
    const tokens = bus.effects().flatMap((effect) => effect.kind === "write" ? [effect.token] : []);
    for (const token of tokens) bus.flushed(nowMs, token);
    writes = tokens.length;
  }
}

function said(act: () => unknown): unknown[] {
  const { code, message, field, retryAfterMs } = assertThrows(act, BellhopError);
  return [code, message, field, retryAfterMs];
}

Deno.test("accept() says why it refuses, and in which field", () => {
  const bus = machine({ capacity: 1, maxDeliveries: 2, maxDelayMs: 500 });
  bus.accept(0, message("1"), ["r"], BY);
  const accept = (id: string, more: Partial<Envelope> = {}, receivers = ["r"], delayMs?: number) => () =>
    bus.accept(1_000, message(id, more), receivers, { ...BY, delayMs });
  const expirytime = "1970-01-01T00:00:01.000Z";
  assertEquals(said(accept("1", { data: 2 })), ["id-conflict", "Message 1 of /a has other content", "id", undefined]);
  const expired = ["message-expired", `The message expired at ${expirytime}`, "expirytime", undefined];
  assertEquals(said(accept("2", { expirytime })), expired);
  assertEquals(said(() => bus.refuseUntimely(1_000, message("2", { expirytime }), BY)), expired);
  bus.refuseUntimely(999, message("2", { expirytime }), BY);
  assertEquals(said(accept("2", { expirytime: "1970-01-01T00:00:01.100Z" }, ["s"], 100)), [
    "message-expired",
    "The message expires before it may be delivered",
    "expirytime",
    undefined,
  ]);
  const far = "A message may be delayed by 500 ms: got 501";
  assertEquals(said(accept("2", {}, ["s"], 501)), ["argument-invalid", far, "delayMs", undefined]);
  assertEquals(said(accept("2", { deliverat: "1970-01-01T00:00:01.501Z" }, ["s"], 1)), [
    "argument-invalid",
    far,
    "deliverat",
    undefined,
  ]);
  const full = (who: string) => ["queue-full", `${who} has as many unfinished deliveries as it may`, undefined, 1_000];
  assertEquals(said(accept("2")), full("r"));
  assertEquals(said(accept("2", {}, ["s", "t"])), full("The bus"));
  bus.accept(0, message("2"), ["s"], BY);
  assertEquals(said(accept("3", {}, ["t"])), full("The bus"));
  bus.drain();
  assertEquals(said(accept("3"))[0], "closing");
  assertEquals(bus.take(0, 1_000), undefined);
});

Deno.test("accept() says how much may lie on disk", () => {
  const critical = message("1", { priority: "CRITICAL", data: "x".repeat(100) });
  const small = machine({ maxRecordBytes: 16_384 + 200 });
  const [code, text] = said(() => small.accept(0, critical, ["r"], BY));
  assertEquals(code, "record-too-large");
  assertEquals(/^A CRITICAL may have 200 bytes on disk: it has (\d+)$/.test(String(text)), true, String(text));
  assertEquals(said(() => machine({ maxDurableBytes: 10 }).accept(0, critical, ["r"], BY)), [
    "store-full",
    "/a may have 10 bytes on disk: all are used",
    undefined,
    undefined,
  ]);
});

Deno.test("cancel(), redrive() and discard() say why they refuse", () => {
  const bus = machine({ capacity: 2 });
  assertEquals(said(() => bus.cancel(0, "/a", "1")), [
    "message-unknown",
    "No message 1 of /a is known",
    "id",
    undefined,
  ]);
  bury(bus, "1");
  assertEquals(said(() => bus.cancel(0, "/a", "1")), [
    "message-ended",
    "Every delivery of 1 has ended",
    "id",
    undefined,
  ]);
  for (const act of [() => bus.redrive(0, "dlv_0", []), () => bus.discard("dlv_0")]) {
    assertEquals(said(act), ["dead-letter-unknown", "No dead letter dlv_0 is kept", "id", undefined]);
  }
  const expirytime = "1970-01-01T00:00:01.000Z";
  bus.accept(0, message("2", { expirytime }), ["r"], BY);
  bus.settle(0, bus.take(0, 9)!.lease, { verdict: "term", reason: "status-422" });
  const [first, second] = bus.deadLetters(9);
  const expired = ["message-expired", `The message expired at ${expirytime}`, undefined, undefined];
  assertEquals(said(() => bus.redrive(1_000, second.id, [])), expired);
  bus.accept(0, message("4", { priority: "CRITICAL" }), [], BY);
  flush(bus);
  const [, , unsubscribed] = bus.deadLetters(9);
  assertEquals([unsubscribed.receiver, unsubscribed.outcome, unsubscribed.durable], ["", "no-subscriber", true]);
  assertEquals(said(() => bus.redrive(0, unsubscribed.id, [])), [
    "target-unknown",
    "Nobody subscribes to t",
    undefined,
    undefined,
  ]);
  for (const id of ["5", "6"]) bus.accept(0, message(id), ["r"], BY);
  const full = ["queue-full", "r has as many unfinished deliveries as it may", undefined, 1_000];
  assertEquals(said(() => bus.redrive(0, first.id, [])), full);
  const small = machine({ maxDeliveries: 1 });
  bury(small, "1");
  small.accept(0, message("2"), ["r"], BY);
  assertEquals(said(() => small.redrive(0, small.deadLetters(1)[0].id, [])), [
    "queue-full",
    "The bus has as many unfinished deliveries as it may",
    undefined,
    1_000,
  ]);
  bus.drain();
  assertEquals(said(() => bus.redrive(0, first.id, []))[0], "closing");
  assertEquals([bus.discard(first.id), bus.deadLetters(9).length], [0, 2]);
});

Deno.test("step() says which state cannot take which event", () => {
  assertEquals(said(() => step(9, 5, false)), [
    "internal",
    "A delivery that is ended cannot take",
    undefined,
    undefined,
  ]);
});

Deno.test("deadLetters() lists page by page, of one receiver if it is given, and from the place of one that has gone", () => {
  const bus = machine({ maxDeadLetters: 5 });
  for (let id = 0; id < 7; id++) bury(bus, String(id), id % 2 ? "s" : "r");
  const ids = (...range: [limit: number, after?: number, receiver?: string]): string[] =>
    bus.deadLetters(...range).map(({ envelope }) => envelope.id);
  assertEquals(ids(9), ["2", "3", "4", "5", "6"]);
  assertEquals([ids(0), ids(2), ids(9, 0, "s"), ids(1, 0, "s"), ids(9, 0, "t")], [
    [],
    ["2", "3"],
    ["3", "5"],
    ["3"],
    [],
  ]);
  const third = bus.deadLetters(3)[1];
  const place = bus.deadLetterPosition(third.id);
  assertEquals(ids(2, place), ["4", "5"]);
  assertEquals(bus.deadLetter(third.id), third);
  bus.discard(third.id);
  assertEquals([bus.deadLetter(third.id), ids(2, place), ids(9, bus.deadLetterPosition("gone"))], [undefined, [
    "4",
    "5",
  ], []]);
  const { deadLetters, droppedDeadLetters } = bus.counts();
  assertEquals([deadLetters, droppedDeadLetters], [4, 2]);
});

Deno.test("counts() says how full the bus is", () => {
  const bus = machine();
  const counts = (): number[] => Object.values(bus.counts());
  assertEquals(Object.keys(bus.counts()), [
    "unfinished",
    "inFlight",
    "waiting",
    "deadLetters",
    "droppedDeadLetters",
    "remembered",
  ]);
  for (const id of ["1", "2", "3"]) bus.accept(0, message(id), ["r"], BY);
  bus.accept(0, message("4"), ["s"], { ...BY, delayMs: 1_000 });
  bus.accept(0, message("5", { priority: "CRITICAL" }), ["u"], BY);
  assertEquals(counts(), [5, 0, 1, 0, 0, 5]);
  bus.settle(0, bus.take(0, 1_000, "r")!.lease, { verdict: "ack" });
  bus.settle(0, bus.take(0, 1_000, "r")!.lease, { verdict: "nak", reason: "status-503", delayMs: 9_000 });
  bus.take(0, 1_000, "r");
  bus.cancel(0, "/a", "4");
  assertEquals(counts(), [3, 1, 1, 1, 0, 5]);
});

Deno.test("setMaxInFlight() bounds the attempts at once, from 1 to 10,000, and lets what waits go at once", () => {
  const bus = machine({ maxInFlight: 2 });
  for (let id = 0; id < 9; id++) bus.accept(0, message(String(id)), ["r"], BY);
  const taken = (): number => {
    let count = 0;
    while (bus.take(0, 1_000) !== undefined) count++;
    return count;
  };
  assertEquals(taken(), 2);
  bus.setMaxInFlight("r", 3.9);
  assertEquals(taken(), 1);
  bus.setMaxInFlight("r", -5);
  assertEquals(taken(), 0);
  const [one, large] = ["one", "large"].map((name, at) => {
    bus.setMaxInFlight(name, [0, 1e9][at]);
    bus.accept(0, message(name), [name], BY);
    return bus.take(0, 1_000, name)!.target.maxInFlight;
  });
  assertEquals([one, large], [1, 10_000]);
});

Deno.test("effects() gives each effect once, and traces only while that is asked for", () => {
  const bus = machine();
  assertEquals([bus.tracing, bus.effects()], [false, []]);
  bus.accept(0, message("1"), ["r"], BY);
  assertEquals(bus.effects(), []);
  bus.tracing = true;
  assertEquals(bus.tracing, true);
  assertEquals(bus.accept(5, message("1"), ["r"], BY).duplicate, true);
  const event = { kind: "duplicate", atMs: 5, source: "/a", id: "1", type: "t", priority: "NORMAL" } as const;
  assertEquals(bus.effects(), [{ kind: "trace", event }]);
  assertEquals(bus.effects(), []);
  assertStrictEquals(bus.options.source, "/bus");
});

Deno.test("the trace tells of each step its time, its delivery and what it brought", () => {
  const bus = machine();
  bus.tracing = true;
  const told = (): unknown[] =>
    bus.effects().flatMap((effect) => {
      if (effect.kind !== "trace") return [];
      const { source, id, type, priority, ...rest } = effect.event;
      assertEquals([source, id, type, priority], ["/a", "1", "t", "HIGH"]);
      return [rest];
    });
  bus.accept(1, message("1", { priority: "HIGH" }), ["r"], BY);
  const fail = (nowMs: number, verdict: "nak" | "term" = "nak"): void => {
    const flight = bus.take(nowMs, 1_000)!;
    bus.assign(nowMs, flight, "i");
    bus.settle(nowMs, flight.lease, { verdict, reason: "status-503" });
  };
  const r = { receiver: "r", run: 1 };
  fail(2);
  fail(3);
  assertEquals(told(), [
    { kind: "accepted", atMs: 1 },
    { kind: "attempt", atMs: 2, ...r, attempt: 1, instance: "i" },
    { kind: "failed", atMs: 2, ...r, attempt: 1, instance: "i", reason: "status-503" },
    { kind: "retry", atMs: 3, ...r, attempt: 2, instance: "i" },
    { kind: "failed", atMs: 3, ...r, attempt: 2, instance: "i", reason: "status-503" },
    { kind: "waiting", atMs: 3, ...r, attempt: 2, instance: "i", delayMs: 500 },
  ]);
  bus.wake(503);
  const held = bus.take(503, 1_000)!;
  assertEquals(bus.defer(503, held.lease, 600, "breaker-open"), true);
  assertEquals([bus.defer(503, held.lease, 600, "x"), bus.settle(503, held.lease, { verdict: "ack" })], [false, false]);
  assertEquals(told(), [{ kind: "deferred", atMs: 503, ...r, attempt: 3, reason: "breaker-open", delayMs: 97 }]);
  bus.wake(600);
  fail(600, "term");
  const ended = { ...r, attempt: 3, outcome: "rejected", reason: "status-503" };
  assertEquals(told(), [
    { kind: "retry", atMs: 600, ...r, attempt: 3, instance: "i" },
    { kind: "failed", atMs: 600, ...r, attempt: 3, instance: "i", reason: "status-503" },
    { kind: "dead-letter", atMs: 600, ...ended },
    { kind: "ended", atMs: 600, ...ended },
  ]);
  const [letter] = bus.deadLetters(1);
  assertEquals([letter.acceptedMs, letter.endedMs, letter.attempts, letter.reason], [1, 600, 3, "status-503"]);
  assertEquals(
    letter.history,
    [2, 3, 600].map((atMs, at) => ({ attempt: at + 1, atMs, instance: "i", reason: "status-503" })),
  );
  bus.redrive(700, letter.id, []);
  const again = bus.take(701, 1_000)!;
  bus.settle(701, again.lease, { verdict: "ack" });
  assertEquals(told(), [
    { kind: "redriven", atMs: 700, receiver: "r", run: 2 },
    { kind: "attempt", atMs: 701, receiver: "r", run: 2, attempt: 1 }, // never assigned to an instance
    { kind: "delivered", atMs: 701, receiver: "r", run: 2, attempt: 1 },
    { kind: "ended", atMs: 701, receiver: "r", run: 2, attempt: 1, outcome: "delivered" },
  ]);
});

Deno.test("extend() makes a lease longer or shorter from now on, while it is held", () => {
  const bus = machine();
  bus.accept(0, message("1"), ["r"], BY);
  const flight = bus.take(0, 1_000)!;
  assertEquals(bus.extend(500, flight.lease, 1_000), true);
  bus.wake(1_499);
  assertEquals(bus.counts().inFlight, 1);
  bus.wake(1_500);
  assertEquals([bus.counts().inFlight, bus.extend(1_500, flight.lease, 1_000)], [0, false]);
  const { lastError, attempts } = bus.status(bus.find("/a", "1")!).deliveries[0];
  assertEquals([lastError, attempts], ["lease-expired", 1]);
});

Deno.test("removeInstance() ends what insists on it, receivers() tells who is called, unfinishedCritical() in which order", () => {
  const bus = machine();
  for (const id of ["1", "2", "3"]) {
    bus.accept(0, message(id, { priority: "CRITICAL", ...(id === "3" ? {} : { target: `r@i${id}` }) }), ["r"], BY);
  }
  flush(bus);
  const criticals = (after: number, limit: number) => bus.unfinishedCritical(after, limit).map(({ id }) => id);
  assertEquals([criticals(0, 9), criticals(0, 2), criticals(bus.find("/a", "1")!.order, 1)], [["1", "2", "3"], [
    "1",
    "2",
  ], ["2"]]);
  assertEquals(bus.receivers(), [{ receiver: "r", instances: ["i1", "i2"] }]);
  assertEquals([bus.removeInstance(0, "s", "i1"), bus.removeInstance(0, "r", "i9"), bus.removeInstance(0, "r", "i1")], [
    0,
    0,
    1,
  ]);
  flush(bus);
  assertEquals(bus.status(bus.find("/a", "1")!).deliveries[0].outcome, "instance-gone");
  assertEquals([bus.receivers(), criticals(0, 9)], [[{ receiver: "r", instances: ["i2"] }], ["2", "3"]]);
  assertEquals([bus.removeReceiver(0, "s"), bus.removeReceiver(0, "r")], [0, 2]);
  flush(bus);
  assertEquals([bus.receivers(), criticals(0, 9), bus.find("/a", "9")], [[], [], undefined]);
});
