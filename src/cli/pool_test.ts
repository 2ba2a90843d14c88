import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { pool } from "./pool.ts";

async function* count(to: number, taken: number[] = []): AsyncGenerator<number> {
  for (let piece = 0; piece < to; piece++) {
    taken.push(piece);
    yield piece;
  }
}

const sizes = fc.record({ width: fc.integer({ min: 1, max: 8 }), most: fc.integer({ min: 1, max: 5 }) });

Deno.test("pool() works on each piece once and in order, in batches of its size, never on more than its width", async () => {
  await fc.assert(fc.asyncProperty(fc.scheduler(), fc.nat(40), sizes, async (scheduler, pieces, size) => {
    const given: number[] = [];
    let running = 0;
    let mostRunning = 0;
    const working = pool(count(pieces), size, async (batch) => {
      assert(batch.length >= 1 && batch.length <= size.most);
      given.push(...batch);
      mostRunning = Math.max(mostRunning, ++running);
      await scheduler.schedule(Promise.resolve());
      running--;
    });
    await scheduler.waitFor(working);
    assertEquals(given, Array.from({ length: pieces }, (_, piece) => piece));
    assertEquals(mostRunning, Math.min(size.width, mostRunning));
    if (size.most === 1) assertEquals(mostRunning, Math.min(pieces, size.width));
  }));
});

Deno.test("pool() takes no more than one batch while all workers are busy", async () => {
  const taken: number[] = [];
  const gate = Promise.withResolvers<void>();
  const working = pool(count(100, taken), { width: 2, most: 3 }, () => gate.promise);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(taken.length, 5);
  gate.resolve();
  await working;
  assertEquals(taken.length, 100);
});

Deno.test("pool() takes nothing more when a worker has failed, and tells why", async () => {
  const taken: number[] = [];
  const error = await assertRejects(() =>
    pool(
      count(100, taken),
      { width: 2, most: 1 },
      ([piece]) => piece === 3 ? Promise.reject(new Error("no")) : Promise.resolve(),
    )
  );
  assertEquals((error as Error).message, "no");
  assert(taken.length < 8);
});
