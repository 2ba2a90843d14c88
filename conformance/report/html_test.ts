import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { injections, tagsOf } from "../../testing/injection.ts";
import type { JsonObject } from "../control.ts";
import { SPECIFICATION } from "../requirement.ts";
import type { CheckResult, Report } from "../run.ts";
import type { LogLine } from "../session.ts";
import { PAGE_SCRIPT, PAGE_SCRIPT_HASH } from "./_html_script.ts";
import { htmlReport } from "./html.ts";

const REQUIREMENTS = SPECIFICATION.requirements.filter(({ chapter }) => chapter === "retry");

Deno.test("htmlReport() shows the same page for the same report", () => {
  assertEquals(htmlReport(reportOf("x"), REQUIREMENTS), htmlReport(structuredClone(reportOf("x")), REQUIREMENTS));
});

Deno.test("htmlReport() lets nothing that was said become markup, whatever it is", () => {
  const skeleton = tagsOf(htmlReport(reportOf("x"), REQUIREMENTS));
  fc.assert(
    fc.property(injections, (said) => {
      assertEquals(tagsOf(htmlReport(reportOf(said), REQUIREMENTS)), skeleton);
    }),
    { numRuns: 40 },
  );
});

Deno.test("htmlReport() shows as text what was said, and no character that would turn or hide it", () => {
  const page = htmlReport(reportOf('a<b>&"c\u202e\u0007\ud800'), REQUIREMENTS);
  assertStringIncludes(page, "<h1>a&#60;b&#62;&#38;&#34;c\ufffd\ufffd\ufffd ");
  assertEquals(["\u202e", "\u0007"].some((sign) => page.includes(sign)), false);
  assert(page.isWellFormed());
});

