import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeHeaderValue, encodeHeaderValue } from "./_header_value.ts";

Deno.test("encodeHeaderValue() escapes as the platform escapes a URI's component, but for what a header may hold", () => {
  const unit = fc.constantFrom(...'aZ09 "%~!/?&\t\u007f\u0080é€😀');
  fc.assert(fc.property(fc.string({ unit }), (text) => {
    const wanted = Array.from(
      text,
      (character) =>
        /^(?![%"])[!-~]$/.test(character) ? character : Array.from(
          new TextEncoder().encode(character),
          (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
        )
          .join(""),
    ).join("");
    assertEquals(encodeHeaderValue(text), wanted);
    assertEquals(decodeHeaderValue("x", wanted), text);
  }));
});

Deno.test("decodeHeaderValue() undoes quoting, and says what is broken", () => {
  assertEquals(
    ['""', '"a"', '"a\\"b\\\\c"', '"%41 b"', "%4a%4A", " a~ "].map((raw) => decodeHeaderValue("x", raw)),
    ["", "a", 'a"b\\c', "A b", "JJ", " a~ "],
  );
  const quoted = "A value that begins with a quote must be a quoted string";
  const character = "A header's value must be printable ASCII, the rest escaped";
  const percent = "A percent sign must be followed by two hexadecimal digits";
  const faults: readonly (readonly [string, string, string])[] = [
    ['"', "quoted", quoted],
    ['"a', "quoted", quoted],
    ['"a"b', "quoted", quoted],
    ['"a\\"', "quoted", quoted],
    ["a\u001f", "character", character],
    ["a\u007f", "character", character],
    ["é", "character", character],
    ["%", "percent", percent],
    ["%4", "percent", percent],
    ["%g0", "percent", percent],
    ["%0g", "percent", percent],
    ["%FF", "utf8", "What is escaped must be UTF-8"],
  ];
  for (const [raw, code, reason] of faults) {
    assertEquals(decodeHeaderValue("x", raw), { field: "x", code, reason }, raw);
  }
});
