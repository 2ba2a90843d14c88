import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { between, drawn, scrambled, unscrambled } from "./chance.ts";

const bits = fc.integer({ min: 0, max: 0xffff_ffff });

Deno.test("unscrambled() undoes scrambled(), for every number and salt", () => {
  fc.assert(fc.property(bits, bits, (value, salt) => assertEquals(unscrambled(scrambled(value, salt), salt), value)));
});

Deno.test("drawn() is even, also over neighbours in any of its places", () => {
  const places: ((at: number) => number)[] = [
    (at) => drawn(at, 1, 1, 1),
    (at) => drawn(1, at, 1, 1),
    (at) => drawn(1, 1, at, 1),
    (at) => drawn(1, 1, 1, at),
  ];
  for (const place of places) {
    const draws = Array.from({ length: 10_000 }, (_, at) => place(at));
    assert(draws.every((u) => u >= 0 && u < 1));
    // Four standard errors of the mean of as many, and of the product of neighbours.
    assertAlmostEquals(draws.reduce((sum, u) => sum + u) / draws.length, 0.5, 4 * 0.2887 / 100);
    const products = draws.slice(1).map((u, at) => (u - 0.5) * (draws[at] - 0.5));
    assertAlmostEquals(products.reduce((sum, u) => sum + u) / products.length, 0, 4 / 12 / 100);
  }
});

Deno.test("between() gives both ends and nothing beyond", () => {
  assertEquals([0, 0.2, 0.4, 0.7, 0.999_999].map((u) => between([3, 5], u)), [3, 3, 4, 5, 5]);
});
