import { assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { inRounds, orderOf, timedBlocks } from "./harness.ts";

const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 });

Deno.test("inRounds() asks each once a round, and begins no two rounds in a row with the same", async () => {
  await fc.assert(fc.asyncProperty(names, fc.integer({ min: 1, max: 12 }), async (names, rounds) => {
    const asked: string[][] = Array.from({ length: rounds }, () => []);
    const seen = await inRounds(names, rounds, (name, round) => asked[round].push(name));
    for (const [round, order] of asked.entries()) {
      assertEquals(order.toSorted(), names.toSorted());
      assertEquals(order[0], names[round % names.length]);
    }
    for (const values of seen.values()) assertEquals(values.length, rounds);
  }));
});

Deno.test("inRounds() keeps numbers in the order of rounds, so that they can be divided round by round", async () => {
  const seen = await inRounds(["a", "b", "c"], 4, (name, round) => name.charCodeAt(0) * 10 + round);
  assertEquals(seen.get("a"), [970, 971, 972, 973]);
  assertEquals(seen.get("c"), [990, 991, 992, 993]);
});

Deno.test("inRounds() leaves out one that fails and goes on with the others", async () => {
  const asked: string[] = [];
  const seen = await inRounds(["a", "b"], 3, (name, round) => {
    asked.push(name);
    return name === "b" && round === 1 ? undefined : round;
  });
  assertEquals(Object.fromEntries(seen), { a: [0, 1, 2] });
  assertEquals(asked.filter((name) => name === "b").length, 2);
});

Deno.test("orderOf() begins as many rounds with each when there are as many rounds as subjects", () => {
  const items = ["a", "b", "c", "d"];
  const firsts = items.map((_, round) => orderOf(items, round)[0]);
  assertEquals(firsts, items);
  assertEquals(orderOf([], 3), []);
});

Deno.test("timedBlocks() prepares before each block and counts none of it", async () => {
  const done: string[] = [];
  const prepare = () => {
    done.push("prepare");
    for (const endMs = performance.now() + 5; performance.now() < endMs;);
  };
  const ns = await timedBlocks(prepare, () => done.push("run"), { per: 1 }).sample(20);
  assertEquals(done.length % 2, 0);
  for (const [at, step] of done.entries()) assertEquals(step, at % 2 === 0 ? "prepare" : "run");
  assertGreater(5e6, ns);
});
