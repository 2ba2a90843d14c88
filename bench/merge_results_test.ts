import { assertEquals, assertThrows } from "@std/assert";
import { mergeResults } from "./merge_results.ts";
import { sampleResult } from "./report/testing/sample_result.ts";
import { parseResult } from "./report/read_result.ts";
import { resultText } from "./write_result.ts";

const sample = sampleResult();
const as = { command: "deno task bench", date: "2026-11-30T10:00:00.000Z", machine: sample.machine };
const other = {
  ...sample,
  machine: { ...sample.machine, runtimes: { node: "22.0.0" } },
  measures: sample.measures.map((measure) => ({ ...measure, id: `other/${measure.id}` })),
  plots: [],
};

Deno.test("mergeResults() keeps all measures, names each subject once and each runtime", () => {
  const merged = mergeResults([sample, other], as);
  assertEquals(merged.measures.length, 2 * sample.measures.length);
  assertEquals(merged.subjects.map(({ name }) => name), [...new Set(sample.subjects.map(({ name }) => name))]);
  assertEquals(merged.machine.runtimes.node, "22.0.0");
});

Deno.test("mergeResults() keeps what any of them lacks, and what lacks itself", () => {
  const [bun, suite] = [{ what: "bun", why: "not there" }, { what: "outage", why: "it failed" }];
  const merged = mergeResults([sample, { ...other, missing: [bun] }], { ...as, missing: [suite] });
  assertEquals(merged.missing, [suite, bun]);
});

Deno.test("mergeResults() refuses an id that two results have", () => {
  assertThrows(() => mergeResults([sample, sample], as), Error, "an id belongs to one bench alone");
});

Deno.test("resultText() writes what is read back, a line for each measure", () => {
  const text = resultText(mergeResults([sample, other], as));
  const read = parseResult(text, "x.json");
  assertEquals(read.measures.length, 2 * sample.measures.length);
  assertEquals(text.split("\n").filter((line) => line.includes('"group"')).length, read.measures.length);
});
