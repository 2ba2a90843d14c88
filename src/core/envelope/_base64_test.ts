import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeBase64, encodeBase64 } from "./_base64.ts";

Deno.test("encodeBase64() writes what the platform writes, and decodeBase64() reads it back", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
    const text = encodeBase64(bytes);
    assertEquals(text, btoa(String.fromCharCode(...bytes)));
    assertEquals(decodeBase64(text), bytes);
  }));
  for (let length = 0; length < 7; length++) {
    for (const byte of [0, 255]) {
      const bytes = new Uint8Array(length).fill(byte);
      assertEquals(decodeBase64(encodeBase64(bytes)), bytes);
    }
  }
});

Deno.test("decodeBase64() refuses any other character anywhere, and padding anywhere but at the end", () => {
  for (const text of ["AQID", "AQI=", "AQ==", "AQIDBAUG", "AQIDBA=="]) {
    for (let at = 0; at < text.length; at++) {
      for (const other of ["-", "_", " ", "\n", "\u007f", "\u0080", "\u0141", "é", "\u0000"]) {
        assertEquals(decodeBase64(text.slice(0, at) + other + text.slice(at + 1)), undefined);
      }
      assertEquals(decodeBase64(text.slice(0, at) + text.slice(at + 1)), undefined);
      const padded = text.slice(0, at) + "=" + text.slice(at + 1);
      const ends = /^[^=]*={0,2}$/.test(padded) && text.length - at <= 2 || padded === text;
      assertEquals(decodeBase64(padded) !== undefined, ends, padded);
    }
  }
  for (const text of ["=", "==", "===", "====", "A===", "=AAA", "A=AA", "AQ==AQ=="]) {
    assertEquals(decodeBase64(text), undefined, text);
  }
});
