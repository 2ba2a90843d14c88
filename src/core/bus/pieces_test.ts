import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Envelope } from "../envelope/mod.ts";
import { serialize } from "../envelope/mod.ts";
import { BellhopError } from "../error.ts";
import { accept } from "./accept.ts";
import { Deliveries } from "./deliveries.ts";
import { deliveryId } from "./delivery_id.ts";
import { Duplicates } from "./duplicates.ts";
import { flushed } from "./flush.ts";
import { History } from "./history.ts";
import { IdHash } from "./_id_hash.ts";
import type { BusMessage } from "./message.ts";
import { busOptions } from "./options.ts";
import { attemptsOf, outcomeOf, OUTCOMES, packOutcome } from "./outcome.ts";
import { messageKey, readRecord, sequenceOf, utf8Bytes, writeRecord } from "./record.ts";
import { createState } from "./_state.ts";
import { EVENTS, STATES, step, TRANSITIONS } from "./transitions.ts";

Deno.test("History keeps the first 2 and at least the last 12 attempts, numbered, of many deliveries at once", () => {
  const attempt = fc.record({
    delivery: fc.nat({ max: 3 }),
    reason: fc.constantFrom("a", "b", "c"),
    end: fc.nat({ max: 40 }),
  });
  fc.assert(fc.property(fc.array(attempt, { minLength: 1, maxLength: 120, size: "max" }), (steps) => {
    const history = new History();
    const heads = [-1, -1, -1, -1];
    const told: { attempt: number; atMs: number; instance?: string; reason: string }[][] = [[], [], [], []];
    for (const [at, { delivery, reason, end }] of steps.entries()) {
      if (end === 0) {
        history.drop(heads[delivery]);
        heads[delivery] = -1;
        told[delivery] = [];
        continue;
      }
      const all = told[delivery];
      const instance = at % 3 === 0 ? {} : { instance: `i${at % 4}` };
      all.push({ attempt: all.length + 1, atMs: 1_000 + at, reason, ...instance });
      heads[delivery] = history.append(heads[delivery], at, reason, instance.instance);
      for (const [which, all] of told.entries()) {
        const kept = history.read(heads[which], 1_000, all.length);
        assertEquals(kept.slice(0, 2), all.slice(0, 2));
        assertEquals(kept.slice(-12), all.slice(-12));
        assert(kept.every((record) => all[record.attempt - 1].atMs === record.atMs));
        assertLessOrEqual(kept.length, 16);
        assertEquals(history.last(heads[which])?.reason, all.at(-1)?.reason);
      }
    }
  }));
});

Deno.test("Deliveries gives each slot to one delivery, keeps its columns apart and has room for no more than it may", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat()), { maxLength: 300, size: "max" }), (steps) => {
    const deliveries = new Deliveries(90);
    const live = new Map<number, { message: number; place: number; state: number; attempts: number; lane: boolean }>();
    for (const [what, n] of steps) {
      const slots = [...live.keys()];
      if (what < 2) {
        if (!deliveries.hasRoom(1)) continue;
        const slot = deliveries.claim(n, n % 60_000);
        assert(!live.has(slot));
        deliveries.setState(slot, n % 11);
        deliveries.setAttempts(slot, n % 2 ** 27);
        if (n % 2 === 0) deliveries.setHoldsLane(slot);
        live.set(slot, { message: n, place: n % 60_000, state: n % 11, attempts: n % 2 ** 27, lane: n % 2 === 0 });
      } else if (slots.length > 0) {
        const slot = slots[n % slots.length];
        deliveries.release(slot);
        live.delete(slot);
      }
      assertEquals(deliveries.size, live.size);
      assertEquals(deliveries.hasRoom(91 - live.size), false);
    }
    for (const [slot, { message, place, state, attempts, lane }] of live) {
      assertEquals(
        [
          deliveries.message[slot],
          deliveries.place[slot],
          deliveries.stateOf(slot),
          deliveries.attemptsOf(slot),
          deliveries.holdsLane(slot),
          deliveries.history[slot],
        ],
        [message, place, state, attempts, lane, -1],
      );
    }
  }));
});

function remembered(id: string, open: number, rank: 0 | 3 = 0): BusMessage {
  const message: Partial<BusMessage> = {
    source: `/s${id.length % 2}`,
    id,
    rank,
    open,
    targets: [],
    progress: [16, 32],
  };
  return { ...message, type: "t", acceptedMs: 7, fingerprint: -(2 ** 31) + id.length, runs: undefined } as BusMessage;
}

