import { assertEquals, assertLessOrEqual, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { EngineError } from "./engine_error.ts";
import { adapterUrl, engineOf, ENGINES, loadedEngine } from "./engines.ts";
import { triedClaims } from "./expresses.ts";

const MAX_LINES = 25;

Deno.test("loadedEngine() finds an adapter of at most 25 lines for every engine that the bench knows", async () => {
  for (const name of ENGINES) {
    const lines = (await Deno.readTextFile(new URL(adapterUrl(name)))).trimEnd().split("\n").length;
    assertLessOrEqual(lines, MAX_LINES, `${name} has ${lines} lines`);
    const engine = await loadedEngine(name);
    assertEquals(engine.name, name);
    if (engine.version !== "") assertEquals(adapterUrl(`npm:${name}@${engine.version}`), adapterUrl(name));
  }
});

for (const name of ENGINES) {
  Deno.test(`triedClaims() sees of ${name} what it says of itself, and nothing else`, async () => {
    const claims = await triedClaims(await loadedEngine(name));
    assertEquals(claims.length, 11);
    assertEquals(claims.filter(({ said, seen }) => said !== seen), []);
  });
}

Deno.test("adapterUrl() takes a package's name with and without its version, a path and an address", () => {
  assertEquals(adapterUrl("npm:p-retry"), adapterUrl("p-retry"));
  assertEquals(adapterUrl("npm:p-retry@9.0.0"), adapterUrl("p-retry"));
  assertEquals(adapterUrl("./mine.ts"), `file://${Deno.cwd()}/mine.ts`);
  assertEquals(adapterUrl("mine.ts"), adapterUrl("./mine.ts"));
  assertEquals(adapterUrl("file:///a/mine.ts"), "file:///a/mine.ts");
});

Deno.test("adapterUrl() guesses nothing of a package that it does not know, and says how to write an adapter", () => {
  const unknown = [
    "npm:retry-nobody-knows",
    "npm:@scope/retry@1.2.3",
    "npm:ends-in.js",
    "jsr:@a/b",
    "https://a.b/c.ts",
    "",
  ];
  for (const specifier of unknown) {
    const { message } = assertThrows(() => adapterUrl(specifier), EngineError);
    for (const text of [specifier, "npm:p-retry", "--init mine.ts", "docs/guides/retry-engines.md"]) {
      assertStringIncludes(message, text);
    }
    assertEquals(message.includes("\n"), false, "one line, as for all that is wrong on a command line");
  }
});

Deno.test("adapterUrl() takes no other version than is pinned, and says which that is", () => {
  for (const version of ["1.0.0", "latest", "^9.0.0"]) {
    const { message } = assertThrows(() => adapterUrl(`npm:p-retry@${version}`), EngineError, "pins p-retry 9.0.0");
    assertStringIncludes(message, "--init mine.ts");
  }
});

const WHOLE = {
  name: "mine",
  version: "",
  // deno-fmt-ignore
  supports: { clock: true, random: true, jitters: [], cap: true, firstAtOnce: true, unlimited: true, signal: true, retryAfter: true },
  run: () => Promise.resolve(),
};
const FAULTS: readonly [object, string][] = [
  [{}, "exports no `engine`"],
  [{ engine: { ...WHOLE, name: "with blanks" } }, "engine.name"],
  [{ engine: { ...WHOLE, version: 1 } }, "engine.version"],
  [{ engine: { ...WHOLE, supports: undefined } }, "engine.supports"],
  [{ engine: { ...WHOLE, supports: { ...WHOLE.supports, signal: "yes" } } }, "engine.supports.signal"],
  [{ engine: { ...WHOLE, supports: { ...WHOLE.supports, jitters: "full" } } }, "engine.supports.jitters"],
  [{ engine: { ...WHOLE, run: undefined } }, "engine.run"],
  [{ engine: { ...WHOLE, prepare: 1 } }, "engine.prepare"],
];

Deno.test("engineOf() names the field when a module exports no engine", () => {
  assertEquals(engineOf({ engine: WHOLE }, "mine.ts").name, "mine");
  for (const [module, field] of FAULTS) assertThrows(() => engineOf(module, "mine.ts"), EngineError, field);
});

Deno.test("loadedEngine() names the file when it is not there", async () => {
  await assertRejects(() => loadedEngine("./not_there.ts"), EngineError, "./not_there.ts cannot be loaded");
});
