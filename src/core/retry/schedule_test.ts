import { assertEquals, assertGreater, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createSchedule } from "./schedule.ts";

const CAPACITY = 300;
const LONGEST = 0x7fff_ffff;

type Step =
  | { do: "add"; handle: number; waitMs: number }
  | { do: "cancel"; handle: number }
  | { do: "advance"; byMs: number }
  | { do: "wake" };

const wait = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.integer({ min: 0, max: 600 }),
  fc.integer({ min: 0, max: 200_000 }),
  fc.integer({ min: 0, max: 20 * 86_400_000 }),
  fc.integer({ min: LONGEST - 10, max: LONGEST + 10 }),
);
const handle = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: CAPACITY - 1 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("add" as const), handle, waitMs: wait }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), handle }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("advance" as const), byMs: fc.oneof(wait, fc.constant(9e9)) }) },
  { weight: 3, arbitrary: fc.constant({ do: "wake" as const }) },
);

/** The naive model: a list sorted by due time, then by insertion. */
class Model {
  waiting: { handle: number; dueMs: number; order: number }[] = [];
  order = 0;
  constructor(public presentMs: number) {}
  add(handle: number, dueMs: number) {
    this.cancel(handle);
    dueMs = Math.min(this.presentMs + LONGEST, Math.max(this.presentMs, dueMs));
    this.waiting.push({ handle, dueMs, order: this.order++ });
    this.waiting.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
  }
  cancel(handle: number) {
    this.waiting = this.waiting.filter((entry) => entry.handle !== handle);
  }
  advance(nowMs: number): number[] {
    this.presentMs = Math.max(nowMs, this.presentMs);
    const due = this.waiting.filter((entry) => entry.dueMs <= this.presentMs);
    this.waiting = this.waiting.filter((entry) => entry.dueMs > this.presentMs);
    return due.map((entry) => entry.handle);
  }
}

Deno.test("createSchedule() agrees with a sorted list over any commands, from any origin", () => {
  const origin = fc.oneof(
    fc.constantFrom(0, 2 ** 31 - 3, 2 ** 32 - 100, 1_767_225_600_000, -1_000),
    fc.integer({ min: 0, max: 2 ** 33 }),
  );
  fc.assert(
    fc.property(origin, fc.array(step, { maxLength: 150 }), (originMs, steps) => {
      const schedule = createSchedule({ capacity: CAPACITY, originMs });
      const model = new Model(originMs);
      let nowMs = originMs;
      for (const it of steps) {
        if (it.do === "add") {
          schedule.add(it.handle, nowMs + it.waitMs);
          model.add(it.handle, nowMs + it.waitMs);
        } else if (it.do === "cancel") {
          schedule.cancel(it.handle);
          model.cancel(it.handle);
          assertEquals(schedule.has(it.handle), false);
        } else {
          if (it.do === "wake" && schedule.size === 0) continue;
          nowMs = it.do === "wake" ? schedule.nextMs() : nowMs + it.byMs;
          const fired: number[] = [];
          schedule.advance(nowMs, (handle) => fired.push(handle));
          assertEquals(fired, model.advance(nowMs));
          nowMs = Math.max(nowMs, model.presentMs);
        }
        assertEquals(schedule.size, model.waiting.length);
        if (model.waiting.length === 0) assertEquals(schedule.nextMs(), Infinity);
        else assertLessOrEqual(schedule.nextMs(), model.waiting[0].dueMs);
      }
      for (const { handle, dueMs } of model.waiting) assertEquals(schedule.dueMs(handle), dueMs);
    }),
    { numRuns: 400 },
  );
});

Deno.test("nextMs() leads to the firing of everything in at most four wake-ups each", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: LONGEST }), { minLength: 1, maxLength: 40 }), (waits) => {
      const schedule = createSchedule({ capacity: waits.length, originMs: 5 });
      waits.forEach((waitMs, handle) => schedule.add(handle, 5 + waitMs));
      let wakeUps = 0;
      let before = -1;
      while (schedule.size > 0) {
        const wakeMs = schedule.nextMs();
        assertGreater(wakeMs, before);
        before = wakeMs;
        schedule.advance(wakeMs, (handle) => assertEquals(5 + waits[handle], wakeMs));
        wakeUps++;
      }
      assertLessOrEqual(wakeUps, waits.length * 4);
    }),
  );
});

Deno.test("advance() fires at the next call what is added due while it fires", () => {
  const schedule = createSchedule({ capacity: 2, originMs: 0 });
  schedule.add(0, 10);
  let times = 0;
  const again = (handle: number) => {
    times++;
    schedule.add(handle, 10);
  };
  schedule.advance(20, again);
  assertEquals(times, 1);
  assertEquals(schedule.nextMs(), 20);
  schedule.advance(20, again);
  assertEquals(times, 2);
});

Deno.test("advance() skips what is cancelled while it fires, and keeps the rest when firing throws", () => {
  const schedule = createSchedule({ capacity: 4, originMs: 0 });
  for (const handle of [0, 1, 2, 3]) schedule.add(handle, 10 + handle);
  const fired: number[] = [];
  assertThrows(
    () =>
      schedule.advance(50, (handle) => {
        fired.push(handle);
        if (handle === 0) schedule.cancel(1);
        if (handle === 2) throw new Error("stop");
      }),
    Error,
    "stop",
  );
  assertEquals([fired, schedule.size, schedule.nextMs()], [[0, 2], 1, 50]);
  schedule.advance(50, (handle) => fired.push(handle));
  assertEquals(fired, [0, 2, 3]);
});

Deno.test("dueMs() is undefined for what is not in, whether it was in or never had room", () => {
  const schedule = createSchedule({ capacity: 1_000, originMs: 0 });
  schedule.add(3, 10);
  schedule.cancel(3);
  for (const handle of [3, 4, 64, 65, 999]) {
    assertEquals([schedule.has(handle), schedule.dueMs(handle)], [false, undefined]);
    schedule.cancel(handle);
  }
  assertEquals(schedule.size, 0);
  for (const handle of [63, 64, 65, 999]) schedule.add(handle, handle);
  assertEquals([63, 64, 65, 999].map((handle) => schedule.dueMs(handle)), [63, 64, 65, 999]);
});

Deno.test("createSchedule() makes room for the handles in use, whatever the capacity", () => {
  // More than any array can hold.
  const schedule = createSchedule({ capacity: 2 ** 40, originMs: 0 });
  for (const handle of [0, 63, 64, 1_000]) schedule.add(handle, handle);
  assertEquals([schedule.size, schedule.dueMs(1_000)], [4, 1_000]);
});

Deno.test("add() rounds fractions up so that nothing fires early", () => {
  const schedule = createSchedule({ capacity: 1, originMs: 0.5 });
  schedule.add(0, 10.2);
  assertEquals(schedule.dueMs(0), 11);
});

Deno.test("add() refuses handles outside the capacity and times that are no number", () => {
  const schedule = createSchedule({ capacity: 2, originMs: 0 });
  for (const handle of [-1, 2, 0.5, NaN]) {
    assertThrows(() => schedule.add(handle, 1), RangeError, `the handle must be an integer from 0 to 1: ${handle}`);
  }
  assertThrows(() => schedule.add(0, NaN), RangeError, "due time");
  assertEquals(schedule.size, 0);
});
