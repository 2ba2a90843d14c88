import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { manualClock } from "./manual_clock.ts";

Deno.test("manualClock() wakes each at its moment, in order of time then of asking, unless taken back", () => {
  const asked = fc.array(fc.record({ afterMs: fc.integer({ min: -5, max: 100 }), takenBack: fc.boolean() }));
  fc.assert(fc.property(asked, fc.array(fc.nat(60)), (asked, moves) => {
    const clock = manualClock(1_000);
    const woken: string[] = [];
    asked.forEach(({ afterMs, takenBack }, i) => {
      const cancel = clock.wakeAt(1_000 + afterMs, () => woken.push(`${i}@${clock.nowMs()}`));
      if (takenBack) cancel();
    });
    for (const ms of moves) clock.advance(ms);
    const expected = asked.map(({ afterMs, takenBack }, i) => ({ i, atMs: 1_000 + Math.max(0, afterMs), takenBack }))
      .filter(({ takenBack }) => !takenBack).sort((x, y) => x.atMs - y.atMs || x.i - y.i);
    const due = expected.filter(({ atMs }) => moves.length > 0 && atMs <= clock.nowMs());
    assertEquals(woken, due.map(({ i, atMs }) => `${i}@${atMs}`));
    assertEquals(clock.pending, expected.length - due.length);
    assertEquals(clock.nextMs, expected[due.length]?.atMs ?? Infinity);
  }));
});

Deno.test("settle() lets promises ask for the next wake-up on the way", async () => {
  const clock = manualClock(0);
  const at: number[] = [];
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.wakeAt(clock.nowMs() + ms, resolve));
  const run = (async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(10);
      at.push(clock.nowMs());
    }
  })();
  await clock.settle(100);
  await run;
  assertEquals([at, clock.nowMs()], [[10, 20, 30], 100]);
});