Deno.test("Duplicates remembers what is live, what ended within the horizon, and no more ended ones than it may", () => {
  const command = fc.tuple(fc.constantFrom("add", "add", "end", "wait", "remove"), fc.nat());
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 250, size: "max" }),
      fc.constantFrom(4, 10, 1_000),
      (steps, capacity) => {
        const known = new Duplicates(1_000, capacity, new IdHash(""));
        const live = new Map<string, BusMessage>();
        const ended: { message: BusMessage; endedMs: number }[] = [];
        let nowMs = 0;
        let added = 0;
        let mostLive = 0;
        for (const [what, n] of steps) {
          const ids = [...live.keys()];
          const id = ids[n % Math.max(1, ids.length)];
          if (what === "add") {
            const message = remembered(`m${added++}`, 1);
            assertEquals(known.get(message.source, message.id), undefined);
            known.add(nowMs, message);
            live.set(message.id, message);
            mostLive = Math.max(mostLive, live.size);
          } else if (what === "wait") {
            nowMs += n % 700;
            known.wake(nowMs);
          } else if (id !== undefined) {
            const message = live.get(id)!;
            live.delete(id);
            message.open = 0;
            if (what === "remove") known.remove(message);
            else {
              known.compact(message);
              ended.push({ message, endedMs: nowMs });
            }
          }
          for (const message of live.values()) {
            assert(
              known.get(message.source, message.id) === message,
              "live, forgotten",
            );
          }
          const kept = ended.filter(({ message: { source, id } }) => known.get(source, id) !== undefined);
          // Those that end all at once are dropped when the next one comes.
          assertLessOrEqual(kept.length, capacity + mostLive);
          assertEquals(known.size, kept.length + live.size);
          if (capacity < 1_000) continue;
          for (const { message, endedMs } of ended) {
            if (nowMs >= endedMs + 1_000) continue;
            const { progress, fingerprint, type } = known.get(message.source, message.id)!;
            assertEquals([progress, fingerprint, type], [message.progress, message.fingerprint, message.type]);
          }
        }
        live.clear();
        for (const { message } of ended) message.open = 0;
      },
    ),
  );
});

Deno.test("Duplicates never forgets what is live, though there be more of it than it may remember, and ends what it is told", () => {
  const forgotten: string[] = [];
  const known = new Duplicates(1_000, 4, new IdHash(""), (message) => forgotten.push(message.id));
  const all = Array.from({ length: 200 }, (_, at) => remembered(`m${at}`, 1, 3));
  for (const [at, message] of all.entries()) known.add(at, message);
  for (const message of all) assert(known.get(message.source, message.id) === message);
  assertEquals(forgotten, []);
  for (const message of all) message.open = 0;
  for (let nowMs = known.nextWakeMs(); nowMs !== Infinity; nowMs = known.nextWakeMs()) known.wake(nowMs);
  assertEquals(forgotten.sort(), all.map(({ id }) => id).sort());
  assertEquals(known.size, 0);
});

Deno.test("Duplicates tells apart what has one hash", () => {
  // Enough keys for chains and for bits of the filter that many share, in columns that have grown.
  const known = new Duplicates(1_000, 1_000_000, new IdHash(""));
  for (let at = 0; at < 20_000; at++) known.add(0, remembered(`m${at}`, 1));
  for (let at = 0; at < 20_000; at++) assertEquals(known.get(`/s${`m${at}`.length % 2}`, `m${at}`)?.id, `m${at}`);
  for (let at = 0; at < 20_000; at++) assertEquals(known.get("/other", `m${at}`), undefined);
});

const text = fc.string({ unit: "binary", maxLength: 40 });

