/**
 * The baseline of `bellhop conform`: failures that are known.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import type { Baseline, Report } from "../../conformance/mod.ts";
import { type Given, text } from "./arguments.ts";
import { writeText } from "./conform_reports.ts";
import { EXIT, Stop } from "./exit_code.ts";
import type { Option } from "./option.ts";
import { tell } from "./output.ts";

type Suite = typeof import("../../conformance/mod.ts");

export const BASELINE_OPTIONS: Readonly<Record<string, Option>> = {
  baseline: {
    value: "FILE",
    help: "failures that are known, each with reason, link and expiry: they run, and fail once they pass or expire",
  },
  "write-baseline": { help: "write the failures of this run to that file; each wants a reason and a link then" },
};

/** @throws {Stop} `usage` for a file that cannot be read, or an entry that lacks something */
export async function readKnown(suite: Suite, values: Given["values"]): Promise<Baseline | undefined> {
  const file = text(values, "baseline", "");
  const writes = values["write-baseline"] === true;
  if (file === "") {
    if (writes) throw new Stop(EXIT.usage, "--write-baseline wants --baseline FILE");
    return undefined;
  }
  let read: string;
  try {
    read = await readFile(file, "utf8");
  } catch (error) {
    if (writes && (error as NodeJS.ErrnoException).code === "ENOENT") return { baseline: 1, known: [] };
    throw new Stop(EXIT.usage, `cannot read ${file}: ${(error as Error).message}`);
  }
  try {
    return suite.readBaseline(read, writes);
  } catch (error) {
    throw new Stop(EXIT.usage, `${file}: ${(error as Error).message}`);
  }
}

/** The report with what is known marked. */
export function applyKnown(suite: Suite, report: Report, known: Baseline | undefined): Report {
  if (known === undefined) return report;
  return suite.applyBaseline(report, known, new Set(suite.CHECKS.map(({ id }) => id)), today());
}

/** Writes the baseline if that is asked for. @returns whether it was */
export async function writeKnown(
  suite: Suite,
  report: Report,
  known: Baseline | undefined,
  values: Given["values"],
): Promise<boolean> {
  if (known === undefined || values["write-baseline"] !== true) return false;
  const made = suite.baselineOf(report, known, today());
  const file = text(values, "baseline", "");
  await writeText(file, `${JSON.stringify(made, null, 2)}\n`);
  const unexplained = made.known.filter(({ reason }) => reason === "").length;
  const wants = unexplained === 0 ? "" : `, ${unexplained} of which want a reason and a link before it is taken`;
  tell(`${file}: ${made.known.length} known failures${wants}`);
  return true;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
