import { assertEquals } from "@std/assert";
import { compare } from "./compare.ts";
import type { Stroke } from "./stroke.ts";

const TITLES = ["A", "Bus", "B"];
const strokes = (...labels: string[]): Stroke[] => labels.map((label) => ({ from: 0, to: 1, label }));

Deno.test("compare() finds nothing when the drawing is the figure, however its labels are broken", () => {
  assertEquals(compare(strokes("one two", "three"), strokes("one\ntwo", "three"), TITLES), {
    missing: [],
    besides: [],
  });
});

Deno.test("compare() names what is missing and what is there besides", () => {
  const { missing, besides } = compare(strokes("one", "two", "three"), strokes("one", "four", "three"), TITLES);
  assertEquals(missing, ["A -> Bus: two"]);
  assertEquals(besides, ["A -> Bus: four"]);
});

Deno.test("compare() takes a stroke out of its order for a missing one", () => {
  const { missing } = compare(strokes("one", "two"), strokes("two", "one"), TITLES);
  assertEquals(missing.length, 1);
});

Deno.test("compare() takes an arrow the other way round for a missing one", () => {
  const back: Stroke[] = [{ from: 1, to: 0, label: "one" }];
  assertEquals(compare(strokes("one"), back, TITLES), { missing: ["A -> Bus: one"], besides: ["Bus -> A: one"] });
});
