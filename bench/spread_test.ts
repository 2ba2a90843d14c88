import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ratioOf, spreadOf } from "./spread.ts";

const numbers = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 40 });

Deno.test("spreadOf() splits the numbers into quarters whatever their order", () => {
  fc.assert(fc.property(numbers, fc.nat(), (values, turn) => {
    const { median, low, high, samples } = spreadOf(values);
    const count = (fits: (value: number) => boolean) => values.filter(fits).length;
    assertEquals(samples, values.length);
    assertEquals(low <= median && median <= high, true);
    for (const [at, share] of [[low, 0.25], [median, 0.5], [high, 0.75]]) {
      const place = share * (values.length - 1);
      assertEquals(count((value) => value < at) <= Math.ceil(place), true);
      assertEquals(count((value) => value > at) <= values.length - 1 - Math.floor(place), true);
    }
    const at = turn % values.length;
    assertEquals(spreadOf([...values.slice(at), ...values.slice(0, at)]), { median, low, high, samples });
  }));
});

Deno.test("ratioOf() sees nothing of a round in which both were slow", () => {
  fc.assert(fc.property(numbers, fc.double({ min: 0.1, max: 10, noNaN: true }), (floor, times) => {
    const { median, low, high, to } = ratioOf(floor.map((value) => value * times), floor, "bare");
    for (const value of [median, low, high]) assertAlmostEquals(value, times, times * 1e-9);
    assertEquals(to, "bare");
  }));
});

Deno.test("spreadOf() goes in a straight line between neighbours", () => {
  assertEquals(spreadOf([4, 1, 3, 2]), { median: 2.5, low: 1.75, high: 3.25, samples: 4 });
});

Deno.test("spreadOf() and ratioOf() refuse what has no answer", () => {
  assertThrows(() => spreadOf([]), RangeError, "got none");
  assertThrows(() => ratioOf([1, 2], [1], "bare"), RangeError, "got 2 and 1");
});
