import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import stringWidth from "npm:string-width@9.0.0";
import type { BenchResult, Measure } from "./result.ts";
import { formatResult } from "./terminal.ts";
import { sampleResult } from "./testing/sample_result.ts";

const SAMPLE = sampleResult();

Deno.test("formatResult() keeps every line within the width", () => {
  fc.assert(fc.property(fc.integer({ min: 56, max: 200 }), (columns) => {
    for (const line of formatResult(SAMPLE, { columns }).split("\n")) {
      assert(stringWidth(line) <= columns, `${columns}: ${line}`);
    }
  }));
});

Deno.test("formatResult() names every subject, version, note, reason and heading", () => {
  const text = formatResult(SAMPLE, { columns: 200 });
  for (const { name, version, notes } of SAMPLE.subjects) {
    for (const part of [name, version, ...notes]) assertStringIncludes(text, part);
  }
  for (const { title, why = "" } of SAMPLE.measures) {
    assertStringIncludes(text, title);
    assertStringIncludes(text, why);
  }
});

Deno.test("formatResult() says before all numbers what was asked for and is not measured", () => {
  const text = formatResult({ ...SAMPLE, missing: [{ what: "bun", why: "not there" }] }, { columns: 120 });
  const at = text.indexOf("\nbun was not measured: not there\n");
  assert(at > 0 && at < text.indexOf("Success at once"), text);
});

Deno.test("formatResult() puts the floor first, then the best, and what has no value last", () => {
  const lines = formatResult(SAMPLE, { columns: 120 }).split("\n");
  const start = lines.indexOf("A wait that is aborted, on Deno");
  const order = lines.slice(start + 2, start + 10).map((line) =>
    line.split(/\s{2,}/)[0].replaceAll(/[⁰-⁹¹²³\u2009]/g, "")
  );
  assertEquals(order.slice(0, 5), ["bare loop", "bellhop", "cockatiel", "p-retry", "effect"]);
  assertEquals(order.slice(5).toSorted(), ["async-retry", "exponential-backoff", "ts-retry-promise"]);
});

Deno.test("formatResult() shows median, quartiles, ratio and goal of a measure", () => {
  const measure: Measure = {
    ...SAMPLE.measures[0],
    subject: "mine",
    value: { median: 1_240, low: 1_200, high: 1_300, samples: 9 },
    ratio: { median: 0.5, low: 0.4, high: 0.75, samples: 9, to: "floor of mine" },
    goal: { of: "ratio", op: "<=", limit: 0.4 },
  };
  const text = formatResult(resultOf(measure));
  assertStringIncludes(text, "1.24 µs");
  assertStringIncludes(text, "1.20 – 1.30");
  assertStringIncludes(text, "to floor of mine");
  assertStringIncludes(text, "0.500×");
  assertStringIncludes(text, "0.400 – 0.750");
  assertStringIncludes(text, "missed ≤ 0.4×");
  assertStringIncludes(text, "goals: 0 met, 1 missed");
  assertStringIncludes(
    formatResult(resultOf({ ...measure, value: undefined, why: "It has no clock." })),
    "mine: It has no clock.",
  );
});

Deno.test("formatResult() gives up the quartiles before the goals when there is no room", () => {
  const narrow = formatResult(SAMPLE, { columns: 56 });
  assertStringIncludes(narrow, "missed ≤ 1×");
  const head = narrow.split("\n").find((line) => line.startsWith("subject") && line.includes("goal"));
  assert(!head!.includes("quartiles"), head);
});

Deno.test("formatResult() has colours only when they are asked for", () => {
  assert(!formatResult(SAMPLE).includes("\u001b"));
  assertStringIncludes(formatResult(SAMPLE, { colour: true }), "\u001b[31m");
});

Deno.test("formatResult() passes on no character that moves the cursor, whatever a name holds", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (noise) => {
    const said = `${noise}\u001b[2J\u0007\u202e\r`;
    const measure: Measure = { ...SAMPLE.measures[0], subject: said, title: said, value: undefined, why: said };
    const text = formatResult({ ...resultOf(measure), subjects: [{ name: said, version: said, notes: [said] }] });
    assertEquals(text.match(/(?!\n)[\p{Cc}\u202e]/u), null);
  }));
});

function resultOf(...measures: Measure[]): BenchResult {
  return { ...SAMPLE, measures, plots: [] };
}
