import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Ajv2020 } from "npm:ajv@8.20.0/dist/2020.js";
import { XMLParser, XMLValidator } from "npm:fast-xml-parser@5.12.1";
import { SPECIFICATION } from "../requirement.ts";
import { NASTY, reportOf, resultOf, RESULTS } from "./sample_report_test.ts";
import { badge } from "./badge.ts";
import { failureText } from "./failure_text.ts";
import { jsonReport } from "./json.ts";
import { junitReport } from "./junit.ts";
import { summaryOf } from "./summary.ts";
import { progressText, terminalReport } from "./terminal.ts";

const { requirements } = SPECIFICATION;
const stale = [{ check: "retry/gone", why: `there is ${NASTY}` }];
const report = { ...reportOf(RESULTS), stale };

Deno.test("summaryOf() counts as tested what was judged, and as passed what a passed check judged", () => {
  const { passed, checks, known, kinds, profiles } = summaryOf(report, requirements);
  assertEquals([passed, known], [false, 1]);
  assertEquals(checks, { pass: 1, fail: 2, warn: 1, "not-testable": 1, "not-applicable": 1 });
  assertEquals(kinds.filter(({ ran }) => ran > 0), [
    { kind: "scenario", ran: 4, passed: 1 },
    { kind: "property", ran: 1, passed: 0 },
  ]);
  const core = requirements.filter(({ profile, level }) => profile === "core" && level === "MUST").length;
  // RET-017 and RET-018 passed; RET-019, RET-020 and BUS-001 are broken.
  assertEquals(profiles[0].must, { all: core, tested: 5, passed: 2 });
  assertEquals(profiles[0].should.tested, 1);
  assertEquals(profiles.map(({ declared }) => declared), [true, false, false, false, false, false, false]);
});

Deno.test("summaryOf() passes when all that fails is known", () => {
  const good = RESULTS.filter(({ verdict, known }) => verdict === "pass" || verdict === "warn" || known !== undefined);
  assertEquals(summaryOf(reportOf(good), requirements).passed, true);
  for (const bad of RESULTS.filter((one) => !good.includes(one) && one.verdict !== "not-applicable")) {
    assertEquals(summaryOf(reportOf([...good, bad]), requirements).passed, false, bad.check);
  }
});

Deno.test("jsonReport() fits its schema, which takes nothing else", async () => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });
  const fits = ajv.compile(JSON.parse(await Deno.readTextFile(new URL("report.schema.json", import.meta.url))));
  const read = () => JSON.parse(jsonReport(report, requirements));
  assert(fits(read()), JSON.stringify(fits.errors, null, 1));
  assertEquals(read().requirements.length, requirements.length);
  for (
    const spoil of [
      (one: ReturnType<typeof read>) => delete one.seed,
      (one: ReturnType<typeof read>) => one.results[1].verdict = "failed",
      (one: ReturnType<typeof read>) => delete one.results[1].failure,
      (one: ReturnType<typeof read>) => one.results[0].failure = one.results[1].failure,
      (one: ReturnType<typeof read>) => one.summary.profiles[0].must.all = -1,
      (one: ReturnType<typeof read>) => one.results[1].failure.log[0].from = "nobody",
    ]
  ) {
    const spoiled = read();
    spoil(spoiled);
    assert(!fits(spoiled), String(spoil));
  }
});

Deno.test("jsonReport() bounds logs and texts", () => {
  const message = { seq: 1, do: "publish", headers: {}, body: "x".repeat(100_000) };
  const log = Array.from({ length: 5_000 }, () => ({ from: "suite" as const, message }));
  const one = resultOf({ check: "a/b", verdict: "fail", failure: { message: "", replay: "", log } });
  const text = jsonReport(reportOf([one]), requirements);
  assertEquals(JSON.parse(text).results[0].failure.log.length, 400);
  assert(text.length < 3_000_000);
  assertStringIncludes(text, "… and 96000 more");
});

