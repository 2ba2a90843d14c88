import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { findRow, sameText } from "./_constant_time.ts";

Deno.test("sameText() is equality", () => {
  const ascii = fc.string({ maxLength: 60 });
  fc.assert(fc.property(ascii, ascii, (a, b) => {
    assertEquals(sameText(a, b), a === b);
    assertEquals(sameText(a, a), true);
    assertEquals(sameText(a, a + "\0"), false);
    assertEquals(sameText(a + "\0", a), false);
  }));
});

Deno.test("findRow() counts the rows that are equal and tells the last of them", () => {
  const row = fc.array(fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1), { minLength: 3, maxLength: 3 });
  fc.assert(fc.property(fc.array(row, { maxLength: 20 }), row, (rows, wanted) => {
    const equal = rows.map((one) => one.join() === wanted.join());
    assertEquals(findRow(new Uint32Array(rows.flat()), new Uint32Array(wanted)), {
      count: equal.filter(Boolean).length,
      place: equal.lastIndexOf(true),
    });
  }));
});
