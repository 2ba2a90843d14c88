import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { storeContract } from "../../testing/store_contract.ts";
import { sortedKeys } from "./_sorted_keys.ts";
import { memory } from "./memory.ts";

storeContract(memory, { register: (name, check) => Deno.test(`memory(): ${name}`, check) });

Deno.test("memory() keeps its records for as long as its opener lives", async () => {
  const open = memory();
  const first = await open();
  await first.write([{ keyspace: "registry", key: "a", value: "1" }]);
  await first.close();
  const second = await open();
  assertEquals(await second.scan("registry", "", 1), [{ key: "a", value: "1" }]);
  await second.close();
});

Deno.test("sortedKeys() pages like a sorted array, whatever was added and dropped", () => {
  // Thousands of keys, so that blocks split and vanish.
  const number = fc.integer({ min: 0, max: 4_000 });
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number), { maxLength: 8 }), number, (ranges, after) => {
      const keys = sortedKeys();
      const model = new Set<string>();
      for (const [from, to] of ranges) {
        for (let n = from; n < to; n++) {
          const key = `${(n * 2_654_435_761) % 4_001}`;
          if (!model.has(key)) keys.add(key);
          model.add(key);
        }
        for (let n = to; n < from; n++) {
          const key = `${(n * 2_654_435_761) % 4_001}`;
          if (model.delete(key)) keys.drop(key);
        }
      }
      const expected = [...model].sort();
      assertEquals(keys.after("", 5_000), expected);
      assertEquals(keys.after(`${after}`, 1_000), expected.filter((key) => key > `${after}`).slice(0, 1_000));
    }),
    { numRuns: 30 },
  );
});
