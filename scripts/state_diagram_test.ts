import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TRANSITIONS } from "../src/core/bus/transitions.ts";
import { drawn, renewed } from "./state_diagram.ts";

Deno.test("the states in docs/spec/bus.md are those of the table that the bus runs by", () => {
  const page = Deno.readTextFileSync(new URL("../docs/spec/bus.md", import.meta.url));
  assertEquals(renewed(page, TRANSITIONS), page, "run scripts/state_diagram.ts");
});

Deno.test("drawn() shows every row of the table, and renewed() tells when a page has no place for it", () => {
  const text = drawn(TRANSITIONS);
  for (const { from, to, note } of TRANSITIONS) {
    assertStringIncludes(text, `${from.replaceAll("-", "_")} --> ${to.replaceAll("-", "_")}: `);
    assert(text.split("\n").some((line) => line.startsWith(`| \`${from}\``) && line.includes(note)));
  }
  assertEquals(renewed("no markers", TRANSITIONS), undefined);
});
