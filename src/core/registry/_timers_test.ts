import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createTimers, timer } from "./_timers.ts";

Deno.test("createTimers() shows the earliest of those set, whatever was moved and cleared", () => {
  const change = fc.record({ which: fc.nat(11), dueMs: fc.option(fc.nat(50), { nil: undefined }) });
  fc.assert(fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
    const timers = createTimers<number>();
    const all = Array.from({ length: 12 }, (_, i) => timer(i));
    const due = new Map<number, number>();
    for (const { which, dueMs } of changes) {
      if (dueMs === undefined) {
        timers.clear(all[which]);
        due.delete(which);
      } else {
        timers.set(all[which], dueMs);
        due.set(which, dueMs);
      }
      assertEquals(timers.size, due.size);
      assertEquals(timers.peek()?.dueMs, due.size === 0 ? undefined : Math.min(...due.values()));
    }
    const drained: number[] = [];
    for (let first = timers.peek(); first !== undefined; first = timers.peek()) {
      assertEquals(due.get(first.owner), first.dueMs);
      drained.push(first.dueMs);
      timers.clear(first);
    }
    assertEquals(drained, [...due.values()].toSorted((a, b) => a - b));
  }));
});
