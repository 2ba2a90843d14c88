// deno-lint-ignore-file no-console
/**
 * The timetable with a million entries, in batches of 1,000. Run: `deno run -A --v8-flags=--expose-gc bench/schedule.ts [--json]`
 */
import { createSchedule } from "../mod.ts";
import { seededRandom } from "../src/testing/mod.ts";
import { interleave } from "./harness.ts";

const CAPACITY = 1_000_000;
const BATCH = 1_000;
const random = seededRandom(1);
// Waits as full jitter of capped backoff gives them.
const waits = Float64Array.from({ length: 1 << 16 }, () => 1 + Math.floor(random() * 300_000));

const before = await bytesUsed();
const full = createSchedule({ capacity: CAPACITY, originMs: 0 });
for (let handle = 0; handle < CAPACITY; handle++) full.add(handle, waits[handle & 0xffff]);
const bytes = (await bytesUsed() - before) / CAPACITY;
if (Deno.args.includes("--json")) console.log(JSON.stringify({ title: "bytes per entry of a million", bytes }));
else console.log(`bytes per entry of a million: ${bytes.toFixed(1)}`);

let [at, nowMs] = [0, 0];
const again = (handle: number) => full.add(handle, nowMs + waits[at++ & 0xffff]);
const half = createSchedule({ capacity: CAPACITY, originMs: 0 });

await interleave("schedule, per operation", {
  "add and cancel": () => {
    for (let i = 0; i < BATCH; i++) half.add(at = (at + 7_919) % CAPACITY, waits[i]);
    for (let i = 0; i < BATCH; i++, at = (at + CAPACITY - 7_919) % CAPACITY) half.cancel(at);
  },
  "add, one after the other": () => {
    for (let i = 0; i < BATCH; i++) half.add(at = (at + 1) % CAPACITY, nowMs + waits[at & 0xffff]);
  },
  "fire and add again, a million waiting": () => {
    for (const target = at + BATCH; at < target;) full.advance(nowMs = Math.max(nowMs, full.nextMs()), again);
  },
}, { per: BATCH, rounds: 5 });

await interleave("a million: add all, then fire all by waking at nextMs()", {
  "wheel": () => {
    const schedule = createSchedule({ capacity: CAPACITY, originMs: 0 });
    for (let handle = 0; handle < CAPACITY; handle++) schedule.add(handle, waits[handle & 0xffff]);
    while (schedule.size > 0) schedule.advance(schedule.nextMs(), nothing);
  },
}, { per: CAPACITY, rounds: 3, cpuMs: 1 });

async function bytesUsed(): Promise<number> {
  for (let i = 0; i < 3; i++) { // buffers that were outgrown are given back between turns
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

function nothing(): void {}
