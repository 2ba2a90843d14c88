import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { printable } from "./printable.ts";

Deno.test("printable() lets nothing through that steers a terminal, and keeps to its length", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 50 }), (text, most) => {
    const shown = printable(text, most);
    // deno-lint-ignore no-control-regex
    assert(!/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(shown), JSON.stringify(shown));
    assert(shown.length <= most);
  }));
});

Deno.test("printable() leaves ordinary text as it is, and shows where something was", () => {
  assertEquals(printable("document.created → Bär"), "document.created → Bär");
  assertEquals(printable("a\u001b[2Jb\nc"), "a\ufffd[2Jb\ufffdc");
  assertEquals(printable("0123456789", 8), "0123456…");
});
