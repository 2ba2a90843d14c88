import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../core/error.ts";
import { validatePattern } from "../core/registry/pattern.ts";
import { parseScopes } from "./scope.ts";

const NONE = { admin: false, observe: false, critical: false, publish: [], register: [], call: [] };

Deno.test("parseScopes() reads a scope or refuses it with its place, whatever the text", () => {
  const verb = fc.constantFrom("publish:", "register:", "call:", "admin", "observe", "operate", "Publish:", "");
  fc.assert(fc.property(verb, fc.string({ maxLength: 80 }), (verb, rest) => {
    const scope = verb + rest;
    try {
      const grants = parseScopes([scope, "publish:other"]);
      const lists = [
        ...grants.publish.slice(0, -1).map((pattern) => `publish:${pattern}`),
        ...grants.register.map((name) => `register:${name}`),
        ...grants.call.map((name) => `call:${name}`),
      ];
      const words = [grants.admin && "admin", grants.observe && "observe", grants.critical && "publish:critical"];
      assertEquals([...lists, ...words.filter(Boolean)], [scope]);
      for (const pattern of grants.publish) assertEquals(validatePattern(pattern), undefined);
    } catch (error) {
      if (!(error instanceof BellhopError)) throw error;
      assertEquals([error.code, error.field], ["argument-invalid", "scopes[0]"]);
    }
  }));
});

Deno.test("parseScopes() tells the priority critical from a type", () => {
  assertEquals(parseScopes(["publish:critical", "publish:critical.>"]), {
    ...NONE,
    critical: true,
    publish: ["critical.>"],
  });
});

Deno.test("parseScopes() reads names and stars, and the two words", () => {
  assertEquals(parseScopes(["register:users", "register:*", "call:*", "observe", "admin", "publish:>"]), {
    ...NONE,
    admin: true,
    observe: true,
    publish: [">"],
    register: ["users", "*"],
    call: ["*"],
  });
});

Deno.test("parseScopes() refuses what allows nothing", () => {
  const faulty: [readonly string[], string][] = [
    [[], "scopes"],
    [Array(65).fill("observe"), "scopes"],
    [["publish:critical"], "scopes"],
    [["observe", "operate"], "scopes[1]"],
    [["register"], "scopes[0]"],
    [["register:"], "scopes[0]"],
    [["register:Users"], "scopes[0]"],
    [["register:users*"], "scopes[0]"],
    [["call:" + "a".repeat(64)], "scopes[0]"],
    [["publish:a.>.b"], "scopes[0]"],
    [["publish:"], "scopes[0]"],
    [["admin "], "scopes[0]"],
    [[7 as never], "scopes[0]"],
  ];
  for (const [scopes, field] of faulty) {
    const error = assertThrows(() => parseScopes(scopes), BellhopError, undefined, JSON.stringify(scopes));
    assertEquals([error.code, error.field], ["argument-invalid", field]);
  }
});
