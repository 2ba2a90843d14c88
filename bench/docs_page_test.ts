import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { docsPage, notesOf, withoutLongCurves } from "./docs_page.ts";
import { sampleResult } from "./report/testing/sample_result.ts";
import type { BenchResult, Measure } from "./report/result.ts";

const spread = (median: number) => ({ median, low: median * 0.9, high: median * 1.1, samples: 8 });
const row = (subject: string, more: Partial<Measure>): Measure => ({
  id: `system/x/y/${subject}`,
  group: "system/x/y",
  title: "X and Y",
  subject,
  value: spread(100),
  unit: "ns",
  better: "lower",
  ...more,
});
const result: BenchResult = {
  schema: 1,
  command: "deno task bench",
  date: "2026-11-30T10:00:00.000Z",
  machine: {
    cpu: "A CPU",
    cores: 2,
    memoryBytes: 8e9,
    os: "linux",
    runtimes: { deno: "2.9.6" },
    load: 0.1,
  },
  subjects: [{ name: "peer, as it is", version: "1.2.3", notes: [] }],
  measures: [
    row("bare", {}),
    row("Bellhop x", { ratio: { to: "bare", ...spread(3) }, goal: { of: "ratio", op: "<=", limit: 2 } }),
    row("Bellhop z", { ratio: { to: "bare", ...spread(1.5) }, goal: { of: "ratio", op: "<=", limit: 2 } }),
    row("peer, as it is", { value: undefined, why: "needs a | that it has not" }),
  ],
  plots: [{
    id: "system/x/y",
    title: "X and Y",
    x: { title: "services", unit: "1", scale: "log" },
    y: { title: "time", unit: "ns", scale: "log" },
    lines: [{ name: "all", points: [[10, 100], [10_000, 300]] }],
  }],
};
const notes = notesOf("# Notes\n\nAt the top.\n\n## system/x\n\nBelow X.\n");

Deno.test("docsPage() shows wins and losses with machine and versions, the losses in bold and first", () => {
  const page = docsPage(result, notes);
  assertStringIncludes(page, "A CPU, 2 cores");
  assertStringIncludes(page, "peer 1.2.3");
  assertStringIncludes(page, "1 of 2 are met");
  const [missed, met] = [page.indexOf("| Bellhop x | bare | **3×** |"), page.indexOf("| Bellhop z | bare | 1.50× |")];
  assertEquals(missed > 0 && met > missed, true, page);
});

Deno.test("docsPage() shows a curve as a line of a table, with how much it grew", () => {
  assertStringIncludes(docsPage(result, notes), "| services | 10 | 10,000 | last ÷ first |");
  assertStringIncludes(docsPage(result, notes), "| all | 100 ns | 300 ns | 3× |");
});

Deno.test("docsPage() says why a row has no value and lets no text become markup", () => {
  const page = docsPage({ ...result, plots: [] }, notes);
  assertStringIncludes(page, "| peer, as it is | – |");
  assertStringIncludes(page, "- peer, as it is: needs a \\| that it has not");
});

Deno.test("docsPage() says what was asked for and is not measured", () => {
  const page = docsPage({ ...result, missing: [{ what: "bun", why: "not there" }] }, notes);
  assertStringIncludes(page, "\n\nbun was not measured: not there\n\n## Goals");
});

Deno.test("docsPage() puts notes once, behind what they are about", () => {
  const page = docsPage(result, notes);
  assertEquals(page.split("Below X.").length, 2);
  assertEquals(page.indexOf("Below X.") > page.indexOf("### X and Y"), true);
  assertEquals(page.indexOf("At the top.") < page.indexOf("## Goals"), true);
});

Deno.test("docsPage() refuses notes on what was not measured", () => {
  assertThrows(() => docsPage(result, notesOf("## system/gone\n\nOnce true.\n")), Error, "system/gone");
});

Deno.test("docsPage() names every subject of a result of every kind", () => {
  const sample = sampleResult();
  const page = docsPage(sample, new Map());
  for (const { title } of sample.measures) assertStringIncludes(page, title);
});

Deno.test("docsPage() makes one table of groups that measure the same subjects in several ways", () => {
  const ways = ["time to drain", "peak load"].flatMap((way, at) =>
    ["bare", "Bellhop"].map((subject) =>
      row(subject, { id: `outage/a/${at}/${subject}`, group: `outage/a/${at}`, title: `outage, 10 clients: ${way}` })
    )
  );
  const page = docsPage({ ...result, measures: ways, plots: [] }, new Map());
  assertEquals(page.split("### outage, 10 clients\n").length, 2, page);
  assertStringIncludes(page, "| time to drain | 100 ns | 100 ns |");
  assertStringIncludes(page, "| peak load | 100 ns | 100 ns |");
});

Deno.test("withoutLongCurves() keeps the curves that a table can show, so that the page stays the same", () => {
  const points = Array.from({ length: 40 }, (_, at) => [at, at] as const);
  const long = { ...result.plots[0], id: "system/long", lines: [{ name: "all", points }] };
  const kept = withoutLongCurves({ ...result, plots: [long, ...result.plots] });
  assertEquals(kept.plots.map(({ id }) => id), ["system/x/y"]);
  assertEquals(docsPage(kept, notes), docsPage(result, notes));
});
