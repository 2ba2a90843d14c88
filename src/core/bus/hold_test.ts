import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Envelope } from "../envelope/mod.ts";
import { PRIORITIES } from "../priority/mod.ts";
import { type Bus, createBus } from "./bus.ts";
import type { Flight } from "./flight.ts";
import type { Settlement } from "./settle.ts";

const LEASE_MS = 16_000;

function world() {
  return createBus({ startMs: 0, random: () => 0.5, source: "/bus" });
}

function envelope(id: number, rank: number, lane: number): Envelope {
  const more = lane === 0 ? {} : { partitionkey: `k${lane}` };
  return { specversion: "1.0", id: `m${id}`, source: "/p", type: "t", priority: PRIORITIES[rank], ...more };
}

/** Answers every write at once, as a quick store does. */
function flush(bus: Bus, nowMs: number): void {
  for (let effects = bus.effects(); effects.length > 0; effects = bus.effects()) {
    for (const effect of effects) if (effect.kind === "write") bus.flushed(nowMs, effect.token);
  }
}

const step = fc.record({
  what: fc.constantFrom("publish", "publish", "take", "take", "take", "settle", "settle", "pass", "extend", "toggle"),
  rank: fc.nat(3),
  lane: fc.nat(2),
  n: fc.nat(20_000),
});

Deno.test("hold() keeps a receiver out of the round of all, whatever happens, and out of nobody's who asks for it", () => {
  let heldTakes = 0;
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const bus = world();
    let held = true;
    bus.hold("h", held);
    let nowMs = 0;
    let ids = 0;
    let flights: Flight[] = [];
    for (const { what, rank, lane, n } of steps) {
      if (what === "publish") bus.accept(nowMs, envelope(++ids, rank, lane), ["h", "p"], { principal: "/p" });
      else if (what === "toggle") bus.hold("h", held = n % 2 === 0);
      else if (what === "pass") bus.wake(nowMs += n);
      else if (what === "take") {
        for (let flight = bus.take(nowMs, LEASE_MS); flight !== undefined; flight = bus.take(nowMs, LEASE_MS)) {
          assert(!held || flight.target.name !== "h", "the round of all gave what is held");
          flights.push(flight);
        }
        if (n % 2 === 0) continue;
        const flight = bus.take(nowMs, LEASE_MS, "h");
        if (flight !== undefined) flights.push(flight), heldTakes++;
      } else {
        const flight = flights[n % (flights.length || 1)];
        if (flight === undefined) continue;
        if (what === "extend") bus.extend(nowMs, flight.lease, LEASE_MS);
        else {
          bus.settle(nowMs, flight.lease, verdictOf(n));
          flights = flights.filter((one) => one !== flight);
        }
      }
      flush(bus, nowMs);
    }
  }));
  assert(heldTakes > 50, `only ${heldTakes} were taken by name`);
});

Deno.test("hold() changes neither order nor lanes nor waits: who asks by name gets what the round of all would give", () => {
  let compared = 0;
  fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
    const [pushed, pulled] = [world(), world()];
    pulled.hold("h", true);
    let nowMs = 0;
    let ids = 0;
    let flights: (readonly [Flight, Flight])[] = [];
    for (const { what, rank, lane, n } of steps) {
      if (what === "publish") {
        ids++;
        for (const bus of [pushed, pulled]) {
          bus.accept(nowMs, envelope(ids, rank, lane), ["h"], { principal: "/p" });
        }
      } else if (what === "pass") {
        nowMs += n;
        for (const bus of [pushed, pulled]) bus.wake(nowMs);
      } else if (what === "take") {
        const [one, other] = [pushed.take(nowMs, LEASE_MS), pulled.take(nowMs, LEASE_MS, "h")];
        assertEquals([other?.message.id, other?.attempt, other?.run], [one?.message.id, one?.attempt, one?.run]);
        if (one !== undefined && other !== undefined) flights.push([one, other]), compared++;
      } else if (what === "settle" || what === "extend") {
        const pair = flights[n % (flights.length || 1)];
        if (pair === undefined) continue;
        const act = (bus: Bus, { lease }: Flight) =>
          what === "extend" ? bus.extend(nowMs, lease, LEASE_MS) : bus.settle(nowMs, lease, verdictOf(n));
        assertEquals(act(pulled, pair[1]), act(pushed, pair[0]));
        if (what === "settle") flights = flights.filter((one) => one !== pair);
      }
      for (const bus of [pushed, pulled]) flush(bus, nowMs);
      assertEquals(pulled.counts(), pushed.counts());
      assertEquals(pulled.nextWakeMs(), pushed.nextWakeMs());
    }
  }));
  assert(compared > 100, `only ${compared} were compared`);
});

Deno.test("hold() given up puts what has gathered into the round of all", () => {
  const bus = world();
  bus.hold("h", true);
  bus.accept(0, envelope(1, 1, 0), ["h"], { principal: "/p" });
  assertEquals(bus.take(0, LEASE_MS), undefined);
  bus.hold("h", false);
  assertEquals(bus.take(0, LEASE_MS)?.message.id, "m1");
  assertEquals(bus.take(0, LEASE_MS, "nobody"), undefined);
});

function verdictOf(n: number): Settlement {
  if (n % 3 === 0) return { verdict: "ack" };
  if (n % 7 === 0) return { verdict: "term", reason: "handler-term" };
  return { verdict: "nak", reason: "handler-nak", ...(n % 4 === 0 ? { delayMs: n } : {}) };
}
