import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Fifo } from "./fifo.ts";

const ring = (line: Fifo): Int32Array => (line as unknown as { ring: Int32Array }).ring;

Deno.test("Fifo does what an array does, and takes at most four places an item, whatever leaves it in the middle", () => {
  const count = fc.oneof(fc.constant(1), fc.nat({ max: 40 }));
  const step = fc.tuple(fc.constantFrom("push", "push", "shift", "pop", "remove", "unknown"), count, fc.nat());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const line = new Fifo();
      const model: number[] = [];
      let next = 0;
      let most = 0;
      for (const [kind, times, pick] of steps) {
        for (let i = 0; i < times; i++) {
          if (kind === "push") {
            line.push(next);
            model.push(next++);
          } else if (kind === "shift") {
            assertEquals(line.shift(), model.shift() ?? -1);
          } else if (kind === "pop") {
            assertEquals(line.pop(), model.pop() ?? -1);
          } else if (kind === "remove" && model.length > 0) {
            assertEquals(line.remove(model.splice(pick % model.length, 1)[0]), true);
          } else {
            assertEquals(line.remove(next), false);
          }
          most = Math.max(most, model.length);
          assertEquals(line.size, model.length);
        }
      }
      assert(ring(line).length <= Math.max(8, 4 * most), `${most} items at most took ${ring(line).length} places`);
      while (model.length > 0) assertEquals(line.shift(), model.shift());
      assertEquals(line.shift(), -1);
      assertEquals(line.pop(), -1);
    }),
  );
});

Deno.test("Fifo stays as small as it is when items leave it in the middle for ever", () => {
  const line = new Fifo();
  line.push(0);
  for (let i = 1; i <= 10_000; i++) {
    line.push(i);
    assertEquals(line.remove(i), true);
  }
  assertEquals(ring(line).length, 8);
  assertEquals([line.shift(), line.shift()], [0, -1]);
});

for (const leave of ["shift", "pop", "remove"] as const) {
  Deno.test(`Fifo keeps a ring of 256 places and gives back a larger one when ${leave}() takes the last item`, () => {
    for (const [items, places] of [[257, 256], [258, 0]]) {
      const line = new Fifo();
      for (let i = 0; i < items; i++) line.push(i);
      for (let i = 0; i < items; i++) leave === "remove" ? line.remove(i) : line[leave]();
      assertEquals([line.size, ring(line).length], [0, places]);
    }
  });
}
