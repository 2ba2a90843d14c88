import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isAbsoluteUri, isUriReference } from "./_uri.ts";

// RFC 3986, appendix A, rule by rule.
const PCHAR = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})";
const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const H16 = "[0-9A-Fa-f]{1,4}";
const LS32 = `(?:${H16}:${H16}|${OCTET}(?:\\.${OCTET}){3})`;
const IPV6 = [
  `(?:${H16}:){6}${LS32}`,
  `::(?:${H16}:){5}${LS32}`,
  `(?:${H16})?::(?:${H16}:){4}${LS32}`,
  `(?:(?:${H16}:){0,1}${H16})?::(?:${H16}:){3}${LS32}`,
  `(?:(?:${H16}:){0,2}${H16})?::(?:${H16}:){2}${LS32}`,
  `(?:(?:${H16}:){0,3}${H16})?::${H16}:${LS32}`,
  `(?:(?:${H16}:){0,4}${H16})?::${LS32}`,
  `(?:(?:${H16}:){0,5}${H16})?::${H16}`,
  `(?:(?:${H16}:){0,6}${H16})?::`,
].join("|");
const LITERAL = `\\[(?:${IPV6}|[Vv][0-9A-Fa-f]+\\.[A-Za-z0-9\\-._~!$&'()*+,;=:]+)\\]`;
const NAME = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*";
const AUTHORITY = `(?:(?:[A-Za-z0-9\\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@)?(?:${LITERAL}|${NAME})(?::\\d*)?`;
const TAIL = `(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?`;
const HIER = `(?://${AUTHORITY}(?:/${PCHAR}*)*|/(?:${PCHAR}+(?:/${PCHAR}*)*)?|${PCHAR}+(?:/${PCHAR}*)*|)`;
const NOT_COLON = PCHAR.replace(":@", "@");
const RELATIVE = `(?://${AUTHORITY}(?:/${PCHAR}*)*|/(?:${PCHAR}+(?:/${PCHAR}*)*)?|${NOT_COLON}+(?:/${PCHAR}*)*|)`;
const URI = RegExp(`^[A-Za-z][A-Za-z0-9+.-]*:${HIER}${TAIL}$`);
const REFERENCE = RegExp(`^${RELATIVE}${TAIL}$`);

function agree(text: string): void {
  const absolute = URI.test(text);
  const reference = text !== "" && (absolute || REFERENCE.test(text));
  assertEquals([isAbsoluteUri(text), isUriReference(text)], [absolute, reference], JSON.stringify(text));
}

const letter = fc.constantFrom(..."aZf0:/?#[]@%.-+v!é \\^");
const piece = fc.oneof(
  { weight: 3, arbitrary: letter },
  fc.constantFrom(
    "//",
    "a:",
    "http://",
    "[::1]",
    "[v1.a]",
    "%4f",
    "%G0",
    "%0g",
    ":80",
    "@",
    "::",
    "1.2.3.4",
    "[",
    "]",
    "x",
  ),
);

Deno.test("isUriReference() and isAbsoluteUri() agree with the grammar of RFC 3986", () => {
  fc.assert(fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => agree(pieces.join(""))), { numRuns: 600 });
});

Deno.test("isUriReference() takes an IP literal where the grammar of RFC 3986 does, as the grammar does", () => {
  const group = fc.oneof(fc.constantFrom("0", "f", "ffff", "12345", "", "g"), fc.constantFrom("1", "a", "AB", "0c0d"));
  const dotted = fc.array(
    fc.constantFrom("0", "9", "10", "99", "100", "199", "200", "249", "250", "255", "256", "01", ""),
    {
      minLength: 3,
      maxLength: 5,
    },
  ).map((parts) => parts.join("."));
  const address = fc.tuple(fc.array(group, { maxLength: 8 }), fc.option(dotted), fc.option(fc.nat({ max: 8 }))).map((
    [groups, last, gap],
  ) => {
    const all = last === null ? groups : [...groups, last];
    if (gap === null) return all.join(":");
    return `${all.slice(0, gap).join(":")}::${all.slice(gap).join(":")}`;
  });
  const before = fc.constantFrom("//", "a://", "a://u@", "a://u:p@", "a:", "/", "a://b", "a:///", "//?", "//@@");
  const after = fc.constantFrom("", "/", ":", ":80", "?q", "#f", "a", "@b", ":x", "/]", "/[");
  fc.assert(
    fc.property(before, address, after, (before, address, after) => {
      agree(`//[${address}]`);
      agree(`${before}[${address}]${after}`);
      agree(`${before}[::1]${after}`);
    }),
    { numRuns: 400 },
  );
  for (const text of ["a://b/@[::1]", "//?@[::1]", "//b#@[::1]", "a:[::1]", "//[::1%41]"]) agree(text);
  for (const groups of [6, 7, 8, 9]) {
    const all = Array.from({ length: groups }, (_, at) => (at + 1).toString(16));
    agree(`//[${all.join(":")}]`);
    agree(`//[${all.join(":")}:1.2.3.4]`);
    for (let gap = 0; gap <= groups; gap++) agree(`//[${all.slice(0, gap).join(":")}::${all.slice(gap).join(":")}]`);
  }
  const longest = "//[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]";
  for (
    const text of [longest, longest.replace("]", "1]"), "//[V1F.a:b]", "//[v.a]", "//[v1.]", "//[vg.a]", "//[v1.%41]"]
  ) {
    agree(text);
  }
});

Deno.test("isUriReference() agrees with the grammar of RFC 3986 on every character in every place", () => {
  for (let code = 0; code < 0x84; code++) {
    const character = String.fromCharCode(code);
    for (const text of ["", "a", "a:", "a:b/", "//", "//a", "//a:", "//a@", "/?", "/#", "/%", "/%4", "a:?b#"]) {
      for (const after of ["", "b:c"]) agree(text + character + after);
    }
  }
});
