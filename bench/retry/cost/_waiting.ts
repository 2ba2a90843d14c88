import process from "node:process";
import type { RetryEngine } from "../engine.ts";
import { fail, failing, LONG_POLICY, prepared } from "./cases.ts";
import { counted, platformTimeout } from "./_count_timers.ts";

/** What calls cost that do nothing but wait. */
export interface WaitingCost {
  /** For each number of calls that wait: bytes each, on the heap and of the whole process. */
  readonly bytes: readonly { readonly calls: number; readonly heap: number; readonly resident: number }[];
  /** Timers set by the first of these numbers, each. */
  readonly timersWaiting: number;
  /** Timers set by a retry that does not wait. */
  readonly timersAtOnce: number;
}

const WARM = 1_000;
const FAILURES = 3;

/** Begins ever more calls that wait for an hour, and reads the heap at each of the numbers. Once a process. */
export async function waitingCost(engine: RetryEngine, counts: readonly number[]): Promise<WaitingCost> {
  const heapUsed = await heapReader();
  counted.timers = 0;
  const atOnce = prepared(engine, { ...LONG_POLICY, baseMs: 0, capMs: 0 });
  await Promise.all(Array.from({ length: WARM }, () => atOnce(failing(FAILURES))));
  const timersAtOnce = counted.timers / WARM / FAILURES;

  const call = prepared(engine, LONG_POLICY);
  const kept: unknown[] = new Array(WARM + counts[counts.length - 1]).fill(undefined);
  let begun = 0;
  let failed = 0;
  const op = () => (failed++, fail());
  const bytes: WaitingCost["bytes"][number][] = [];
  let timersWaiting = NaN;

  // The first calls compile, and grow tables: they stand before the count begins.
  await begin(WARM);
  const base = { heap: await heapUsed(), resident: process.memoryUsage().rss };
  counted.timers = 0;
  for (const calls of counts) {
    await begin(WARM + calls);
    if (Number.isNaN(timersWaiting)) timersWaiting = counted.timers / calls;
    const heap = (await heapUsed() - base.heap) / calls;
    bytes.push({ calls, heap, resident: (process.memoryUsage().rss - base.resident) / calls });
  }
  if (kept.length < begun) throw new Error("kept nothing");
  return { bytes, timersWaiting, timersAtOnce };

  async function begin(calls: number): Promise<void> {
    for (; begun < calls; begun++) {
      kept[begun] = call(op);
      // A queue of a million microtasks would be memory too.
      if (begun % 10_000 === 0) await pause(0);
    }
    while (failed < begun) await pause(1);
    await pause(20);
  }
}

/** Bytes on the heap after all garbage is gone. */
async function heapReader(): Promise<() => Promise<number>> {
  const { Bun, gc } = globalThis as { Bun?: { gc(sync: boolean): void }; gc?: () => void };
  const collect = Bun ? () => Bun.gc(true) : gc;
  if (!collect) throw new Error("the process was started without a way to collect garbage");
  let read = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  if (Bun) {
    const name = "bun:jsc"; // a name that no bundler follows
    const { heapStats } = await import(name) as { heapStats(): { heapSize: number; extraMemorySize: number } };
    read = () => heapStats().heapSize + heapStats().extraMemorySize;
  }
  return async () => {
    for (let i = 0; i < 2; i++) {
      collect();
      await pause(5);
    }
    return read();
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => platformTimeout(resolve, ms));
}
