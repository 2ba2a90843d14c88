import { assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { bindsSource, hasDotSegment } from "./source_prefix.ts";

const segment = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);

Deno.test("bindsSource() binds the prefix itself and what goes on with a segment, and nothing that goes on otherwise", () => {
  fc.assert(fc.property(path, path, fc.stringMatching(/^[!-.0-~][!-~]{0,8}$/), (prefix, rest, evil) => {
    assertEquals(bindsSource(prefix, prefix), true);
    assertEquals(bindsSource(prefix, prefix + rest), true);
    assertEquals(bindsSource(`${prefix}/`, prefix + rest), true);
    assertEquals(bindsSource(prefix, prefix + evil), false);
    assertEquals(bindsSource(`${prefix}/`, prefix), false);
    assertEquals(bindsSource(prefix, `/x${prefix}`), `/x${prefix}`.startsWith(`${prefix}/`));
  }));
});

Deno.test("bindsSource() binds what a URL parser resolves below the prefix, and nothing that it resolves elsewhere", () => {
  const piece = fc.oneof(
    segment,
    fc.constantFrom(".", "..", "%2e", "%2E%2e", ".%2e", "..%2f", "%2f..", "..\\", "...", "..;", "?", "#", ""),
  );
  fc.assert(
    fc.property(path, fc.array(piece, { maxLength: 6 }), (prefix, pieces) => {
      const source = `${prefix}/${pieces.join("/")}`;
      if (!bindsSource(prefix, source)) return;
      const { pathname } = new URL(source, "https://host.example");
      assertEquals(pathname === prefix || pathname.startsWith(`${prefix}/`), true, source);
    }),
    { numRuns: 500 },
  );
});

Deno.test("bindsSource() takes other URI references as they are written", () => {
  const cases: [string, string, boolean][] = [
    ["urn:shop:orders", "urn:shop:orders", true],
    ["urn:shop:orders", "urn:shop:orders:eu", false],
    ["https://a.example", "https://a.example/orders", true],
    ["https://a.example", "https://a.example.evil/", false],
    ["https://a.example", "https://a.example@evil/", false],
    ["/orders", "/Orders", false],
    ["/orders", "/orders?x", false],
    ["/orders", "//orders", false],
  ];
  for (const [prefix, source, bound] of cases) assertEquals(bindsSource(prefix, source), bound, `${prefix} ${source}`);
});

Deno.test("hasDotSegment() passes over dots that are part of a name", () => {
  for (const source of ["/a.b", "/...", "/.well-known/x", "urn:a.b", "/%2ea"]) {
    assertFalse(hasDotSegment(source), source);
  }
});
