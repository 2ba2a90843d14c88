import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { sha256Hex } from "./_sha256.ts";

const platform = async (text: string) => {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

Deno.test("sha256Hex() gives the digest of FIPS 180-4's example", () => {
  assertEquals(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

Deno.test("sha256Hex() agrees with WebCrypto at every length up to three blocks, and on any ASCII", async () => {
  for (let length = 0; length <= 192; length++) {
    const text = "x".repeat(length);
    assertEquals(sha256Hex(text), await platform(text));
  }
  const ascii = fc.string({ unit: "binary-ascii", maxLength: 256 });
  await fc.assert(fc.asyncProperty(ascii, async (text) => assertEquals(sha256Hex(text), await platform(text))));
});
