import { assertArrayIncludes, assertEquals } from "@std/assert";
import { type DirectionFault, directionFaults, readTree, type Tree } from "./directions.ts";

function tree(files: Record<string, string>, exports: Record<string, string> = {}): Tree {
  return {
    files: new Map(Object.entries(files)),
    name: "@bellhop/bellhop",
    exports,
    imports: { "@std/assert": "./testing/assert.ts", hono: "npm:hono@4.0.0" },
  };
}

function rules(files: Record<string, string>, exports?: Record<string, string>): DirectionFault["rule"][] {
  return directionFaults(tree(files, exports)).map(({ rule }) => rule);
}

/** Each breaks exactly the rule it is listed under: so each rule can fail, and no other fires with it. */
const broken: readonly [DirectionFault["rule"], string, Record<string, string>, Record<string, string>?][] = [
  ["unknown-folder", "a folder without a row", { "lib/a.ts": "" }],
  ["import", "the core importing a port", { "src/core/a.ts": `import "../ports/b.ts";`, "src/ports/b.ts": "" }],
  ["import", "a type imported upwards", {
    "src/core/a.ts": `import type { B } from "../client/b.ts";`,
    "src/client/b.ts": "",
  }],
  ["import", "an import type expression", {
    "src/core/a.ts": `export type A = import("../ports/b.ts").B;`,
    "src/ports/b.ts": "",
  }],
  ["import", "a re-export", { "src/ports/a.ts": `export * from "../retry/b.ts";`, "src/retry/b.ts": "" }],
  ["import", "a dynamic import", {
    "src/client/a.ts": `const b = import("../presets/b.ts");`,
    "src/presets/b.ts": "",
  }],
  ["import", "the bench reaching inside", { "bench/a.ts": `import "../src/core/b.ts";`, "src/core/b.ts": "" }],
  ["import", "library code importing the tests' assertions", {
    "src/client/a.ts": `import "@std/assert";`,
    "testing/assert.ts": "",
  }],
  ["import", "library code importing test helpers", {
    "src/client/a.ts": `import "../testing/b.ts";`,
    "src/testing/b.ts": "",
  }],
  ["import", "library code importing the suite", {
    "src/presets/a.ts": `const b = import("../../conformance/b.ts");`,
    "conformance/b.ts": "",
  }],
  ["import", "data of another folder", {
    "src/core/a.ts": `import b from "../ports/b.json" with { type: "json" };`,
    "src/ports/b.json": "{}",
  }],
  ["package", "hono outside its adapter", { "src/client/a.ts": `import { Hono } from "hono/tiny";` }],
  ["package", "a package by its full name", { "src/core/a.ts": `import x from "npm:@scope/x@1.0.0/y";` }],
  ["package", "a platform module in the core", { "src/core/a.ts": `import "node:fs";` }],
  ["package", "the database outside its store", { "src/presets/a.ts": `import "node:sqlite";` }],
  ["package", "a computed import", { "src/client/a.ts": "const x = import(`./${name}.ts`);" }],
  ["adapter", "a store importing another", {
    "src/adapters/stores/a.ts": `import "./b.ts";`,
    "src/adapters/stores/b.ts": "",
  }],
  ["cycle", "two files in a ring", {
    "src/core/a.ts": `import "./b.ts";`,
    "src/core/b.ts": `import "./a.ts";`,
  }],
  ["cycle", "types in a ring", {
    "src/core/a.ts": `import type { B } from "./b.ts";`,
    "src/core/b.ts": `import type { C } from "./c.ts";`,
    "src/core/c.ts": `import type { A } from "./a.ts";`,
  }],
  ["cycle", "a file importing itself", { "src/core/a.ts": `import "./a.ts";` }],
  ["private", "a private file of another folder", {
    "src/core/a/a.ts": `import "../b/_b.ts";`,
    "src/core/b/_b.ts": "",
  }],
  ["private", "a test reaching for a private file", {
    "src/core/a/a_test.ts": `import "../b/_b.ts";`,
    "src/core/b/_b.ts": "",
  }],
  ["private", "a private folder", { "src/core/a.ts": `import "./b/_c/d.ts";`, "src/core/b/_c/d.ts": "" }],
  ["test-imported", "a file standing on a test", {
    "src/core/a.ts": `import "./b_test.ts";`,
    "src/core/b_test.ts": "",
  }],
  ["missing", "a file that is not there", { "src/core/a.ts": `import "./b.ts";` }],
  ["missing", "data that is not there", { "src/core/a.ts": `import b from "./b.json" with { type: "json" };` }],
  ["missing", "an entry that is not exported", { "bench/a.ts": `import "@bellhop/bellhop/nothing";` }],
  ["export", "an entry that is not there", {}, { "./a": "./src/a.ts" }],
  ["export", "a private entry", { "src/core/_a.ts": "" }, { "./a": "./src/core/_a.ts" }],
  ["export", "a test as an entry", { "src/core/a_test.ts": "" }, { "./a": "./src/core/a_test.ts" }],
];

for (const [rule, what, files, exports] of broken) {
  Deno.test(`directionFaults() finds ${rule}: ${what}`, () => {
    assertEquals(rules(files, exports), [rule]);
  });
}

