import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  allIn,
  ATTRIBUTE_NAME,
  exceedsBytes,
  HEADER_PLAIN,
  hexValue,
  HTTP_TOKEN,
  INSTANCE_NAME,
  invalidAt,
  isWellFormed,
  LOWER_HEX,
  REFUSED,
  SCHEME,
  SERVICE_NAME,
  TOKEN_END,
  TYPE,
  URI,
  URI_COLON,
  URI_RULED,
  utf8Length,
} from "./_characters.ts";

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

const CLASSES: readonly (readonly [Uint8Array, RegExp])[] = [
  [ATTRIBUTE_NAME, /^[a-z0-9]$/],
  [SERVICE_NAME, /^[a-z0-9-]$/],
  [INSTANCE_NAME, /^[A-Za-z0-9._-]$/],
  [SCHEME, /^[A-Za-z0-9+.-]$/],
  [HTTP_TOKEN, /^[A-Za-z0-9!#$%&'*+.^_`|~-]$/],
  [LOWER_HEX, /^[0-9a-f]$/],
  [HEADER_PLAIN, /^(?![%"])[!-~]$/],
];

Deno.test("each class holds the characters of ASCII that its expression does, and allIn() asks for no others", () => {
  for (const [members, expression] of CLASSES) {
    assertEquals(Array.from(members), ASCII.map((character) => expression.test(character) ? 1 : 0));
    assertEquals(ASCII.map((character) => allIn(members, character, 0, 1)), ASCII.map((c) => expression.test(c)));
    for (const beyond of ["\u0080", "\u00e1", "\u0161", "\uff41"]) assertEquals(allIn(members, beyond, 0, 1), false);
    assertEquals([allIn(members, "ü", 0, 0), allIn(members, "\u00e10\u00e1", 1, 2)], [true, members[48] === 1]);
    assertEquals(allIn(members, "00\u00e1", 0, 3), false);
  }
});

Deno.test("TYPE and URI give each character of ASCII its kind", () => {
  assertEquals(
    Array.from(TYPE),
    ASCII.map((character) => character === "." ? TOKEN_END : /^(?![*>])[!-~]$/.test(character) ? 1 : REFUSED),
  );
  const kind = (character: string) =>
    character === ":"
      ? URI_COLON
      : /^[%#[\]]$/.test(character)
      ? URI_RULED
      : /^[A-Za-z0-9._~!$&'()*+,;=@/?-]$/.test(character)
      ? 1
      : REFUSED;
  assertEquals(Array.from(URI), ASCII.map(kind));
});

Deno.test("hexValue() reads every digit in either case, and nothing else", () => {
  for (let code = 0; code < 300; code++) {
    const text = String.fromCharCode(code);
    assertEquals(hexValue(code), /^[0-9a-fA-F]$/.test(text) ? parseInt(text, 16) : -1);
  }
});

/** Where the rules for a code point change, or could be thought to. */
const EDGES = [0x20, 0x7f, 0xa0, 0x100, 0x800, 0x2028, 0xd800, 0xdc00, 0xe000, 0xfdd0, 0xfdf0, 0xfeff, 0xfff0];

Deno.test("invalidAt(), isWellFormed() and utf8Length() agree with the platform on code points at every edge, alone and between others", () => {
  const refused = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;
  const around = [...EDGES, ...Array.from({ length: 17 }, (_, plane) => (plane + 1) << 16)]
    .flatMap((edge) => [-3, -2, -1, 0, 1].map((beside) => edge + beside));
  for (const code of [...Array(0x30).keys(), ...around, ...around.map((code) => 0x1_0000 + code)]) {
    if (code <= 0x10_ffff) checkCharacter(String.fromCodePoint(code), refused);
  }
});

function checkCharacter(character: string, refused: RegExp): void {
  const lone = /^[\ud800-\udfff]$/.test(character);
  const bad = lone || refused.test(character);
  if (invalidAt(character) !== (bad ? 0 : -1) || invalidAt(`aé${character}é`) !== (bad ? 2 : -1)) {
    assertEquals(
      [invalidAt(character), invalidAt(`aé${character}é`)],
      bad ? [0, 2] : [-1, -1],
      JSON.stringify(character),
    );
  }
  if (isWellFormed(character) === lone || isWellFormed(`é${character}a`) === lone) {
    assertEquals(lone, undefined, character);
  }
  const bytes = new TextEncoder().encode(character).length;
  if (utf8Length(character) !== bytes || utf8Length(`${character}a`) !== bytes + 1) {
    assertEquals([utf8Length(character), utf8Length(`${character}a`)], [bytes, bytes + 1]);
  }
}

Deno.test("invalidAt(), isWellFormed() and exceedsBytes() agree with the platform on any text", () => {
  const surrogates = fc.constantFrom(
    "\ud800",
    "\ud83d",
    "\udbff",
    "\udc00",
    "\ude00",
    "\udfff",
    "\udffe",
    "\ud83f",
    "\ue000",
  );
  const unit = fc.oneof(
    surrogates,
    fc.constantFrom("a", "~", "\u007f", "\u0080", "\u07ff", "\u0800", "€", "😀", "\u001f"),
  );
  fc.assert(fc.property(fc.string({ unit, maxLength: 8 }), fc.integer({ min: -2, max: 2 }), (text, beside) => {
    let first = -1;
    let at = 0;
    for (const character of text) {
      if (first < 0 && /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(character)) first = at;
      at += character.length;
    }
    assertEquals(invalidAt(text), first);
    assertEquals(isWellFormed(text), text.isWellFormed());
    const bytes = new TextEncoder().encode(text).length;
    assertEquals(utf8Length(text), bytes);
    assertEquals(exceedsBytes(text, bytes + beside), beside < 0);
  }));
});
