import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { nearest, suggestion } from "./suggest.ts";

const WORDS = ["dev", "send", "tail", "services", "dead-letters", "publish", "gateway"];

Deno.test("nearest() finds the word that one slip of the fingers made of it", () => {
  const slip = fc.constantFrom(...WORDS).chain((word) =>
    fc.record({
      word: fc.constant(word),
      at: fc.nat(word.length - 2),
      kind: fc.constantFrom("drop", "double", "swap", "replace"),
    })
  );
  fc.assert(fc.property(slip, ({ word, at, kind }) => {
    const [before, after] = [word.slice(0, at), word.slice(at + 1)];
    const slipped = kind === "drop"
      ? before + after
      : kind === "double"
      ? before + word[at] + word[at] + after
      : kind === "swap"
      ? before + word[at + 1] + word[at] + word.slice(at + 2)
      : `${before}q${after}`;
    assertEquals(nearest(slipped, WORDS), word, slipped);
  }));
});

Deno.test("suggestion() is silent where nothing is near, and takes the beginning of one word for it", () => {
  assertEquals(suggestion("fly", WORDS), "");
  assertEquals(suggestion("", WORDS), "");
  assertEquals(suggestion("gate", WORDS, "bellhop "), "; did you mean bellhop gateway?");
  assertEquals(suggestion("x".repeat(100_000), WORDS), "");
});