Deno.test("htmlReport() has one script, which its policy names by its hash, and loads nothing", async () => {
  const page = htmlReport(reportOf("x"), REQUIREMENTS);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(PAGE_SCRIPT));
  assertEquals(PAGE_SCRIPT_HASH, `sha256-${new Uint8Array(digest).toBase64()}`);
  assertEquals(page.split("<script>").length, 2);
  assertStringIncludes(page, `<script>${PAGE_SCRIPT}</script>`);
  assertMatch(page, /default-src &#39;none&#39;/);
  assertEquals(/\s(?:src|action|srcset)=|url\(|@import|href="(?!#|data:,)/.test(page), false);
});

Deno.test("htmlReport() has a cell and an article for each requirement, by what came of it", () => {
  const page = htmlReport(reportOf("x"), REQUIREMENTS);
  for (const { id } of REQUIREMENTS) {
    assertEquals(page.split(`id="cell-${id}"`).length, 2, id);
    assertEquals(page.split(`<article class="requirement" id="${id}"`).length, 2, id);
  }
  assertMatch(page, /<a class="cell fail" id="cell-RET-018"/);
  assertMatch(page, /<a class="cell pass" id="cell-RET-017"/);
  assertMatch(page, /<a class="cell not-tested" id="cell-RET-001"/);
});

Deno.test("htmlReport() tells of a failure its sentence, message, input, replay, log and diagram", () => {
  const page = htmlReport(reportOf("said"), REQUIREMENTS);
  const article = page.slice(page.indexOf('id="failure-1"'), page.indexOf('id="failure-2"'));
  assertStringIncludes(article, "<blockquote>said</blockquote>");
  assertStringIncludes(article, 'aria-label="Message">said</pre>');
  assertStringIncludes(article, 'aria-label="Counterexample">said</pre>');
  assertStringIncludes(article, 'data-copy="bellhop conform said"');
  assertMatch(article, /<svg class="sequence" role="img"[^>]*aria-label="Sequence diagram\. /);
  assertStringIncludes(article, ">250 ms pass</text>");
  assertStringIncludes(article, 'title="2026-01-01T00:00:00.250Z">+250 ms</span>');
});

Deno.test("htmlReport() says what the run comes to", () => {
  const { results, ...rest } = reportOf("x");
  const page = (...some: CheckResult[]) => htmlReport({ ...rest, results: some }, REQUIREMENTS);
  assertStringIncludes(htmlReport(reportOf("x"), REQUIREMENTS), "<strong>Does not conform</strong>");
  assertStringIncludes(page(results[0]), "<strong>Conforms</strong><span>1 requirement tested and kept</span>");
  assertStringIncludes(page(), "<strong>Nothing was tested</strong>");
  assertStringIncludes(
    page(results[0], { ...results[2], requirements: [] }),
    "<strong>Does not conform</strong><span>1 check could not be tested</span>",
  );
  const known = { check: "b/x", reason: "not begun", link: "https://example.org/7", expires: "2027-01-31" };
  const put = page(results[0], { ...results[1], known });
  assertStringIncludes(put, "<strong>Known failures only</strong><span>1 requirement broken, as was known</span>");
  assertStringIncludes(put, "Put up with until 2027-01-31: not begun (<code>https://example.org/7</code>)");
  const stale = htmlReport(
    { ...rest, results: [results[0]], stale: [{ check: "b/x", why: "it passes" }] },
    REQUIREMENTS,
  );
  assertStringIncludes(stale, "<strong>Stale baseline</strong><span>1 known failure out of date</span>");
  assertStringIncludes(stale, "<li><code>b/x</code> it passes</li>");
  assertStringIncludes(page(), ">virtual clock</span>");
  const real = { ...rest, results, subject: { ...rest.subject, clock: "real" as const } };
  assertStringIncludes(htmlReport(real, REQUIREMENTS), ">real clock: weaker proof</span>");
});

Deno.test("htmlReport() stays small when everything fails at length", () => {
  const { results, ...rest } = reportOf("x");
  const said = "a".repeat(100_000);
  const log: LogLine[] = Array.from({ length: 4_000 }, (_, seq) => ({
    from: seq % 2 === 0 ? "suite" : "subject",
    message: { seq, do: "status", ok: {}, said, events: [] },
  }));
  const many = Array.from({ length: 1_000 }, (_, index): CheckResult => ({
    ...results[1],
    check: `a/${index}`,
    failure: { requirement: REQUIREMENTS[index % 60].id, message: said, replay: "bellhop", log },
  }));
  assertLess(htmlReport({ ...rest, results: many }, REQUIREMENTS).length, 20_000_000);
});

Deno.test("htmlReport() shows what a broken subject has said, though it is no message", () => {
  const { results, ...rest } = reportOf("x");
  const log = [null, [], 7, "text", { ok: 1 }, { nowMs: 1e300, refused: null, events: {} }]
    .flatMap((message) => (["suite", "subject"] as const).map((from) => ({ from, message: message as never })));
  const failure = { message: "broken", replay: "bellhop", log };
  htmlReport({ ...rest, results: [{ ...results[2], failure }] }, REQUIREMENTS);
});

/** A report with a pass, a failure of a requirement and a check that could not be tested, each saying `said`. */
function reportOf(said: string): Report {
  const startMs = Date.parse("2026-01-01T00:00:00Z");
  const message = (fields: JsonObject): JsonObject => ({ said, ...fields });
  const log: LogLine[] = [
    { from: "suite", message: message({ seq: 1, do: "start", nowMs: startMs, options: {} }) },
    { from: "subject", message: message({ seq: 1, nowMs: startMs, ok: {}, events: [] }) },
    { from: "suite", message: message({ seq: 2, do: "publish", headers: { "ce-type": said, "ce-id": said } }) },
    {
      from: "subject",
      message: message({ seq: 2, nowMs: startMs, refused: { code: said, field: said }, events: [] }),
    },
    { from: "suite", message: message({ seq: 3, do: "advance", toMs: startMs + 250 }) },
    {
      from: "subject",
      message: message({
        seq: 3,
        nowMs: startMs + 250,
        ok: {},
        events: [
          {
            kind: "call",
            call: said,
            for: "delivery",
            atMs: startMs + 250,
            receiver: `r${said}`,
            attempt: said,
            run: said,
            envelope: { type: said, id: said },
          },
          { kind: "trace", event: { kind: said, atMs: startMs + 250, receiver: said, reason: said } },
        ],
      }),
    },
  ];
  const base = { title: said, kind: "scenario", durationMs: 5, simulatedMs: 250 } as const;
  const failure = { message: said, replay: `bellhop conform ${said}`, log };
  return {
    report: 1,
    spec: said,
    subject: {
      control: 1,
      name: said,
      version: said,
      spec: said,
      profiles: ["core", said as "core"],
      clock: "virtual",
      asks: [],
      can: [],
    },
    seed: 7,
    startedAt: "2026-01-01T00:00:00.000Z",
    durationMs: 10,
    simulatedMs: 250,
    results: [
      { ...base, check: `a/${said}`, requirements: ["RET-017"], judged: ["RET-017"], verdict: "pass" },
      {
        ...base,
        check: `b/${said}`,
        requirements: ["RET-018"],
        judged: ["RET-018"],
        verdict: "fail",
        failure: { requirement: "RET-018", sentence: said.replaceAll("`", ""), counterexample: said, ...failure },
      },
      {
        ...base,
        check: `c/${said}`,
        requirements: ["RET-019"],
        judged: [],
        verdict: "not-testable",
        reason: said,
        failure,
      },
    ],
  };
}
