/** The line in front of one target, beside bare rings and a heap; and the timetable with a million entries. */
import { createSchedule, PRIORITIES, PriorityQueue, type Rank } from "@bellhop/bellhop";
import { seededRandom } from "@bellhop/bellhop/testing";
import TinyQueue from "npm:tinyqueue@3.0.0";
import { bytesUsed } from "../bytes_used.ts";
import { timed } from "../harness.ts";
import { type Part, ratio, value } from "../part.ts";
import { runParts } from "../run_part.ts";

const STANDING = 100_000;
const CAPACITY = 1_000_000;
const BATCH = 1_000;

const random = seededRandom(1);
const ranks = Uint8Array.from({ length: 1 << 16 }, () => Math.floor(random() * 4));
/** Waits as full jitter of capped backoff gives them. */
const waits = Float64Array.from({ length: 1 << 16 }, () => 1 + Math.floor(random() * 300_000));

export const part: Part = {
  url: import.meta.url,
  versions: { "tinyqueue": "3.0.0" },
  groups: [
    {
      id: "system/queue/priority",
      title: "Push and pop by priority, 100,000 standing",
      unit: "ns",
      floor: "four bare rings, highest first",
      cases: {
        "four bare rings, highest first": bareRings,
        "Bellhop PriorityQueue": priorityQueue,
        "tinyqueue": heap,
      },
      goals: { "Bellhop PriorityQueue": ratio("<=", 1.5) },
      beside: [{
        name: "heap",
        title: "Push and pop by priority, beside a heap",
        floor: "tinyqueue",
        goals: { "Bellhop PriorityQueue": ratio("<=", 0.33) },
      }],
    },
    {
      id: "system/queue/schedule",
      title: "Timetable of a million waits, an operation",
      unit: "ns",
      cases: { "Bellhop schedule, add": scheduleAdd, "Bellhop schedule, fire and add again": scheduleFire },
      goals: {
        "Bellhop schedule, add": value("<", 60),
        "Bellhop schedule, fire and add again": value("<", 600),
      },
    },
    {
      id: "system/queue/schedule-bytes",
      title: "Timetable of a million waits, memory of one",
      unit: "B",
      maxRounds: 1,
      cases: { "Bellhop schedule": scheduleBytes },
    },
  ],
};

if (import.meta.main) await runParts("deno run -A bench/system/queue.ts", [part]);

function bareRings() {
  const rings = PRIORITIES.map(() => new Ring());
  for (let item = 0; item < STANDING; item++) rings[ranks[item & 0xffff]].push(item);
  let at = 0;
  let sum = 0;
  return timed(() => {
    for (let i = 0; i < BATCH; i++) {
      rings[ranks[at++ & 0xffff]].push(i);
      sum += (rings[3].size ? rings[3] : rings[2].size ? rings[2] : rings[1].size ? rings[1] : rings[0]).shift();
    }
    return sum;
  }, { per: BATCH });
}

function priorityQueue() {
  const queue = new PriorityQueue();
  for (let item = 0; item < STANDING; item++) queue.push(item, ranks[item & 0xffff] as Rank);
  let at = 0;
  let sum = 0;
  return timed(() => {
    for (let i = 0; i < BATCH; i++) {
      queue.push(i, ranks[at++ & 0xffff] as Rank);
      sum += queue.pop();
    }
    return sum;
  }, { per: BATCH });
}

function heap() {
  type Entry = { item: number; rank: number; order: number };
  const heap = new TinyQueue<Entry>([], (one, other) => other.rank - one.rank || one.order - other.order);
  let order = 0;
  for (let item = 0; item < STANDING; item++) heap.push({ item, rank: ranks[item & 0xffff], order: order++ });
  let at = 0;
  let sum = 0;
  return timed(() => {
    for (let i = 0; i < BATCH; i++) {
      heap.push({ item: i, rank: ranks[at++ & 0xffff], order: order++ });
      sum += heap.pop()!.item;
    }
    return sum;
  }, { per: BATCH });
}

function scheduleAdd() {
  const schedule = createSchedule({ capacity: CAPACITY, originMs: 0 });
  let at = 0;
  return timed(() => {
    for (let i = 0; i < BATCH; i++) schedule.add(at = (at + 1) % CAPACITY, waits[at & 0xffff]);
  }, { per: BATCH });
}

function scheduleFire() {
  const schedule = createSchedule({ capacity: CAPACITY, originMs: 0 });
  for (let handle = 0; handle < CAPACITY; handle++) schedule.add(handle, waits[handle & 0xffff]);
  let [at, nowMs] = [0, 0];
  const again = (handle: number) => schedule.add(handle, nowMs + waits[at++ & 0xffff]);
  return timed(() => {
    for (const target = at + BATCH; at < target;) schedule.advance(nowMs = Math.max(nowMs, schedule.nextMs()), again);
  }, { per: BATCH });
}

function scheduleBytes() {
  return {
    async sample() {
      const before = await bytesUsed();
      const full = createSchedule({ capacity: CAPACITY, originMs: 0 });
      for (let handle = 0; handle < CAPACITY; handle++) full.add(handle, waits[handle & 0xffff]);
      const bytes = await bytesUsed() - before;
      return bytes / full.size;
    },
  };
}

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