const impure: readonly string[] = [
  "const now = Date.now();",
  "const at = new Date();",
  "const x = Math.random();",
  `const x = Math["random"]();`,
  "const { random } = Math;",
  "const t = setTimeout;",
  "const now = performance.now();",
  "const id = crypto.randomUUID();",
  "const g = globalThis;",
  "export const v = Deno.version;",
  "const e = process.env;",
  "const x = { fetch };",
  "export async function f(): Promised {}",
  "const f = async () => {};",
  "export type A = Promise<number>;",
  "export type A = PromiseLike<number>;",
  "for await (const x of y) x;",
  "export class A { async run() {} }",
  "declare const s: AbortSignal;",
  "const u = new URL(x);",
  "const e = new TextEncoder();",
  "const u = import.meta.url;",
  "class Queue extends EventTarget {}",
  "const x = `${Date.now()}`;",
  `console.log("x");`,
  "const f = new Function(x);",
];

for (const code of impure) {
  Deno.test(`directionFaults() refuses in the core: ${code}`, () => {
    assertArrayIncludes(rules({ "src/core/a.ts": code }), ["pure"]);
    assertEquals(rules({ "src/client/a.ts": code }), []);
  });
}

const pure: readonly string[] = [
  "// new Date(), await fetch()",
  "/** Promise, async */ export const a = 1;",
  `const text = "Date.now() Math.random() async";`,
  "const text = `await fetch`;",
  "const pattern = /Date|Promise/;",
  "const x = Math.floor(1.5);",
  "export interface A { readonly fetch: number; process(): void }",
  "const x = message.process;",
  "const x = { process: 1 };",
  "const bytes = new Uint8Array(8);",
];

for (const code of pure) {
  Deno.test(`directionFaults() allows in the core: ${code}`, () => {
    assertEquals(rules({ "src/core/a.ts": code }), []);
  });
}

Deno.test("directionFaults() allows web values in the envelope only, and no clock there", () => {
  const code =
    "const h = new Headers(); const u = new URL(x); const e = new TextEncoder(); const d = new TextDecoder();";
  assertEquals(rules({ "src/core/envelope/a.ts": code }), []);
  assertEquals(rules({ "src/core/bus/a.ts": code }), ["pure", "pure", "pure", "pure"]);
  assertEquals(rules({ "src/core/envelope/a.ts": "Date.now();" }), ["pure"]);
});

Deno.test("directionFaults() allows what the table allows", () => {
  const files = {
    "mod.ts": `export * from "./src/core/mod.ts";`,
    "src/core/mod.ts": `export * from "./_a.ts";`,
    "src/core/_a.ts": "",
    "src/core/a_test.ts":
      `import "./_a.ts"; import "@std/assert"; import "../testing/mod.ts"; import "npm:x"; await x; import "../adapters/stores/memory.ts";`,
    "src/testing/mod.ts": `import "../ports/mod.ts";`,
    "src/ports/mod.ts": `import type { A } from "../core/mod.ts";`,
    "src/client/mod.ts": `import "../retry/mod.ts"; const now = Date.now();`,
    "src/retry/mod.ts": `import "../core/mod.ts";`,
    "src/adapters/stores/_record.ts": "",
    "src/adapters/stores/memory.ts": `import "./_record.ts"; import "../../ports/mod.ts";`,
    "src/adapters/stores/sqlite.ts": `import "./_record.ts"; import "./_sqlite_file.ts"; import "node:sqlite";`,
    "src/adapters/stores/_sqlite_file.ts": `import "node:sqlite";`,
    "src/adapters/hono/mod.ts": `import { Hono } from "hono"; import "hono/sse"; import "../../core/mod.ts";`,
    "src/presets/server.ts": `import "../adapters/stores/sqlite.ts"; import "../client/mod.ts"; import "node:http";`,
    "bench/a.ts": `import "@bellhop/bellhop"; import "../mod.ts"; import "./b.ts"; import "npm:mitata";`,
    "bench/b.ts": "",
    "testing/assert.ts": `import "node:assert/strict";`,
    "src/cli/conform.ts": `const suite = await import("../../conformance/mod.ts");`,
    "conformance/mod.ts": `import "fast-check"; import rows from "./rows.json" with { type: "json" };`,
    "conformance/rows.json": `{"import": "data imports nothing"}`,
    "deno.json": "{}",
  };
  assertEquals(directionFaults(tree(files, { ".": "./mod.ts", "./server": "./src/presets/server.ts" })), []);
});

Deno.test("directionFaults() tells the way of a cycle", () => {
  const files = { "src/core/a.ts": `import "./b.ts";`, "src/core/b.ts": `import "./a.ts";` };
  assertEquals(directionFaults(tree(files))[0].detail, "src/core/a.ts → src/core/b.ts → src/core/a.ts");
});

Deno.test("directionFaults() finds no fault in this repository", async () => {
  const faults = directionFaults(await readTree());
  assertEquals(faults.map(({ file, rule, detail }) => `${file}: ${rule}: ${detail}`), []);
});
