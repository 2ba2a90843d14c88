import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { Stop } from "./exit_code.ts";
import { type Item, items } from "./items.ts";

async function read(text: string): Promise<Item[]> {
  async function* lines() {
    for (const [place, line] of text.split("\n").entries()) yield { number: place + 1, text: line };
  }
  return await Array.fromAsync(items(lines()));
}

const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1 });

Deno.test("items() finds the same in NDJSON, in an array, and in both when they are spread over lines", async () => {
  await fc.assert(fc.asyncProperty(objects, async (objects) => {
    const wanted = JSON.parse(JSON.stringify(objects));
    const ndjson = objects.map((object) => JSON.stringify(object)).join("\n\n");
    for (const text of [ndjson, JSON.stringify(objects), JSON.stringify(objects, null, 2)]) {
      const found = await read(`\n${text}\n`);
      assertEquals(found.map(({ value }) => value), wanted);
    }
  }));
});

Deno.test("items() takes one object over many lines for one envelope", async () => {
  assertEquals(await read('\n{\n  "id": "1"\n}\n'), [{ line: 2, value: { id: "1" } }]);
});

Deno.test("items() goes on behind a bad line of NDJSON, and numbers it", async () => {
  const found = await read('{"id":"1"}\n{"id":\n{"id":"3"}');
  assertEquals(found.map(({ line }) => line), [1, 2, 3]);
  assert(found[1].fault !== undefined);
  assertEquals(found[2].value, { id: "3" });
});

Deno.test("items() gives nothing for an empty input and for an empty array", async () => {
  assertEquals(await read(" \n\n"), []);
  assertEquals(await read("[]"), []);
});

Deno.test("items() names the line where one document is not JSON", async () => {
  const error = await assertRejects(() => read('\n{\n  "id" "1"\n}'), Stop);
  assertStringIncludes(error.message, "line 3: ");
  assertEquals(error.exitCode, 2);
  const cut = await assertRejects(() => read('[\n{"id":"1"},\n'), Stop);
  assertStringIncludes(cut.message, "line 2: ");
});
