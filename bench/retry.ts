// deno-lint-ignore-file no-console
/**
 * `retry(fn)` beside its peers and beside a bare loop. Run: `deno run -A --v8-flags=--expose-gc bench/retry.ts [--json]`
 *
 * The last part holds 100,000 calls in their wait and reads the heap before and after.
 */
import { ConstantBackoff, ExponentialBackoff, handleAll, retry as cockatielRetry } from "npm:cockatiel@4.0.0";
import pRetry from "npm:p-retry@9.0.0";
import { createRetry, retry } from "../src/retry/mod.ts";
import { interleave } from "./harness.ts";

const WAITING = 100_000;

async function bare<T>(fn: () => Promise<T>, retries = 3): Promise<T> {
  for (let attempt = 0;; attempt++) {
    try {
      return await fn();
    } catch (error) {
      if (attempt >= retries) throw error;
    }
  }
}

const succeed = () => Promise.resolve(42);
const patient = cockatielRetry(handleAll, { maxAttempts: 3, backoff: new ConstantBackoff(0) });
const policy = { retries: 3, baseMs: 0, jitter: "none" } as const;
const prepared = createRetry(policy);

await interleave("success", {
  "bare loop": () => bare(succeed),
  "bellhop retry(fn)": () => retry(succeed),
  "bellhop retry(fn, policy)": () => retry(succeed, policy),
  "bellhop createRetry": () => prepared(succeed),
  "cockatiel": () => patient.execute(succeed),
  "p-retry": () => pRetry(succeed),
});

// One error for all: to make one, with its stack, costs more than any of the engines.
const notYet = new Error("not yet");

function failing(): () => Promise<number> {
  let calls = 0;
  return () => ++calls > 3 ? Promise.resolve(calls) : Promise.reject(notYet);
}

await interleave("three failures, no delay", {
  "bare loop": () => bare(failing()),
  "bellhop retry(fn, policy)": () => retry(failing(), policy),
  "bellhop createRetry": () => prepared(failing()),
  "cockatiel (sets timers of 0 ms)": () => patient.execute(failing()),
  "p-retry": () => pRetry(failing(), { retries: 3, minTimeout: 0, maxTimeout: 0 }),
});

const bad = () => Promise.reject(notYet);
const slowly = createRetry({ retries: 1, baseMs: 3_600_000, capMs: 3_600_000, jitter: "none" });
const cockatielSlowly = cockatielRetry(handleAll, {
  maxAttempts: 1,
  backoff: new ExponentialBackoff({ initialDelay: 3_600_000, maxDelay: 3_600_000 }),
});
const heap: Record<string, number> = {
  "bare loop that awaits one setTimeout": await bytesEach(async () => {
    try {
      return await bad();
    } catch {
      await sleep(3_600_000);
      return await bad();
    }
  }),
  "one setTimeout": await bytesEach(() => setTimeout(nothing, 3_600_000)),
  "one setTimeout, awaited": await bytesEach(() => sleep(3_600_000)),
  "bellhop": await bytesEach(() => slowly(bad)),
  "cockatiel": await bytesEach(() => cockatielSlowly.execute(bad)),
  "p-retry": await bytesEach(() => pRetry(bad, { retries: 1, minTimeout: 3_600_000 })),
};
if (Deno.args.includes("--json")) console.log(JSON.stringify({ title: "heap bytes per waiting call", rows: heap }));
else console.table(heap);
Deno.exit(0);

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function nothing(): void {}

async function bytesEach(begin: () => unknown): Promise<number> {
  const kept: unknown[] = new Array(WAITING).fill(0);
  const before = await heapUsed();
  for (let i = 0; i < WAITING; i++) kept[i] = begin();
  await sleep(50);
  const used = await heapUsed() - before;
  if (kept.length !== WAITING) throw new Error("kept nothing");
  return Math.round(used / WAITING);
}

async function heapUsed(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    (globalThis as unknown as { gc(): void }).gc();
    await sleep(5);
  }
  return Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;
}
