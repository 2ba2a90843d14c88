import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { remembering } from "./_memo.ts";

// Few lengths, middles and ends: most of these texts share a slot with another that is judged otherwise.
const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 5 }), { maxLength: 100 });

Deno.test("remembering() says what its check says, whatever was asked before", () => {
  const check = (text: string) => text.length > 0 && !text.includes(" ");
  const remembered = remembering(check);
  fc.assert(fc.property(texts, (asked) => assertEquals(asked.map(remembered), asked.map(check))));
});

Deno.test("remembering() asks once for a text that comes again, and each time for a long or a refused one", () => {
  const asked: string[] = [];
  const remembered = remembering((text) => asked.push(text) > 0 && text !== "bad");
  const long = "a".repeat(129);
  for (const text of ["good", "good", "bad", "bad", long, long]) remembered(text);
  assertEquals(asked, ["good", "bad", "bad", long, long]);
});
