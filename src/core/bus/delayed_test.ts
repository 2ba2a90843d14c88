import { assertEquals, assertThrows } from "@std/assert";
import { BellhopError } from "../error.ts";
import { formatTimestamp } from "../timestamp.ts";
import { createBus } from "./bus.ts";

const START_MS = 1_767_225_600_000;
const WEEK_MS = 604_800_000;
const machine = () => createBus({ startMs: START_MS, random: () => 0, source: "/bus" });
const envelope = { specversion: "1.0", id: "1", source: "/a", type: "t" } as const;
const by = { principal: "/a" };
const code = (act: () => unknown) => (assertThrows(act, BellhopError) as BellhopError).code;

Deno.test("accept() keeps a message until the time that its publisher asked for, and tells when that is", () => {
  const bus = machine();
  const { message } = bus.accept(START_MS, envelope, ["b"], { ...by, delayMs: 5_000 });
  const [delivery] = bus.status(message).deliveries;
  assertEquals([delivery.state, delivery.nextAttemptMs], ["delayed", START_MS + 5_000]);
  assertEquals(bus.take(START_MS, 1_000), undefined);
  assertEquals(bus.nextWakeMs() <= START_MS + 5_000, true);
  bus.wake(START_MS + 4_999);
  assertEquals(bus.take(START_MS + 4_999, 1_000), undefined);
  bus.wake(START_MS + 5_000);
  assertEquals(bus.take(START_MS + 5_000, 1_000)?.message, message);
});

Deno.test("accept() tells of no delay where there is nobody to keep a message for", () => {
  const bus = machine();
  bus.tracing = true;
  const kinds = () => bus.effects().flatMap((effect) => effect.kind === "trace" ? [effect.event.kind] : []);
  bus.accept(START_MS, envelope, [], { ...by, delayMs: 5_000 });
  assertEquals(kinds(), ["accepted"]);
  bus.accept(START_MS, { ...envelope, id: "2" }, ["b"], { ...by, delayMs: 5_000 });
  assertEquals(kinds(), ["accepted", "delayed"]);
});

Deno.test("accept() takes deliverat before a delay, the past as now, and no more than the longest delay", () => {
  const bus = machine();
  const at = (id: string, deliverat: string, delayMs?: number) =>
    bus.accept(START_MS, { ...envelope, id, deliverat }, ["b"], { ...by, delayMs }).message;
  assertEquals(bus.status(at("1", formatTimestamp(START_MS), 9_000)).deliveries[0].state, "queued");
  assertEquals(at("2", formatTimestamp(START_MS + 70), 9_000).notBeforeMs, START_MS + 70);
  assertEquals(at("3", formatTimestamp(START_MS + WEEK_MS)).notBeforeMs, START_MS + WEEK_MS);
  assertEquals(code(() => at("4", formatTimestamp(START_MS + WEEK_MS + 1))), "argument-invalid");
  assertEquals(bus.find("/a", "4"), undefined);
  const expirytime = formatTimestamp(START_MS + 100);
  const short = { ...envelope, id: "5", expirytime, deliverat: expirytime };
  assertEquals(code(() => bus.accept(START_MS, short, ["b"], by)), "message-expired");
});

Deno.test("delayed() lists what is kept for later, page by page, until it is cancelled or due", () => {
  const bus = machine();
  const ids = ["1", "2", "3", "4", "5"];
  for (const id of ids) bus.accept(START_MS, { ...envelope, id }, ["b", "c"], { ...by, delayMs: 1_000 });
  bus.accept(START_MS, { ...envelope, id: "now" }, ["b"], by);
  const list = () => {
    const seen: string[] = [];
    for (let after = 0;;) {
      const page = bus.delayed(after, 2);
      seen.push(...page.map(({ id }) => id));
      if (page.length < 2) return seen;
      after = page[page.length - 1].index + 1;
    }
  };
  assertEquals(list(), ids);
  assertEquals(bus.cancel(START_MS, "/a", "3"), 2);
  assertEquals(list(), ["1", "2", "4", "5"]);
  bus.wake(START_MS + 1_000);
  assertEquals(list(), []);
});

Deno.test("a delayed message takes its place in its lane when its time has come, behind what came meanwhile", () => {
  const bus = machine();
  const keyed = { ...envelope, partitionkey: "k" };
  bus.accept(START_MS, { ...keyed, id: "later" }, ["b"], { ...by, delayMs: 1_000 });
  bus.accept(START_MS, { ...keyed, id: "first" }, ["b"], by);
  const first = bus.take(START_MS, 60_000)!;
  assertEquals(first.envelope.id, "first");
  bus.wake(START_MS + 1_000);
  assertEquals(bus.take(START_MS + 1_000, 60_000), undefined);
  bus.settle(START_MS + 1_000, first.lease, { verdict: "ack" });
  assertEquals(bus.take(START_MS + 1_000, 60_000)?.envelope.id, "later");
});

Deno.test("the policy's time begins when the time of a delayed message has come", () => {
  const bus = machine();
  const { message } = bus.accept(START_MS, envelope, ["b"], { ...by, delayMs: WEEK_MS });
  assertEquals(message.givesUpMs - START_MS - WEEK_MS, bus.options.policies.NORMAL.maxElapsedMs);
});

Deno.test("accept() lets what is kept for later take half of a target, and gives the place back when its time has come", () => {
  const bus = createBus({ startMs: START_MS, random: () => 0, source: "/bus", capacity: 5 });
  const later = (id: string) => bus.accept(START_MS, { ...envelope, id }, ["b"], { ...by, delayMs: 1_000 });
  for (const id of ["1", "2", "3"]) later(id);
  assertEquals(code(() => later("4")), "queue-full");
  bus.accept(START_MS, { ...envelope, id: "now" }, ["b"], by);
  bus.cancel(START_MS, "/a", "1");
  later("4");
  assertEquals(code(() => later("5")), "queue-full");
  bus.wake(START_MS + 1_000);
  const last = { ...envelope, id: "6", deliverat: formatTimestamp(START_MS + 2_000) };
  assertEquals(bus.accept(START_MS + 1_000, last, ["b"], by).duplicate, false);
});
