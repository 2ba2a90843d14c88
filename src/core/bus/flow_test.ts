import { assertEquals, assertLessOrEqual } from "@std/assert";
import type { Envelope } from "../envelope/mod.ts";
import type { Priority } from "../priority/table.ts";
import { BellhopError } from "../error.ts";
import { type Bus, createBus } from "./bus.ts";
import type { StoreOperation } from "./operation.ts";
import type { Keyspace } from "./operation.ts";

/** One receiver, one store, and what was traced of messages other than receipts. */
function stage(disk = new Map<string, string>(), startMs = 0) {
  const bus = createBus({ startMs, random: () => 0.5, source: "/bus" });
  bus.tracing = true;
  const kinds: string[] = [];
  const writes: { token: number; operations: readonly StoreOperation[] }[] = [];
  const look = (): void => {
    for (const effect of bus.effects()) {
      if (effect.kind === "write") writes.push(effect);
      if (effect.kind !== "trace" || effect.event.source === "/bus") continue;
      const { kind, delayMs } = effect.event;
      kinds.push(delayMs === undefined ? kind : `${kind} ${delayMs}`);
    }
  };
  return {
    bus,
    kinds,
    publish(nowMs: number, priority: Priority, more: Partial<Envelope> = {}) {
      const envelope = { specversion: "1.0", id: "1", source: "/a", type: "t", priority, ...more } as Envelope;
      return bus.accept(nowMs, envelope, ["r"], { principal: "/a", replyTo: "a" }).message;
    },
    flush(nowMs: number): void {
      look();
      for (const { token, operations } of writes.splice(0)) {
        for (const { keyspace, key, value } of operations) {
          if (value === undefined) disk.delete(`${keyspace} ${key}`);
          else disk.set(`${keyspace} ${key}`, value);
        }
        bus.flushed(nowMs, token);
      }
      look();
    },
    attempt(nowMs: number, status: number): void {
      const flight = bus.take(nowMs, 16_000, "r")!;
      bus.assign(nowMs, flight, "r1");
      bus.settle(
        nowMs,
        flight.lease,
        status < 300 ? { verdict: "ack" } : { verdict: "nak", reason: `status-${status}` },
      );
      look();
    },
  };
}

function recovery(disk: Map<string, string>) {
  const found = (keyspace: Keyspace) =>
    [...disk].filter(([key]) => key.startsWith(keyspace)).map(([key, value]) => ({ key: key.split(" ")[1], value }));
  return { messages: found("messages"), deliveries: found("deliveries"), outcomes: found("outcomes") };
}

Deno.test("a CRITICAL goes the way of the seed's diagram: attempt, retry at once, store, wait, retry, receipt", () => {
  const { bus, kinds, publish, flush, attempt } = stage();
  const message = publish(0, "CRITICAL");
  assertEquals(bus.take(0, 16_000), undefined, "nothing starts before the flush");
  flush(0);
  attempt(10, 503);
  attempt(11, 503);
  flush(12);
  assertEquals(bus.nextWakeMs(), 511, "when the wait is over");
  bus.wake(510);
  assertEquals(bus.take(510, 16_000), undefined, "not before 500 ms have passed");
  bus.wake(511);
  attempt(511, 204);
  flush(512);
  assertEquals(kinds, [
    "accepted",
    "attempt",
    "failed",
    "retry",
    "failed",
    "stored",
    "waiting 500",
    "retry",
    "delivered",
    "receipt",
    "ended",
  ]);
  const receipt = bus.take(512, 16_000)!;
  assertEquals([receipt.target.name, receipt.envelope.type, receipt.envelope.data], ["a", "message.delivered", {
    source: "/a",
    id: "1",
    type: "t",
    receiver: "r",
    run: 1,
    outcome: "delivered",
    attempts: 3,
    reason: "status-503",
  }]);
  assertEquals(bus.status(message).deliveries[0].outcome, "delivered");
});

Deno.test("a NORMAL goes the same way without the disk", () => {
  const { bus, kinds, publish, attempt } = stage();
  publish(0, "NORMAL");
  attempt(0, 503);
  attempt(1, 503);
  bus.wake(501);
  attempt(501, 204);
  const steps = ["accepted", "attempt", "failed", "retry", "failed", "waiting 500", "retry", "delivered", "receipt"];
  assertEquals(kinds, [...steps, "ended"]);
});

Deno.test("a CRITICAL whose bus dies during its wait waits on in the next, and no longer than it was to wait", () => {
  const disk = new Map<string, string>();
  const before = stage(disk);
  before.publish(0, "CRITICAL");
  before.flush(0);
  before.attempt(10, 503);
  before.attempt(11, 503);
  before.flush(12);
  const copy = new Map(disk);

  const after = stage(disk, 100);
  assertEquals(after.bus.recover(100, recovery(disk)), { unfinished: 1, deadLetters: 0, unreadable: [] });
  const message = after.bus.find("/a", "1")!;
  assertEquals(after.bus.status(message).deliveries, [
    { receiver: "r", run: 1, state: "waiting", attempts: 2, lastError: "status-503", nextAttemptMs: 511 },
  ]);
  after.bus.wake(511);
  after.attempt(511, 204);
  after.flush(512);
  assertEquals(after.kinds, ["recovered", "retry", "delivered", "receipt", "ended"]);
  // A clock that was put back a year does not make it wait a year.
  const earlier = stage(copy, -31_536_000_000);
  earlier.bus.recover(-31_536_000_000, recovery(copy));
  assertLessOrEqual(earlier.bus.nextWakeMs(), -31_536_000_000 + 500);
});

