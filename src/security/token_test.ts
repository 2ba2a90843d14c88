import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { bearerToken, digestWords, hashToken, newToken, tokenFault, wordsOfHex } from "./token.ts";

Deno.test("newToken() makes tokens that differ, are long enough, and can stand in a header", () => {
  const tokens = Array.from({ length: 200 }, newToken);
  assertEquals(new Set(tokens).size, 200);
  for (const token of tokens) {
    assertEquals(tokenFault(token), undefined);
    assertEquals(bearerToken(`Bearer ${token}`), token);
  }
  // 43 characters of 64 kinds: all but surely each kind occurs in 200 of them.
  assertEquals(new Set(tokens.join("").slice(0)).size, 64);
});

Deno.test("hashToken() is SHA-256, and wordsOfHex() reads it as digestWords() gives it", async () => {
  await fc.assert(fc.asyncProperty(fc.stringMatching(/^[A-Za-z0-9_-]{22,60}$/), async (token) => {
    const hex = await hashToken(token);
    assertEquals(hex, createHash("sha256").update(token).digest("hex"));
    assertEquals(wordsOfHex(hex), await digestWords(token));
    assertEquals(wordsOfHex(hex.toUpperCase()), await digestWords(token));
  }));
});

Deno.test("wordsOfHex() reads 64 hexadecimal digits only", () => {
  for (
    const text of ["", "0".repeat(63), "0".repeat(65), "g".repeat(64), ` ${"0".repeat(63)}`, "0x" + "0".repeat(62)]
  ) {
    assertEquals(wordsOfHex(text), undefined, text);
  }
});

Deno.test("tokenFault() finds what can hold no 128 random bits", () => {
  const faulty = {
    "": /letters/,
    "short": /22/,
    "correct horse battery staple": /letters/,
    "0123456789abcdef0123456789abcde": /32/,
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaZ": /random/,
    ["x1y2z3w4".repeat(65)]: /512/,
    "Ünïcödé-Ünïcödé-Ünïcödé": /letters/,
  };
  for (const [token, reason] of Object.entries(faulty)) assertMatch(tokenFault(token) ?? "none", reason);
  assertEquals(tokenFault("kX3v9_LmQ2-aBcDeFgHiJk"), undefined);
});

Deno.test("bearerToken() takes RFC 6750's header and nothing else, whatever the text", () => {
  for (const header of ["Bearer abc", "bearer abc", "BEARER  abc", "Bearer abc "]) {
    assertEquals(bearerToken(header), "abc");
  }
  const none = [
    "",
    "abc",
    "Bearer",
    "Bearer ",
    "Basic abc",
    "Bearer a b",
    "Bearer a,b",
    "Bearerabc",
    "Bearer =",
    "Bearer ü",
    " Bearer a",
  ];
  for (const header of none) assertEquals(bearerToken(header), undefined, header);
  assertEquals(bearerToken(`Bearer ${"a".repeat(513)}`), undefined);
  fc.assert(fc.property(fc.string({ maxLength: 600 }), (text) => {
    const token = bearerToken(text);
    assert(token === undefined || text.includes(token));
  }));
});
