import { assertAlmostEquals, assertEquals } from "@std/assert";
import { exponentOf, grown, growthMeasures } from "./growth.ts";

const sized = (clients: number, seconds: number) => ({ clients, seconds: 1, cpuSeconds: seconds, bytes: 1 });

Deno.test("exponentOf() is 1 for linear growth and 2 for squares, from ten thousand clients on", () => {
  const sizes = [10, 1_000, 10_000, 1_000_000];
  assertAlmostEquals(exponentOf(sizes.map((n) => sized(n, n < 10_000 ? 5_000 : n / 7)))!, 1, 1e-9);
  assertAlmostEquals(exponentOf(sizes.map((n) => sized(n, n ** 2)))!, 2, 1e-9);
  assertEquals(exponentOf([sized(10, 1), sized(1_000, 2)]), undefined);
});

Deno.test("grown() stops before a size that would take too long, and says so", async () => {
  const tried: number[] = [];
  const takesTime = () => {
    for (const begin = performance.now(); performance.now() < begin + 30;);
  };
  const { sizes, stopped } = await grown({ name: "x", maxSeconds: 0, run: takesTime }, 1_000, () => {});
  assertEquals(sizes.map(({ clients }) => clients), [10]);
  assertEquals(stopped, "100 clients would take the processor about 1 min, more than is tried");
  assertEquals(growthMeasures("x", sizes, stopped).at(-1)!.why, stopped);
  const all = await grown({ name: "x", maxSeconds: Infinity, run: (n) => tried.push(n) }, 1_000, () => {});
  assertEquals(all.sizes.map(({ clients }) => clients), [10, 100, 1_000]);
  // The first is not measured: it warms up.
  assertEquals(tried, [1_000, 10, 100, 1_000]);
});