Deno.test("a message gives up on time behind the head of its lane, in line, and while its target is busy", () => {
  const { bus, publish } = stage();
  bus.setMaxInFlight("r", 1);
  publish(0, "NORMAL", { id: "head", partitionkey: "k" });
  const blocked = publish(0, "NORMAL", { id: "follower", partitionkey: "k" });
  const queued = publish(0, "NORMAL", { id: "queued" });
  const head = bus.take(0, 10_000_000)!;
  let wakes = 0;
  for (let atMs = bus.nextWakeMs(); atMs < 3_600_000; atMs = bus.nextWakeMs()) {
    bus.wake(atMs);
    wakes++;
  }
  assertEquals(bus.status(blocked).deliveries[0].state, "blocked");
  assertLessOrEqual(wakes, 20);
  bus.wake(3_600_000);
  for (const message of [blocked, queued]) {
    const { outcome, lastError } = bus.status(message).deliveries[0];
    assertEquals([outcome, lastError], ["exhausted", "max-elapsed"]);
  }
  bus.settle(3_600_001, head.lease, { verdict: "ack" });
  assertEquals(bus.status(head.message).deliveries[0].outcome, "delivered", "an attempt under way may still succeed");
});

Deno.test("a bus that has rested for a month waits as long as one that has not", () => {
  const { bus, publish, attempt } = stage();
  const month = 30 * 86_400_000;
  const message = publish(month, "NORMAL");
  attempt(month, 503);
  attempt(month, 503);
  bus.wake(month + 499);
  assertEquals(bus.status(message).deliveries[0].nextAttemptMs, month + 500);
});

Deno.test("a message keeps its lane, expiry and receipts through a redrive, and its service may have come back", () => {
  const { bus, publish } = stage();
  publish(0, "NORMAL", { partitionkey: "k", expirytime: "1970-01-01T00:01:00Z" });
  bus.settle(0, bus.take(0, 1_000, "r")!.lease, { verdict: "term", reason: "status-422" });
  bus.settle(0, bus.take(0, 1_000, "a")!.lease, { verdict: "ack" });
  bus.removeReceiver(0, "r");
  const [letter] = bus.deadLetters(10);
  const message = bus.redrive(1, letter.id, []);
  assertEquals(bus.status(message).deliveries[0], { receiver: "r", run: 2, state: "queued", attempts: 0 });
  const flight = bus.take(1, 1_000)!;
  assertEquals([flight.target.name, flight.run], ["r", 2]);
  bus.settle(1, flight.lease, { verdict: "nak", reason: "status-503", delayMs: 3_600_000 });
  bus.wake(60_000);
  assertEquals(bus.status(message).deliveries[0].outcome, "expired");
  assertEquals(bus.take(60_000, 1_000, "a")?.envelope.type, "message.failed");
});

Deno.test("a delivery that was discarded does not come back after a restart, while another of its message goes on", () => {
  const disk = new Map<string, string>();
  const { bus, flush } = stage(disk);
  const envelope = { specversion: "1.0", id: "1", source: "/a", type: "t", priority: "CRITICAL" } as const;
  bus.accept(0, envelope, ["r", "s"], { principal: "/a" });
  flush(0);
  bus.settle(0, bus.take(0, 1_000, "r")!.lease, { verdict: "term", reason: "status-422" });
  assertEquals(bus.deadLetters(10), [], "not a dead letter before it is written");
  flush(0);
  bus.discard(bus.deadLetters(10)[0].id);
  flush(0);
  const after = stage(disk);
  assertEquals(after.bus.recover(0, recovery(disk)), { unfinished: 1, deadLetters: 0, unreadable: [] });
  assertEquals(states(after.bus), ["ended rejected", "queued"]);
});

Deno.test("redrive() is refused, and the letter kept, when the target is full or the message has come again", () => {
  const bus = createBus({ startMs: 0, random: () => 0, source: "/bus", capacity: 1, horizonMs: 1_000 });
  const envelope = { specversion: "1.0", id: "1", source: "/a", type: "t" } as const;
  bus.accept(0, envelope, ["r"], { principal: "/a" });
  bus.settle(0, bus.take(0, 1_000)!.lease, { verdict: "term", reason: "status-422" });
  const [{ id }] = bus.deadLetters(10);
  const refused = (): string => {
    try {
      bus.redrive(0, id, []);
      return "";
    } catch (error) {
      return error instanceof BellhopError ? error.code : String(error);
    }
  };
  bus.accept(0, { ...envelope, id: "2" }, ["r"], { principal: "/a" });
  assertEquals(refused(), "queue-full");
  bus.cancel(0, "/a", "2");
  for (let atMs = bus.nextWakeMs(); atMs < 10_000; atMs = bus.nextWakeMs()) bus.wake(atMs);
  bus.accept(10_000, envelope, ["r"], { principal: "/a" });
  assertEquals(refused(), "id-conflict");
  assertEquals(bus.deadLetter(id)?.outcome, "rejected");
});

function states(bus: Bus): string[] {
  return bus.status(bus.find("/a", "1")!).deliveries.map(({ state, outcome }) =>
    outcome ? `${state} ${outcome}` : state
  );
}
