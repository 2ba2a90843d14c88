import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isJsonType, isTextType, parseMediaType } from "./_media_type.ts";

const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const PARAMETER = `${TOKEN}=(?:${TOKEN}|"(?:[ !#-\\[\\]-~]|\\\\[^])*")`;
const MEDIA_TYPE = RegExp(`^${TOKEN}/${TOKEN} *(?:; *(?:${PARAMETER})? *)*$`);

Deno.test("parseMediaType() agrees with the grammar written as a regular expression", () => {
  const piece = fc.constantFrom(
    ...'aA/;= "\\1+é\t',
    "text",
    "charset",
    "=",
    '"',
    "; ",
    "a=b",
    '="c\\"d"',
    "\u007f",
    "~",
  );
  fc.assert(
    fc.property(fc.oneof(fc.constant("a/b"), fc.constant("")), fc.array(piece, { maxLength: 9 }), (start, pieces) => {
      const text = start + pieces.join("");
      assertEquals(parseMediaType(text) !== undefined, MEDIA_TYPE.test(text), JSON.stringify(text));
    }),
    { numRuns: 400 },
  );
});

Deno.test("parseMediaType() reads the essence and the first charset, in lower case", () => {
  const read = (text: string) => {
    const media = parseMediaType(text);
    return media && [media.essence, media.charset];
  };
  assertEquals(read("application/json"), ["application/json", ""]);
  assertEquals(read("Text/PLAIN"), ["text/plain", ""]);
  assertEquals(read("text/plain;charset=UTF-8"), ["text/plain", "utf-8"]);
  assertEquals(read('text/plain  ;  CharSet="Latin1" ; x=y'), ["text/plain", "latin1"]);
  assertEquals(read("text/plain;;  ;charset=a;charset=b"), ["text/plain", "a"]);
  assertEquals(read('text/plain;x="a;charset=b";charset=c'), ["text/plain", "c"]);
  assertEquals(read('text/plain;x="\\"";y=z '), ["text/plain", ""]);
  for (
    const text of [
      "",
      "/",
      "text",
      "text/",
      "/plain",
      "text plain",
      "text/plain x",
      "text/plain;x",
      "text/plain;=y",
      "text/plain;x=",
      'text/plain;x="',
      'text/plain;x="a',
      'text/plain;x="\\"',
      'text/plain;x="é"',
      'text/plain;x="\u001f"',
      'text/plain;x="\u007f"',
      'text/plain;x="a"b',
      "text/plain;\u00e9=a",
    ]
  ) assertEquals(read(text), undefined, text);
  assertEquals(read('text/plain;x=""')?.[0], "text/plain");
});

Deno.test("isJsonType() and isTextType() know their types by essence and charset", () => {
  for (const json of [undefined, null, "application/json", "a/json", "a/b+json", "Text/JSON; charset=x"]) {
    assertEquals(isJsonType(json), true, String(json));
  }
  for (const other of ["text/plain", "json/a", "a/jsonx", "a/xjson", "a/+jsonx"]) {
    assertEquals(isJsonType(other), false);
  }
  for (const none of ["json", 3, {}, "a/b;"].slice(0, 3)) assertEquals(isJsonType(none), undefined);
  for (const text of ["text/plain", "TEXT/x", "a/xml", "a/b+xml", "text/a;charset=utf-8", "text/a;charset=US-ASCII"]) {
    assertEquals(isTextType(text), true, text);
  }
  for (const other of ["text/a;charset=latin1", "a/text", "a/xmlx", "a/xxml", "image/png", "text"]) {
    assertEquals(isTextType(other), false, other);
  }
});
