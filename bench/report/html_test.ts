import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { injections, tagsOf } from "../../testing/injection.ts";
import { htmlReport } from "./html.ts";
import { MAX_POINTS, printableAll, thinned } from "./html_data.ts";
import type { BenchResult, Measure } from "./result.ts";
import { anyResult } from "./testing/any_result.ts";
import { sampleResult } from "./testing/sample_result.ts";

const SAMPLE = sampleResult();

Deno.test("htmlReport() shows the same page for the same results", async () => {
  assertEquals(await htmlReport(SAMPLE), await htmlReport([structuredClone(SAMPLE)]));
});

Deno.test("htmlReport() lets nothing that a result says become markup, whatever it is", async () => {
  const skeleton = tagsOf(await htmlReport(saying("x")));
  await fc.assert(
    fc.asyncProperty(injections, async (said) => assertEquals(tagsOf(await htmlReport(saying(said))), skeleton)),
    { numRuns: 40 },
  );
});

Deno.test("htmlReport() makes a page of every result, and of none", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyResult, { maxLength: 2 }), async (results) => {
      const page = await htmlReport(results);
      assert(page.isWellFormed());
      assertEquals(/\b(?:undefined|\[object)/.test(withoutScripts(page)), false);
    }),
    { numRuns: 40 },
  );
});

Deno.test("htmlReport() has one program, which its policy names by its hash, and loads nothing", async () => {
  const page = await htmlReport(SAMPLE);
  const [, script] = /<script>([\s\S]*?)<\/script>/.exec(page)!;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  assertStringIncludes(page, `script-src &#39;sha256-${new Uint8Array(digest).toBase64()}&#39;`);
  assertMatch(page, /default-src &#39;none&#39;/);
  assertEquals(page.match(/<script/g)?.length, 2);
  assertEquals(page.match(/<\/script/g)?.length, 2);
  assertEquals(/\s(?:src|action|srcset)=|url\(|@import|href="(?!#|data:,)/.test(withoutScripts(page)), false);
});

Deno.test("htmlReport() tells no path of the machine that made it", async () => {
  const page = await htmlReport(SAMPLE);
  for (const path of [Deno.cwd(), new URL(".", import.meta.url).pathname, "node_modules", "registry."]) {
    assertEquals(page.includes(path), false, path);
  }
});

Deno.test("htmlReport() says each number, reason, note and goal as text too", async () => {
  const page = withoutScripts(await htmlReport(SAMPLE));
  assertStringIncludes(page, "<h1>2 of 6 goals missed</h1>");
  for (const { title, why = "" } of SAMPLE.measures) for (const part of [title, why]) assertStringIncludes(page, part);
  for (const { notes } of SAMPLE.subjects) for (const note of notes) assertStringIncludes(page, note);
  for (const { title, lines } of SAMPLE.plots) {
    for (const part of [title, ...lines.map(({ name }) => name)]) assertStringIncludes(page, part);
  }
  assertEquals(page.match(/<canvas /g)?.length, page.match(/<table>/g)?.length);
  assertEquals(page.match(/<canvas /g)?.length, 11);
});

Deno.test("htmlReport() says what was asked for and is not measured", async () => {
  const page = await htmlReport({ ...SAMPLE, missing: [{ what: "bun", why: "not there" }] });
  assertMatch(withoutScripts(page), /<dt>Not measured<\/dt>\s*<dd>bun: not there<\/dd>/);
});

Deno.test("htmlReport() says what the goals come to", async () => {
  const title = async (...measures: Measure[]) => /<h1>(.*?)<\/h1>/.exec(await htmlReport({ ...SAMPLE, measures }))![1];
  const at = (median: number, id: string): Measure => {
    const { value: _, ratio: __, ...rest } = SAMPLE.measures[0];
    const value = { median, low: median, high: median, samples: 1 };
    return { ...rest, id, value, goal: { of: "value", op: "<=", limit: 1 } };
  };
  const open: Measure = { ...at(1, "c"), value: undefined, why: "no" };
  assertEquals(await title(at(1, "a")), "The goal is met");
  assertEquals(await title(at(1, "a"), at(0, "b")), "All 2 goals met");
  assertEquals(await title(at(1, "a"), at(2, "b")), "1 of 2 goals missed");
  assertEquals(await title(at(1, "a"), open), "1 of 2 goals met");
  assertEquals(await title(), "Measured");
});

Deno.test("htmlReport() stays small when a result is large", async () => {
  const points = Array.from({ length: 100_000 }, (_, x) => [x, Math.sin(x)] as const);
  const [plot] = SAMPLE.plots;
  const plots = Array.from(
    { length: 20 },
    (_, index) => ({ ...plot, id: `p${index}`, lines: [{ name: "a", points }, { name: "b", points }] }),
  );
  assertLess((await htmlReport({ ...SAMPLE, plots })).length, 4_000_000);
});

Deno.test("thinned() keeps the order, the ends of the range and at most so many points", () => {
  const points = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 3 * MAX_POINTS,
  })
    .map((ys) => ys.map((y, x) => [x, y] as const));
  fc.assert(fc.property(points, fc.integer({ min: 2, max: MAX_POINTS }), (points, most) => {
    const kept = thinned(points, most);
    assert(kept.length <= most);
    const ys = (some: typeof kept) => some.map(([, y]) => y);
    assertEquals(Math.max(...ys(kept)), Math.max(...ys(points)));
    assertEquals(Math.min(...ys(kept)), Math.min(...ys(points)));
    assert(kept.every(([x], index) => index === 0 || x > kept[index - 1][0]));
  }));
});

Deno.test("printableAll() keeps what is no text as it is", () => {
  fc.assert(fc.property(anyResult, (result) => {
    const made = printableAll(result);
    assertEquals(made.measures.map(({ value }) => value), result.measures.map(({ value }) => value));
    assertEquals(
      made.plots.map(({ lines }) => lines.map(({ points }) => points)),
      result.plots.map(({ lines }) => lines.map(({ points }) => points)),
    );
  }));
});

function withoutScripts(page: string): string {
  return page.replaceAll(/<script[\s\S]*?<\/script>/g, "").replace(/<style>[\s\S]*?<\/style>/, "");
}

/** A result that says one thing wherever it can. */
function saying(said: string): BenchResult {
  const spread = { median: 2, low: 1, high: 3, samples: 5 };
  const base = { group: said, title: said, subject: said, unit: "ns", better: "lower" } as const;
  const axis = { title: said, unit: "s", scale: "linear" } as const;
  return {
    ...SAMPLE,
    command: said,
    date: said,
    machine: { ...SAMPLE.machine, cpu: said, os: said, runtimes: { [`a${said}`]: said } },
    subjects: [{ name: said, version: said, notes: [said] }],
    missing: [{ what: said, why: said }],
    measures: [
      {
        ...base,
        id: `a${said}`,
        value: spread,
        ratio: { ...spread, to: said },
        goal: { of: "ratio", op: "<", limit: 1 },
        why: said,
      },
      { ...base, id: `b${said}`, value: undefined, why: said },
    ],
    plots: [{ id: `c${said}`, title: said, x: axis, y: axis, lines: [{ name: said, points: [[1, 2], [2, 3]] }] }],
  };
}
