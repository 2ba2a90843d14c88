import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { seededRandom } from "./seeded_random.ts";

Deno.test("seededRandom() gives the same numbers in [0, 1) for the same seed", () => {
  fc.assert(fc.property(fc.integer(), (seed) => {
    const [a, b] = [seededRandom(seed), seededRandom(seed)];
    for (let i = 0; i < 50; i++) {
      const u = a();
      assertEquals(u, b());
      assert(u >= 0 && u < 1);
    }
  }));
});

Deno.test("seededRandom() fills sixteen boxes evenly, by chi squared, and differs between near seeds", () => {
  for (const seed of [0, 1, 2, 42, 0xffff_ffff]) {
    const random = seededRandom(seed);
    const boxes = new Array(16).fill(0);
    for (let i = 0; i < 16_000; i++) boxes[Math.floor(random() * 16)]++;
    const chi = boxes.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    assert(chi < 45, `chi squared of seed ${seed}: ${chi}`); // p < 0.0001 for 15 degrees of freedom
  }
  assert(seededRandom(1)() !== seededRandom(2)());
});
