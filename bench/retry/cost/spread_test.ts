import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ratioOf, spreadOf } from "./spread.ts";

const ROUNDS = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 });

Deno.test("spreadOf() has quartiles around the median, within what was seen, whatever the order", () => {
  fc.assert(fc.property(ROUNDS, (values) => {
    const { low, median, high, samples } = spreadOf(values);
    assert(Math.min(...values) <= low && low <= median && median <= high && high <= Math.max(...values));
    assertEquals(samples, values.length);
    assertEquals(spreadOf(values.toReversed()), { low, median, high, samples });
  }));
});

Deno.test("spreadOf() gives the quartiles of a known list", () => {
  assertEquals(spreadOf([5, 1, 4, 2, 3]), { median: 3, low: 2, high: 4, samples: 5 });
  assertEquals(spreadOf([7]), { median: 7, low: 7, high: 7, samples: 1 });
});

Deno.test("ratioOf() divides within each round, so that a slow round changes nothing", () => {
  assertEquals(ratioOf([2, 20, 200], [4, 40, 400], "floor"), {
    median: 0.5,
    low: 0.5,
    high: 0.5,
    samples: 3,
    to: "floor",
  });
});
