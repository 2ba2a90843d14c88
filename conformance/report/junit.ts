/**
 * The report as JUnit XML, as CI servers read it.
 *
 * @module
 */
import type { CheckResult, Report } from "../run.ts";
import { failureText } from "./failure_text.ts";
import { isFailure } from "./summary.ts";

/** One suite for each group of checks, one case for each check; stale entries of a baseline are a suite of their own. */
export function junitReport(report: Report): string {
  const groups = new Map<string, CheckResult[]>();
  for (const result of report.results) {
    const name = result.check.slice(0, Math.max(0, result.check.indexOf("/"))) || "checks";
    groups.set(name, [...groups.get(name) ?? [], result]);
  }
  const { stale = [], startedAt, durationMs, subject } = report;
  const totals = countsOf(report.results, stale.length);
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="${xml(`bellhop conform: ${subject.name} ${subject.version}`)}" ${totals} time="${
      seconds(durationMs)
    }">`,
    ...[...groups].flatMap(([name, results]) => [
      `  <testsuite name="${xml(name)}" ${countsOf(results)} timestamp="${xml(startedAt)}" time="${
        seconds(results.reduce((sum, one) => sum + one.durationMs, 0))
      }">`,
      ...results.flatMap((result) => testcase(name, result)),
      `  </testsuite>`,
    ]),
    ...(stale.length === 0 ? [] : [
      `  <testsuite name="baseline" ${countsOf([], stale.length)} time="0">`,
      ...stale.flatMap(({ check, why }) => [
        `    <testcase classname="baseline" name="${xml(check)}" time="0">`,
        `      <failure type="stale" message="${xml(why)}"></failure>`,
        `    </testcase>`,
      ]),
      `  </testsuite>`,
    ]),
    `</testsuites>`,
    ``,
  ].join("\n");
}

function testcase(group: string, result: CheckResult): string[] {
  const { check, title, verdict, reason, failure, known, durationMs } = result;
  const open = `    <testcase classname="${xml(group)}" name="${xml(check)}" time="${seconds(durationMs)}"`;
  const body = (): string => {
    const text = failureText(result).join("\n");
    if (known !== undefined) return `<skipped message="${xml(`known failure: ${known.reason}`)}"></skipped>`;
    switch (verdict) {
      case "pass":
        return "";
      case "not-applicable":
        return `<skipped message="${xml(reason ?? title)}"></skipped>`;
      case "warn":
        return `<system-out>${xml(text)}</system-out>`;
      case "not-testable":
        return `<error type="not-testable" message="${xml(failure?.message ?? "")}">${xml(text)}</error>`;
      case "fail":
        return `<failure type="${xml(failure?.requirement ?? "")}" message="${xml(failure?.message ?? "")}">${
          xml(text)
        }</failure>`;
    }
  };
  const inside = body();
  return inside === "" ? [`${open}></testcase>`] : [`${open}>`, `      ${inside}`, `    </testcase>`];
}

function countsOf(results: readonly CheckResult[], stale = 0): string {
  const failed = results.filter(isFailure);
  const errors = failed.filter(({ verdict }) => verdict === "not-testable").length;
  const skipped = results.filter(({ verdict, known }) => verdict === "not-applicable" || known !== undefined).length;
  return `tests="${results.length + stale}" failures="${
    failed.length - errors + stale
  }" errors="${errors}" skipped="${skipped}"`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // In an attribute these would become spaces.
  "\n": "&#10;",
  "\t": "&#9;",
};

/** Text that is safe in XML 1.0, which knows no control characters at all and no halves of surrogate pairs. */
function xml(text: string): string {
  // deno-lint-ignore no-control-regex -- what XML cannot hold
  return text.toWellFormed().replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g, "�")
    .replaceAll(/[&<>"'\n\t]/g, (letter) => ENTITIES[letter]);
}
