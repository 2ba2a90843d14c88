import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as generate from "./_generators_test.ts";
import { countMembers, splitArray } from "./_json_scan.ts";
import { isPlain, NOT_JSON, shortestJson, shortestNumber, TOO_DEEP, TOO_LARGE } from "./_json_walk.ts";

Deno.test("countMembers() counts the members of the outermost object, and splitArray() gives the items of an array", () => {
  fc.assert(
    fc.property(generate.json, fc.dictionary(fc.string(), generate.json), fc.nat({ max: 2 }), (item, members, gap) => {
      const text = JSON.stringify({ ...members, item }, undefined, gap);
      assertEquals(countMembers(text), Object.keys({ ...members, item }).length);
      const items = [item, members, item];
      const array = JSON.stringify(items, undefined, gap);
      assertEquals(splitArray(` \n${array}\t\r`, 3)?.map((part) => JSON.parse(part)), items);
      assertEquals(splitArray(array, 1)?.length, 2);
    }),
  );
  assertEquals(splitArray("[]", 5), []);
  assertEquals(splitArray("\t[ \r\n]\n", 5), []);
  assertEquals(splitArray('["a]\\"",{"b":[1,2]},[3,4]]', 5), ['"a]\\""', '{"b":[1,2]}', "[3,4]"]);
  assertEquals(splitArray("[1,2,3]", 2), ["1", "2", "3"]);
  assertEquals(splitArray("[1,2,3,4]", 2), ["1", "2", "3"]);
  for (const none of ["", " ", "{}", "[", "[1", "[1,", "[1}", "[1] 2", "1", '["]', '["\\"]', "\u00a0[]", "\f[]"]) {
    assertEquals(splitArray(none, 5), undefined, none);
  }
  assertEquals(["{}", '{"a":1}', '{"a":{"b":1},"c":[{"d":1}],"\\"}:":1}'].map(countMembers), [0, 1, 3]);
});

Deno.test("shortestJson() is never more than what JSON.stringify() writes, and exact for text, words and lists of them", () => {
  fc.assert(fc.property(generate.json, (value) => {
    const length = JSON.stringify(value).length;
    const shortest = shortestJson(value, 1_000, Infinity);
    assert(shortest > 0 && shortest <= length, `${shortest} of ${length}`);
  }));
  const plain = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      tie("word"),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^[a-z]*$/), tie("value"), { maxKeys: 4, noNullPrototype: true }),
    ),
    word: fc.constantFrom<unknown>(true, false, null, "", "abc", 0, 7, -7, 10, -42, 123, -9_999, 0.5, 1.25),
  })).value;
  fc.assert(fc.property(plain, (value) => {
    assertEquals(shortestJson(value, 1_000, Infinity), JSON.stringify(value).length);
  }));
});

Deno.test("shortestNumber() is the length of a number's shortest writing where that is JavaScript's, and 3 or less else", () => {
  for (
    const value of [0, 9, 10, 99, 101, 999, 1_001, 99_999, 2_147_483_647, 0.1, 0.25, 123.5, 1e15 - 1, 99_999_999_999]
  ) {
    assertEquals([shortestNumber(value), shortestNumber(-value)], [String(value).length, String(-value).length]);
  }
  const exponents = [[100, 3], [-100, 4], [1_000, 3], [2_147_483_640, 3], [20_000_000_000, 3], [1e15, 3], [1e300, 3]];
  for (const [value, length] of exponents) assertEquals(shortestNumber(value), length, String(value));
  assertEquals([0.05, 1e-9, 0.099, 1e15 + 1, -2_147_483_648 - 10].map(shortestNumber), [3, 3, 3, 3, 11]);
});

Deno.test("shortestJson() tells what is no JSON, what nests too deep, and what takes more than its budget", () => {
  const all = (value: unknown, depth = 9, budget = 999) => shortestJson(value, depth, budget);
  for (
    const none of [
      undefined,
      NaN,
      Infinity,
      -Infinity,
      1n,
      Symbol(),
      () => 1,
      new Map(),
      new Date(0),
      /a/,
      new (class {})(),
    ]
  ) {
    assertEquals([all(none), all([none])], [NOT_JSON, NOT_JSON], String(none));
  }
  for (const none of [NaN, 1n, new Map()]) assertEquals(all({ a: 1, b: none }), NOT_JSON);
  assertEquals([all({ a: undefined }), all({ a: undefined, b: 1 }), all({ toJSON: 1 }), all({ toJSON: () => 1 })], [
    2,
    7,
    12,
    NOT_JSON,
  ]);
  assertEquals(all({ to: () => 1 }), NOT_JSON);
  assertEquals([all([], 0), all({}, 0), all([], 1), all({}, 1), all([[]], 1), all([{}], 2)], [
    TOO_DEEP,
    TOO_DEEP,
    2,
    2,
    TOO_DEEP,
    4,
  ]);
  assertEquals([all({ a: {} }, 1), all({ a: {} }, 2), all(1, 0)], [TOO_DEEP, 8, 1]);
  assertEquals([all([1, 2, 3], 9, 5), all([1, 2, 3], 9, 6)], [TOO_LARGE, 7]);
  assertEquals([all({ a: 1, b: 2 }, 9, 6), all({ a: 1, b: 2 }, 9, 7)], [TOO_LARGE, 13]);
  assertEquals([all(["abc", [1, 2]], 9, 8), all(["abc", [1, 2]], 9, 99)], [TOO_LARGE, 13]);
});

Deno.test("isPlain() knows object literals of this realm and of another, and nothing else", () => {
  const another = Object.create(null, { hasOwnProperty: { value: () => true } });
  const nearly = Object.create(null, { other: { value: 1 } });
  for (const plain of [{}, Object.create(null), Object.create(another)]) assertEquals(isPlain(plain), true);
  const masked = Object.create(Object.create(Array.prototype, { hasOwnProperty: { value: 1 } }));
  for (
    const other of [masked, [], new Map(), new Date(), Object.create({}), Object.create(nearly), new (class A {})()]
  ) {
    assertEquals(isPlain(other), false);
  }
});
