import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { groupsOf } from "./group.ts";
import { anyResult } from "./testing/any_result.ts";
import { sampleResult } from "./testing/sample_result.ts";

Deno.test("groupsOf() puts each measure into one group, with those of its group, heading and unit alone", () => {
  fc.assert(fc.property(anyResult, (result) => {
    const groups = groupsOf(result);
    const ids = groups.flatMap(({ measures }) => measures.map(({ id }) => id));
    assertEquals(ids.toSorted(), result.measures.map(({ id }) => id).toSorted());
    for (const { measures } of groups) {
      assertEquals(new Set(measures.map(({ group, title, unit }) => JSON.stringify([group, title, unit]))).size, 1);
    }
  }));
});

Deno.test("groupsOf() begins with the floor, then goes from the best to the worst, then to what has no value", () => {
  for (const { measures, floor } of groupsOf(sampleResult())) {
    const rest = measures.filter(({ subject }) => subject !== floor);
    if (rest.length < measures.length) assertEquals(measures[0].subject, floor);
    const numbers = rest.flatMap(({ value, better }) =>
      value === undefined ? [] : [better === "lower" ? value.median : -value.median]
    );
    assertEquals(numbers, numbers.toSorted((a, b) => a - b));
    assertEquals(rest.slice(numbers.length).every(({ value }) => value === undefined), true);
  }
});
