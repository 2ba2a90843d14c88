/**
 * The report as JSON, for programs; `report.schema.json` says what is in it.
 *
 * @module
 */
import type { Json } from "../control.ts";
import type { Requirement } from "../requirement.ts";
import type { CheckResult, Report } from "../run.ts";
import type { LogLine } from "../session.ts";
import { requirementResults } from "./requirement_results.ts";
import { lastStart } from "./sequence.ts";
import { summaryOf } from "./summary.ts";

/** Most lines of a log: the first and the last halves of what was said since the last start. */
const MAX_LINES = 400;
/** Most UTF-16 code units of a text in a log. */
const MAX_TEXT = 4_000;

/**
 * The report, what came of each requirement, and all of it in numbers, as one JSON document. Logs are cut to 400 lines
 * and their texts to 4,000 code units.
 *
 * @param requirements the catalogue
 */
export function jsonReport(report: Report, requirements: readonly Requirement[]): string {
  const { results, ...head } = report;
  const rows = requirementResults(report, requirements).map(({ requirement, verdict, checks, others }) => ({
    id: requirement.id,
    level: requirement.level,
    role: requirement.role,
    profile: requirement.profile,
    verdict,
    checks: checks.map(({ check }) => check),
    others,
  }));
  const document = { ...head, summary: summaryOf(report, requirements), requirements: rows, results: results.map(cut) };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function cut(result: CheckResult): CheckResult {
  if (result.failure === undefined) return result;
  const { log, ...rest } = result.failure;
  return { ...result, failure: { ...rest, log: shortened(log.slice(lastStart(log))) } };
}

function shortened(log: readonly LogLine[]): readonly LogLine[] {
  const half = MAX_LINES / 2;
  const kept = log.length <= MAX_LINES ? log : [...log.slice(0, half), ...log.slice(log.length - half)];
  return kept.map(({ from, message }) => ({ from, message: shortenedValue(message) as LogLine["message"] }));
}

function shortenedValue(value: Json): Json {
  return JSON.parse(JSON.stringify(value, (_, part) => typeof part === "string" ? shortenedText(part) : part));
}

function shortenedText(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… and ${text.length - MAX_TEXT} more`;
}
