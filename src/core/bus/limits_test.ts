import { assertEquals } from "@std/assert";
import type { Envelope } from "../envelope/mod.ts";
import { accept } from "./accept.ts";
import { createBus } from "./bus.ts";
import { removeReceiver } from "./commands.ts";
import { busOptions } from "./options.ts";
import { settle } from "./settle.ts";
import { createState } from "./_state.ts";
import { take } from "./take.ts";

const BY = { principal: "/a" };
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const SETTINGS = { startMs: 0, random: () => 0.5, source: "/bus" };

function message(id: string, more: Partial<Envelope> = {}): Envelope {
  return { specversion: "1.0", id, source: "/a", type: "t", ...more };
}

Deno.test("an attempt under way when its message gives up decides: delivered, rejected, or exhausted by time", () => {
  for (
    const [verdict, outcome, reason] of [
      [{ verdict: "ack" }, "delivered", undefined],
      [{ verdict: "term", reason: "status-422" }, "rejected", "status-422"],
      [{ verdict: "nak", reason: "status-503" }, "exhausted", "max-elapsed"],
    ] as const
  ) {
    const bus = createBus(SETTINGS);
    const { message: accepted } = bus.accept(0, message("1"), ["r"], BY);
    const { lease } = bus.take(0, 2 * HOUR_MS)!;
    bus.wake(HOUR_MS);
    assertEquals(bus.status(accepted).deliveries[0].state, "in-flight");
    bus.settle(HOUR_MS, lease, verdict);
    const { outcome: ended, lastError } = bus.status(accepted).deliveries[0];
    assertEquals([ended, lastError], [outcome, reason]);
  }
});

Deno.test("take() gives nothing that has expired or given up, though nobody has called wake()", () => {
  const bus = createBus(SETTINGS);
  const accepted = [
    bus.accept(0, message("1", { expirytime: "1970-01-01T00:00:01Z" }), ["r"], BY),
    bus.accept(0, message("2"), ["r"], BY),
    bus.accept(0, message("3", { expirytime: "1970-01-01T01:00:00Z" }), ["r"], BY),
  ];
  const outcomes = () =>
    accepted.map(({ message }) => bus.status(message).deliveries[0]).map((
      { outcome, lastError },
    ) => [outcome, lastError]);
  assertEquals(bus.take(1_000, 1_000)?.message.id, "2");
  assertEquals(outcomes()[0], ["expired", "expired"]);
  const other = createBus(SETTINGS);
  const late = other.accept(0, message("1"), ["r"], BY).message;
  const both = other.accept(0, message("2", { expirytime: "1970-01-01T01:00:00Z" }), ["r"], BY).message;
  assertEquals(other.take(HOUR_MS, 1_000), undefined);
  const ends = [late, both].map((message) => other.status(message).deliveries[0].lastError);
  assertEquals(ends, ["max-elapsed", "expired"]);
});

Deno.test("take() with a lease without end leaves the attempt under way for ever", () => {
  const bus = createBus(SETTINGS);
  bus.accept(0, message("1"), ["r"], BY);
  const { lease } = bus.take(0, Infinity)!;
  for (let day = 1; day <= 60; day++) bus.wake(day * DAY_MS);
  assertEquals([bus.counts().inFlight, bus.settle(60 * DAY_MS, lease, { verdict: "ack" })], [1, true]);
});

Deno.test("a target that has gone is forgotten with its last delivery, and not before", () => {
  const state = createState(busOptions(SETTINGS));
  accept(state, 0, message("1"), ["r"], BY);
  accept(state, 0, message("2"), ["r"], BY);
  const { lease } = take(state, 0, 1_000)!;
  assertEquals(removeReceiver(state, 0, "r"), 2);
  assertEquals([...state.targets.keys()], ["r"]);
  settle(state, 0, lease, { verdict: "ack" });
  assertEquals([state.targets.size, removeReceiver(state, 0, "r")], [0, 0]);
});
