import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { pool } from "./pool.ts";

async function* count(to: number, taken: number[] = []): AsyncGenerator<number> {
  for (let piece = 0; piece < to; piece++) {
    taken.push(piece);
    yield piece;
  }
}

Deno.test("pool() works on each piece once, never on more than its width", async () => {
  const sizes = fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 8 }));
  await fc.assert(fc.asyncProperty(fc.scheduler(), sizes, async (scheduler, [pieces, width]) => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    const working = pool(count(pieces), width, async (piece) => {
      most = Math.max(most, ++running);
      await scheduler.schedule(Promise.resolve());
      running--;
      done.push(piece);
    });
    await scheduler.waitFor(working);
    assertEquals(done.toSorted((one, other) => one - other), Array.from({ length: pieces }, (_, piece) => piece));
    assertEquals(most, Math.min(width, pieces));
  }));
});

Deno.test("pool() takes nothing more when a worker has failed, and tells why", async () => {
  const taken: number[] = [];
  const error = await assertRejects(() =>
    pool(count(100, taken), 2, (piece) => piece === 3 ? Promise.reject(new Error("no")) : Promise.resolve())
  );
  assertEquals((error as Error).message, "no");
  assertEquals(taken.length < 8, true);
});
