import { assertEquals, assertThrows } from "@std/assert";
import { mutate } from "./build.ts";
import type { Mutant } from "./mutant.ts";

const MUTANT: Mutant = {
  id: "one-too-few",
  requirement: "RET-017",
  check: "retry/first-retry-waits-0",
  file: "core/x.ts",
  find: "a < b",
  replace: "a <= b",
};

Deno.test("mutate() replaces the one place and nothing else", () => {
  assertEquals(mutate("if (a < b) return a < c;", MUTANT), "if (a <= b) return a < c;");
});

Deno.test("mutate() takes the replacement as it is written, dollar signs included", () => {
  assertEquals(mutate("`${a < b}`", { ...MUTANT, replace: "$& $1 $$" }), "`${$& $1 $$}`");
});

Deno.test("mutate() throws when the text does not stand there, or stands there twice", () => {
  assertThrows(() => mutate("a > b", MUTANT), Error, "one-too-few: `a < b` stands 0 times in src/core/x.ts");
  assertThrows(() => mutate("a < b; a < b", MUTANT), Error, "one-too-few: `a < b` stands 2 times in src/core/x.ts");
});

Deno.test("mutate() throws when nothing changes", () => {
  assertThrows(() => mutate("a < b", { ...MUTANT, replace: "a < b" }), Error, "one-too-few: changes nothing");
});
