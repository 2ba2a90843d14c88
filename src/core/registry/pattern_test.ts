import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import { isReservedType, matches, parsePattern, validatePattern } from "./pattern.ts";

const word = fc.constantFrom("a", "b", "user", "service", "message", "__proto__", "ü");
const token = fc.oneof(word, fc.constant("*"));
const pattern = fc.tuple(fc.array(token, { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([tokens, rest]) => (rest ? [...tokens.slice(1), ">"] : tokens).join("."));
const type = fc.oneof(
  fc.array(fc.oneof(word, fc.constantFrom("", "*", ">")), { minLength: 1, maxLength: 6 }).map((tokens) =>
    tokens.join(".")
  ),
  fc.string(),
);

Deno.test("matches() agrees with the pattern written as a regular expression", () => {
  fc.assert(fc.property(pattern, type, (pattern, type) => {
    const source = pattern.split(".").map((token) =>
      token === "*" ? "[^.]*" : token === ">" ? ".*" : token.replace(/[^a-z_ü]/g, "\\$&")
    ).join("\\.");
    const reserved = /^(service|message)\./.test(type) && /[*>]/.test(pattern);
    assertEquals(matches(pattern, type), !reserved && new RegExp(`^${source}$`, "s").test(type));
  }));
});

Deno.test("validatePattern() accepts what the grammar makes, and parsePattern() gives it back", () => {
  fc.assert(fc.property(pattern, (pattern) => {
    assertEquals(validatePattern(pattern), undefined);
    assertEquals(parsePattern(pattern).join("."), pattern);
  }));
});

Deno.test("validatePattern() refuses any text that the grammar does not make", () => {
  const text = fc.string({ unit: fc.constantFrom("a", ".", "*", ">", " ", "\n", "ü"), maxLength: 12 });
  fc.assert(fc.property(text, (text) => {
    const tokens = text.split(".");
    const valid = tokens.every((token, i) =>
      /^[^*>\s]+$/.test(token) || token === "*" || (token === ">" && i === tokens.length - 1)
    );
    assertEquals(validatePattern(text) === undefined, valid, JSON.stringify(text));
  }));
});

Deno.test("validatePattern() names the rule that is broken", () => {
  const rules: [string, string | undefined][] = [
    ["user.created", undefined],
    [">", undefined],
    ["*", undefined],
    ["", "empty"],
    [".", "token-empty"],
    ["user.", "token-empty"],
    [".user", "token-empty"],
    ["user..created", "token-empty"],
    [">.user", "wildcard-not-last"],
    ["user.>.>", "wildcard-not-last"],
    ["user.>.", "wildcard-not-last"],
    ["us*er", "wildcard-in-token"],
    ["**", "wildcard-in-token"],
    ["user>", "wildcard-in-token"],
    ["us er", "character"],
    ["user\u0000", "character"],
    ["a".repeat(256), undefined],
    ["a".repeat(257), "too-long"],
    [Array(16).fill("*").join("."), undefined],
    [Array(17).fill("*").join("."), "too-many"],
  ];
  for (const [text, code] of rules) assertEquals(validatePattern(text)?.code, code, JSON.stringify(text));
  assertEquals(validatePattern("", "subscriptions[3]")?.field, "subscriptions[3]");
});

Deno.test("validatePattern() says what was wanted and what was there", () => {
  const reasons: [string, string][] = [
    ["", "wanted a pattern, got an empty text"],
    ["a".repeat(257), "wanted at most 256 characters, got 257"],
    ["user..created", "wanted a token at character 5, got none"],
    ["user.>.created", 'wanted ">" as the last token, got it at character 5'],
    ["us*er", "wanted a wildcard alone in its token, got it at character 2"],
    ["us er", "wanted no space or control character, got one at character 2"],
    ["us\u007fer", "wanted no space or control character, got one at character 2"],
    [Array(18).fill("*").join("."), "wanted at most 16 tokens, got 18"],
  ];
  for (const [text, reason] of reasons) {
    assertEquals([validatePattern(text)?.field, validatePattern(text)?.reason], ["pattern", reason]);
  }
});

Deno.test("parsePattern() throws argument-invalid with the fault", () => {
  const error = assertThrows(() => parsePattern("a..b"), BellhopError);
  assertEquals([error.code, error.field, error.faults], ["argument-invalid", "pattern", [validatePattern("a..b")]]);
  assertEquals(error.message, "cannot read the pattern: wanted a token at character 2, got none");
});

Deno.test("matches() keeps reserved types from every wildcard", () => {
  assert(!matches(">", "service.registered"));
  assert(!matches("*.registered", "service.registered"));
  assert(!matches("service.*", "service.registered"));
  assert(!matches("message.>", "message.delivered"));
  assert(matches("service.registered", "service.registered"));
  assert(!matches("service.*", "service.*")); // a type may look like a pattern; it is none
  assert(!matches("message.>", "message.>"));
  assert(!matches("message.*", "message.*"));
  assert(matches("*", "service")); // a type of one token is not reserved
  assert(matches(">", "services.registered"));
  assertEquals(isReservedType("service"), false);
});