Deno.test("writeRecord() and readRecord() keep any envelope: bytes, odd characters, lines within, and great length", () => {
  const data = fc.oneof(
    fc.jsonValue().map((data) => ({ data, datacontenttype: "application/json" })),
    fc.uint8Array({ maxLength: 60 }).map((data) => ({ data, datacontenttype: "application/octet-stream" })),
    text.filter((text) => text.isWellFormed()).map((data) => ({ data, datacontenttype: "text/plain" })),
  );
  const meta = { acceptedMs: 1, order: 2, receivers: ["a", "b"], fingerprint: 2 ** 53 - 1, principal: 'p\n\u2028"é' };
  fc.assert(fc.property(data, (content) => {
    const envelope = { specversion: "1.0", id: "1", source: "/a", type: "t", ...content } as Envelope;
    const read = readRecord<typeof meta>(writeRecord(meta, envelope))!;
    assertEquals(serialize(read.envelope!), serialize(envelope));
    assertEquals({ ...read.meta }, { v: 1, ...meta } as typeof meta);
  }));
  const long = { specversion: "1.0", id: "1", source: "/a", type: "t", data: new Uint8Array(400_000) } as Envelope;
  assertEquals(readRecord(writeRecord(meta, long))?.envelope?.data, long.data);
  for (const damaged of ["", "{", "[]", "null", '{"v":2}', '{"v":1}\n{']) assertEquals(readRecord(damaged), undefined);
});

Deno.test("utf8Bytes() counts as TextEncoder does", () => {
  fc.assert(fc.property(text.filter((text) => text.isWellFormed()), (text) => {
    assertEquals(utf8Bytes(text), new TextEncoder().encode(text).length);
  }));
});

Deno.test("messageKey() sorts by sequence, and sequenceOf() reads it back", () => {
  fc.assert(fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (one, other) => {
    assertEquals(sequenceOf(messageKey(one)), one);
    assertEquals(messageKey(one) < messageKey(other), one < other);
  }));
});

Deno.test("deliveryId() gives each delivery and run an id of its own", () => {
  const ids = new Set<string>();
  for (let at = 0; at < 50_000; at++) ids.add(deliveryId(`/s${at % 10}`, `m${at >> 6}`, `r${at % 7}`, 1 + at % 64));
  assertEquals(ids.size, 50_000);
  fc.assert(fc.property(text, text, text, fc.nat(), (...key) => {
    assert(/^dlv_[0-9a-f]{28}$/.test(deliveryId(...key)));
  }));
});

Deno.test("packOutcome() keeps outcome and attempts", () => {
  fc.assert(fc.property(fc.constantFrom(...OUTCOMES), fc.nat({ max: 0x3ff_ffff }), (outcome, attempts) => {
    const packed = packOutcome(outcome, attempts);
    assertEquals([outcomeOf(packed), attemptsOf(packed)], [outcome, attempts]);
    assert(packed >= 0);
  }));
});

Deno.test("step() follows the rows of TRANSITIONS and throws for everything else", () => {
  for (const [from, state] of STATES.entries()) {
    for (const [event, name] of EVENTS.entries()) {
      for (const durable of [false, true]) {
        const row = TRANSITIONS.find((row) =>
          row.from === state && row.event === name && (row.storage === "any" || (row.storage === "disk") === durable)
        );
        if (row !== undefined) assertEquals(STATES[step(from, event, durable)], row.to);
        else assertEquals(assertThrows(() => step(from, event, durable), BellhopError).code, "internal");
      }
    }
  }
});

Deno.test("accept() fills a principal's quota to the last byte, and no further", () => {
  const envelope = (id: string): Envelope => ({
    specversion: "1.0",
    id,
    source: "/a",
    type: "t",
    priority: "CRITICAL",
  });
  const bytesOf = (id: string): number => {
    const state = createState(busOptions({ startMs: 0, random: () => 0, source: "/bus" }));
    return accept(state, 0, envelope(id), ["r"], { principal: "p" }).message.bytes;
  };
  const maxDurableBytes = bytesOf("1") + bytesOf("2");
  const state = createState(busOptions({ startMs: 0, random: () => 0, source: "/bus", maxDurableBytes }));
  const { message } = accept(state, 0, envelope("1"), ["r"], { principal: "p" });
  accept(state, 0, envelope("2"), ["r"], { principal: "p" });
  const refuse = (id: string, principal: string): string =>
    assertThrows(() => accept(state, 0, envelope(id), ["r"], { principal }), BellhopError).code;
  assertEquals(refuse("3", "p"), "store-full");
  accept(state, 0, envelope("4"), ["r"], { principal: "q" });
  flushed(state, 0, message.token);
  const small = createState(
    busOptions({ startMs: 0, random: () => 0, source: "/bus", maxRecordBytes: bytesOf("1") - 1 }),
  );
  const tooLarge = assertThrows(() => accept(small, 0, envelope("1"), ["r"], { principal: "p" }), BellhopError);
  assertEquals(tooLarge.code, "record-too-large");
  assertEquals([small.deliveries.size, small.rememberedDurable.size, small.quota.size], [0, 0, 0]);
});
