// deno-lint-ignore-file no-console
/**
 * The bus as a pure machine: a message through it, a million waiting retries, its queue beside bare ones.
 * Run: `deno run -A --v8-flags=--expose-gc bench/bus.ts [--json]`
 *
 * The waiting deliveries belong to few messages with many receivers, so that what is counted is theirs.
 */
import TinyQueue from "npm:tinyqueue@3.0.0";
import { type Envelope, PRIORITIES, PriorityQueue, type Rank } from "../mod.ts";
import { createBus } from "../src/core/bus/mod.ts";
import { seededRandom } from "../src/testing/mod.ts";
import { interleave } from "./harness.ts";

const random = seededRandom(1);
const json = Deno.args.includes("--json");

// A message, from its acceptance to its end.

const BATCH = 256;
let ids = 0;
let nowMs = 0;
const envelopeOf = (priority: "NORMAL" | "CRITICAL"): Envelope => ({
  specversion: "1.0",
  id: `m${ids++}`,
  source: "/orders",
  type: "order.created",
  priority,
  data: { order: 42 },
});
const bus = createBus({ startMs: 0, random, source: "/bus", maxDurableBytes: 2 ** 40 });
const receivers = ["billing"];
const submission = { principal: "/orders" };
const flush = () => {
  for (const effect of bus.effects()) if (effect.kind === "write") bus.flushed(nowMs, effect.token);
};
const through = (priority: "NORMAL" | "CRITICAL", fails: number) => {
  nowMs += 100;
  bus.wake(nowMs);
  for (let i = 0; i < BATCH; i++) {
    bus.accept(nowMs, envelopeOf(priority), receivers, submission);
    if (priority === "CRITICAL") flush();
    for (let attempt = 0; attempt < fails; attempt++) {
      bus.settle(nowMs, bus.take(nowMs, 16_000)!.lease, { verdict: "nak", reason: "status-503" });
    }
    bus.settle(nowMs, bus.take(nowMs, 16_000)!.lease, { verdict: "ack" });
    if (priority === "CRITICAL") flush();
  }
};
let known = new Map<string, Envelope>();
let older = new Map<string, Envelope>();
const line: Envelope[] = [];
await interleave("a message: accept, take, ack", {
  "bare: an array as queue, two Maps of 100,000 ids": () => {
    for (let i = 0; i < BATCH; i++) {
      const envelope = envelopeOf("NORMAL");
      known.set(envelope.id, envelope);
      if (older.has(envelope.id)) throw new Error("twice");
      if (known.size === 100_000) [older, known] = [known, new Map()];
      line.push(envelope);
      line.shift();
    }
  },
  "NORMAL": () => through("NORMAL", 0),
  "NORMAL, first attempt fails": () => through("NORMAL", 1),
  "CRITICAL, records made, store answers at once": () => through("CRITICAL", 0),
}, { per: BATCH, rounds: 5 });

// A million waiting retries.

const [MESSAGES, RECEIVERS] = [1_000, 1_000];
const WAITING = MESSAGES * RECEIVERS;
const names = Array.from({ length: RECEIVERS }, (_, at) => `service-${at}`);
const crowd = createBus({ startMs: 0, random, source: "/bus", maxInFlight: 10_000 });
const envelopes = Array.from({ length: MESSAGES }, () => envelopeOf("NORMAL"));
const before = await bytesUsed();
for (const envelope of envelopes) crowd.accept(0, envelope, names, submission);
const queued = await bytesUsed();
const fail = () => crowd.settle(0, crowd.take(0, 16_000)!.lease, { verdict: "nak", reason: "status-503" });
for (let i = 0; i < WAITING; i++) fail();
let began = performance.now();
for (let i = 0; i < WAITING; i++) fail();
const addNs = (performance.now() - began) * 1e6 / WAITING;
const waiting = await bytesUsed();
if (crowd.counts().waiting !== WAITING) throw new Error(`${crowd.counts().waiting} wait`);
began = performance.now();
let wakes = 0;
for (let atMs = crowd.nextWakeMs(); atMs <= 1_001; atMs = crowd.nextWakeMs(), wakes++) crowd.wake(atMs);
const fireNs = (performance.now() - began) * 1e6 / WAITING;
if (crowd.counts().waiting !== 0) throw new Error("some still wait");
print("a million waiting retries", {
  "bytes each, queued": (queued - before) / WAITING,
  "bytes each, waiting": (waiting - before) / WAITING,
  "ns to fail an attempt and wait (take, nak)": addNs,
  "ns to fall due and line up": fireNs,
  "wake-ups": wakes,
});

// The queue.

const STANDING = 100_000;
const OPERATIONS = 1_000;
const ranks = Uint8Array.from({ length: 1 << 16 }, () => Math.floor(random() * 4));

/** First in, first out, in a ring that never grows. */
class Ring {
  size = 0;
  private head = 0;
  private readonly items = new Int32Array(1 << 18);
  push(item: number): void {
    this.items[(this.head + this.size++) & 0x3_ffff] = item;
  }
  shift(): number {
    const item = this.items[this.head];
    this.head = (this.head + 1) & 0x3_ffff;
    this.size--;
    return item;
  }
}

const queue = new PriorityQueue();
const rings = PRIORITIES.map(() => new Ring());
type Entry = { item: number; rank: number; order: number };
const heap = new TinyQueue<Entry>([], (one, other) => other.rank - one.rank || one.order - other.order);
let order = 0;
for (let item = 0; item < STANDING; item++) {
  const rank = ranks[item & 0xffff] as Rank;
  queue.push(item, rank);
  rings[rank].push(item);
  heap.push({ item, rank, order: order++ });
}
let at = 0;
let sum = 0;
await interleave("push and pop, 100,000 standing", {
  "four bare rings, highest first": () => {
    for (let i = 0; i < OPERATIONS; i++) {
      const rank = ranks[at++ & 0xffff];
      rings[rank].push(i);
      sum += (rings[3].size ? rings[3] : rings[2].size ? rings[2] : rings[1].size ? rings[1] : rings[0]).shift();
    }
  },
  "bellhop PriorityQueue": () => {
    for (let i = 0; i < OPERATIONS; i++) {
      queue.push(i, ranks[at++ & 0xffff] as Rank);
      sum += queue.pop();
    }
  },
  "tinyqueue": () => {
    for (let i = 0; i < OPERATIONS; i++) {
      heap.push({ item: i, rank: ranks[at++ & 0xffff], order: order++ });
      sum += heap.pop()!.item;
    }
  },
}, { per: OPERATIONS, rounds: 7 });
if (Number.isNaN(sum)) throw new Error("nothing popped");

function print(title: string, rows: Record<string, number>): void {
  if (json) return console.log(JSON.stringify({ title, rows }));
  console.log(`\n${title}`);
  console.table(Object.fromEntries(Object.entries(rows).map(([name, value]) => [name, +value.toFixed(1)])));
}

async function bytesUsed(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