Deno.test("junitReport() is XML with one case a check, and counts what failed, broke and was left out", () => {
  const text = junitReport(report);
  assertEquals(XMLValidator.validate(text), true);
  // deno-lint-ignore no-control-regex -- XML 1.0 knows none of these
  assert(!/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text));
  assert(text.isWellFormed());
  const options = {
    ignoreAttributes: false,
    attributeNamePrefix: "",
    isArray: (name: string) => /^test(suites|suite|case)$/.test(name),
  };
  const { testsuites: [all] } = new XMLParser(options).parse(text);
  assertEquals([all.tests, all.failures, all.errors, all.skipped], ["7", "2", "1", "2"]);
  assertEquals(all.testsuite.map(({ name }: { name: string }) => name), ["retry", "bus", "security", "baseline"]);
  const [passes, fails, known, warns] = all.testsuite[0].testcase;
  assertEquals([passes.name, passes.failure], ["retry/passes", undefined]);
  assertEquals(fails.failure.type, "RET-019");
  assertStringIncludes(fails.failure["#text"], "replay: bellhop conform");
  assertEquals([known.skipped.message, "failure" in known], ["known failure: a <reason>", false]);
  assert("system-out" in warns && !("failure" in warns));
  assertEquals(all.testsuite[1].testcase[0].error.message, "it broke");
});

Deno.test("failureText() shows requirement, sentence, counterexample, diagram and replay", () => {
  const text = failureText(RESULTS[1]).join("\n");
  for (
    const part of ["fail retry/fails", "RET-019 It MUST wait.", "with [0.5]", "|-------->|", "replay: bellhop conform"]
  ) {
    assertStringIncludes(text, part);
  }
  assertEquals(failureText(RESULTS[0]), []);
});

Deno.test("no text report lets what a subject says steer a terminal", () => {
  const text = terminalReport(report, requirements).join("\n");
  // deno-lint-ignore no-control-regex -- the point of it
  assert(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(text));
});

Deno.test("terminalReport() ends with what counts, and shows failures that count after the others", () => {
  const lines = terminalReport(report, requirements);
  assertMatch(lines.at(-1)!, /^failed: 1 passed, 2 failed, 1 known to fail, 1 warned, 1 do not apply$/);
  const at = (part: string) => lines.findIndex((line) => line.startsWith(part));
  assert(
    at("known retry/is-known") < at("fail retry/fails") && at("warning retry/warns") < at("not-testable bus/breaks"),
  );
  assertMatch(lines.join("\n"), /\n {2}core +yes +2 +5 +\d+ +0 +1 +\d+\n/);
  assertMatch(lines.join("\n"), /time {5}virtual: 1 d passed in it/);
  assertMatch(terminalReport(reportOf([], { clock: "real" }), requirements).join("\n"), /time {5}real: .* weaker/);
});

Deno.test("terminalReport() shows three failures of a requirement in full, and of the others the replay", () => {
  const many = Array.from({ length: 9 }, (_, at) => ({ ...RESULTS[1], check: `retry/fails-${at}` }));
  const text = terminalReport(reportOf(many), requirements).join("\n");
  assertEquals(text.match(/It MUST wait/g)?.length, 3);
  assertEquals(text.match(/for RET-019 too\n {2}bellhop conform/g)?.length, 6);
});

Deno.test("progressText() fits its line, whatever is left to do", () => {
  assertEquals(progressText(RESULTS.slice(0, 2), 4, 100), "[############............] 2/4, 1 failed  retry/fails");
  for (let width = 1; width < 100; width++) {
    assert(progressText(RESULTS, RESULTS.length, width).length < Math.max(2, width));
  }
});

Deno.test("badge() is one SVG that names what held, and shows nothing else of what the subject says", () => {
  const good = badge(reportOf(RESULTS.slice(0, 1), { profiles: ["core", "<script>" as never] }), requirements);
  assertEquals(XMLValidator.validate(good), true);
  assertStringIncludes(good, "core: 2 requirements<");
  assertStringIncludes(good, "#1b7f3b");
  assert(!good.includes("script"));
  const bad = badge(report, requirements);
  assertStringIncludes(bad, "2 checks failed");
  assert(!bad.includes("#1b7f3b"));
  // Time that is real, and failures that are known, are told.
  assertMatch(badge(reportOf(RESULTS.slice(0, 1), { clock: "real" }), requirements), /real time<[^]*|#8a6100/);
  const known = badge(reportOf([RESULTS[0], RESULTS[2]]), requirements);
  assertMatch(known, /1 known failures/);
  assert(!known.includes("#1b7f3b"));
});
