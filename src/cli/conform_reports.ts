/**
 * The files that `bellhop conform` writes.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import type { Report } from "../../conformance/mod.ts";
import type { Given } from "./arguments.ts";
import { EXIT, Stop } from "./exit_code.ts";
import type { Option } from "./option.ts";
import { print } from "./output.ts";

type Suite = typeof import("../../conformance/mod.ts");

export const REPORT_OPTIONS: Readonly<Record<string, Option>> = {
  json: { value: "FILE", help: `the report as JSON; "-" is standard output, here and below` },
  junit: { value: "FILE", help: "the report as JUnit XML" },
  badge: { value: "FILE", help: "the result as an SVG" },
  html: { value: "FILE", help: "the report as one page: requirements, wire logs and diagrams" },
};

/** What is to be written where. */
export interface ReportFiles {
  readonly files: readonly { readonly format: string; readonly file: string }[];
  /** Where the text goes: standard output, unless a report takes it. */
  readonly text: "stdout" | "stderr";
}

/** @throws {Stop} `usage` if two reports want the same place */
export function reportFiles(values: Given["values"]): ReportFiles {
  const files = Object.keys(REPORT_OPTIONS).flatMap((format) => {
    const file = values[format];
    return typeof file === "string" ? [{ format, file }] : [];
  });
  const twice = files.find(({ file }, at) => files.findIndex((other) => other.file === file) < at);
  if (twice !== undefined) throw new Stop(EXIT.usage, `two reports want ${JSON.stringify(twice.file)}`);
  return { files, text: files.some(({ file }) => file === "-") ? "stderr" : "stdout" };
}

/** @throws {Stop} `usage` for a file that cannot be written */
export async function writeReports(suite: Suite, report: Report, { files }: ReportFiles): Promise<void> {
  const { requirements } = suite.SPECIFICATION;
  for (const { format, file } of files) {
    const text = format === "json"
      ? suite.jsonReport(report, requirements)
      : format === "junit"
      ? suite.junitReport(report)
      : format === "badge"
      ? suite.badge(report, requirements)
      : suite.htmlReport(report, requirements);
    await writeText(file, text);
  }
}

/** @throws {Stop} `usage` for a file that cannot be written */
export async function writeText(file: string, text: string): Promise<void> {
  if (file === "-") return print(text.trimEnd());
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new Stop(EXIT.usage, `cannot write ${file}: ${(error as Error).message}`);
  }
}
