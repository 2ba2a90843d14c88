/**
 * The report for the person who watches: progress while it runs, each failure as it is found, and a summary.
 *
 * @module
 */
import type { Requirement } from "../requirement.ts";
import type { CheckResult, Report } from "../run.ts";
import { failureText, type PaintText, plainText, unpainted } from "./failure_text.ts";
import { durationText } from "./sequence.ts";
import { isFailure, type RequirementCount, summaryOf } from "./summary.ts";

/** Most failures of one requirement that are shown in full; of the others only the replay. */
const MAX_PER_REQUIREMENT = 3;
/** Cells of the bar. */
const BAR = 24;

/** What was found so far, as one line that is written over itself. @param width columns of the terminal */
export function progressText(results: readonly CheckResult[], total: number, width: number): string {
  const failed = results.filter(isFailure).length;
  const filled = total === 0 ? BAR : Math.floor(BAR * results.length / total);
  const bar = "#".repeat(filled).padEnd(BAR, ".");
  const last = results[results.length - 1]?.check ?? "";
  const failures = failed === 0 ? "" : `, ${failed} failed`;
  return `[${bar}] ${results.length}/${total}${failures}  ${last}`.slice(0, Math.max(1, width - 1));
}

/**
 * All that is to be said when a run has ended, as lines.
 *
 * @param requirements the catalogue
 */
export function terminalReport(
  report: Report,
  requirements: readonly Requirement[],
  paint: PaintText = unpainted,
): string[] {
  return [...failures(report, paint), ...staleEntries(report, paint), ...summary(report, requirements, paint)];
}

function failures({ results }: Report, paint: PaintText): string[] {
  const shown = new Map<string, number>();
  const order = ["warn", "not-testable", "fail"];
  const failed = results.filter(({ failure }) => failure !== undefined);
  // What matters most stands last, next to the summary.
  failed.sort((a, b) =>
    Number(isFailure(a)) - Number(isFailure(b)) || order.indexOf(a.verdict) - order.indexOf(b.verdict)
  );
  return failed.flatMap((result) => {
    const cause = result.failure?.requirement ?? result.reason ?? "";
    const count = (shown.get(cause) ?? 0) + 1;
    shown.set(cause, count);
    if (count <= MAX_PER_REQUIREMENT) return [...failureText(result, paint), ""];
    const { requirement, replay } = result.failure!;
    return [
      `${paint("red", result.verdict)} ${result.check}${requirement === undefined ? "" : ` for ${requirement} too`}`,
      `  ${replay}`,
      "",
    ];
  });
}

function staleEntries({ stale = [] }: Report, paint: PaintText): string[] {
  if (stale.length === 0) return [];
  return [
    `${paint("red", "stale")} entries of the baseline; --write-baseline removes those that pass`,
    ...stale.map(({ check, why }) => `  ${plainText(`${check}: ${why}`)}`),
    "",
  ];
}

function summary(report: Report, requirements: readonly Requirement[], paint: PaintText): string[] {
  const { passed, checks, known, kinds, profiles } = summaryOf(report, requirements);
  const { subject, spec, seed, durationMs, simulatedMs } = report;
  const rows = [
    ["profile", "declared", "must", "", "", "should", "", ""],
    ["", "", "passed", "tested", "of", "passed", "tested", "of"],
    ...profiles.map(({ profile, declared, must, should }) => [
      profile,
      declared ? "yes" : subject.profiles.some((one) => one.startsWith(`${profile}.`)) ? "in part" : "no",
      ...cells(must),
      ...cells(should),
    ]),
  ];
  const ran = kinds.filter((one) => one.ran > 0).map((one) => `${one.passed} of ${one.ran} ${one.kind}`);
  const failed = report.results.filter(isFailure).length;
  const counted = [
    `${checks.pass} passed`,
    `${failed} failed`,
    ...(known === 0 ? [] : [`${known} known to fail`]),
    ...(checks.warn === 0 ? [] : [`${checks.warn} warned`]),
    ...(checks["not-applicable"] === 0 ? [] : [`${checks["not-applicable"]} do not apply`]),
  ];
  const time = subject.clock === "virtual"
    ? `virtual: ${durationText(simulatedMs)} passed in it`
    : "real: early is a failure, late a warning; weaker than virtual time";
  return [
    `${paint("bold", plainText(`${subject.name} ${subject.version}`))} on specification ${spec}`,
    ...table(rows).map((line) => `  ${line}`),
    `  checks   ${ran.join(", ") || "none"}`,
    `  time     ${time}`,
    `  seed     ${seed}, ${durationText(durationMs)}`,
    `${paint(passed ? "green" : "red", passed ? "passed" : "failed")}: ${counted.join(", ")}`,
  ];
}

function cells({ passed, tested, all }: RequirementCount): string[] {
  return [passed, tested, all].map(String);
}

/** Columns of one width; all but the first two to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row.map((cell, column) => column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])).join("  ")
      .trimEnd()
  );
}
