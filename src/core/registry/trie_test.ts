import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import { matches } from "./pattern.ts";
import { createPatternTrie, type PatternTrie } from "./trie.ts";

const word = fc.constantFrom("a", "b", "c", "service", "message", "__proto__");
const pattern = fc.tuple(
  fc.array(fc.oneof(word, fc.constant("*")), { minLength: 1, maxLength: 5 }),
  fc.boolean(),
).map(([tokens, rest]) => (rest ? [...tokens.slice(1), ">"] : tokens).join("."));
const type = fc.array(fc.oneof(word, fc.constantFrom("", "*", ">")), { minLength: 1, maxLength: 7 })
  .map((tokens) => tokens.join("."));
const change = fc.record({ add: fc.boolean(), pattern, value: fc.nat(5) });

Deno.test("createPatternTrie() matches what a filter by matches() does, whatever was added and removed", () => {
  fc.assert(fc.property(fc.array(change, { maxLength: 60 }), fc.array(type, { maxLength: 10 }), (changes, types) => {
    const trie = createPatternTrie<number>();
    const pairs = new Map<string, [string, number]>();
    for (const { add, pattern, value } of changes) {
      const key = `${pattern} ${value}`;
      if (add) {
        trie.add(pattern, value);
        pairs.set(key, [pattern, value]);
      } else {
        assertEquals(trie.remove(pattern, value), pairs.delete(key));
      }
    }
    assertEquals(trie.size, pairs.size);
    for (const type of types) {
      const wanted = new Set([...pairs.values()].filter(([pattern]) => matches(pattern, type)).map(([, v]) => v));
      const found = trie.match(type);
      assertEquals(found.toSorted(), [...wanted].toSorted());
    }
  }));
});

Deno.test("createPatternTrie() takes a type longer than any pattern", () => {
  const trie = createPatternTrie<string>();
  trie.add(Array(16).fill("*").join("."), "sixteen");
  trie.add([...Array(15).fill("*"), ">"].join("."), "more");
  assertEquals(trie.match(Array(16).fill("x").join(".")).toSorted(), ["more", "sixteen"]);
  assertEquals(trie.match(Array(17).fill("x").join(".")), ["more"]);
  assertEquals(trie.match("x.".repeat(50_000)), ["more"]);
  assertEquals(trie.match(Array(15).fill("x").join(".")), []);
});

Deno.test("createPatternTrie() visits no node twice for patterns made to be slow", () => {
  // Every way to write seven tokens with `a`, `b` and `*`, and a last token that never comes: no match.
  const trie = createPatternTrie<number>();
  for (let way = 0; way < 3 ** 7; way++) {
    const tokens = Array.from({ length: 7 }, (_, i) => "ab*"[Math.floor(way / 3 ** i) % 3]);
    for (const last of ["never", "nor"]) trie.add([...tokens, last].join("."), way);
  }
  const { found, visits } = visited(trie, Array(8).fill("a").join("."));
  assertEquals(found, []);
  assertEquals(visits, 255); // one look-up per node above the last
});

/** What matches, and how many nodes with several literal children were asked. */
function visited<V>(trie: PatternTrie<V>, type: string): { found: V[]; visits: number } {
  let visits = 0;
  const counted = Map.prototype.get;
  Map.prototype.get = function (key): unknown {
    visits++;
    return counted.call(this, key);
  };
  try {
    return {
      found: trie.match(type),
      get visits() {
        return visits;
      },
    };
  } finally {
    Map.prototype.get = counted;
  }
}

Deno.test("createPatternTrie() keeps no node that only removed pairs needed, and every node that others need", () => {
  const patterns = ["a.b.c", "a.*.c", "*.b.>", "a.b.>", "a.b.c.d", ">", "a", "*", "*.*.*.*"];
  fc.assert(fc.property(fc.shuffledSubarray(patterns, { minLength: patterns.length }), fc.nat(8), (order, kept) => {
    const trie = createPatternTrie<string>();
    for (const pattern of patterns) trie.add(pattern, pattern);
    for (const pattern of order.slice(kept)) assertEquals(trie.remove(pattern, pattern), true);
    const alone = createPatternTrie<string>();
    for (const pattern of order.slice(0, kept)) alone.add(pattern, pattern);
    for (const type of ["a.b.c", "a.b.c.d", "a", "x.y.z.w"]) {
      const [left, wanted] = [visited(trie, type), visited(alone, type)];
      assertEquals([left.found.toSorted(), left.visits], [wanted.found.toSorted(), wanted.visits]);
    }
  }));
});

Deno.test("createPatternTrie() refuses a text that is no pattern and stays as it was", () => {
  const trie = createPatternTrie<string>();
  const error = assertThrows(() => trie.add("a.>.b", "x"), BellhopError);
  assertEquals([error.code, trie.size], ["argument-invalid", 0]);
  assertEquals(trie.remove("a.>.b", "x"), false);
});
