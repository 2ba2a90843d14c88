/**
 * Runs bench files and makes one result of them: `deno run -A bench/system/envelope.ts [--quick] [--json FILE] [--only TEXT]`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { bellhopVersion } from "./bellhop_version.ts";
import { measuresOf, plotOf } from "./measures.ts";
import { FULL, type Group, type Pace, type Part, QUICK } from "./part.ts";
import { startProgress } from "./progress.ts";
import { thisMachine } from "./report/machine.ts";
import type { BenchResult, Measure, Plot, Subject } from "./report/result.ts";
import { printResult } from "./report/terminal.ts";
import { runGroup } from "./run_group.ts";
import { writeResult } from "./write_result.ts";

/** Runs these parts as a program, by the arguments of the process. */
export async function runParts(command: string, parts: readonly Part[]): Promise<void> {
  const { values: { quick, json, only } } = parseArgs({
    args: Deno.args,
    options: { quick: { type: "boolean" }, json: { type: "string" }, only: { type: "string" } },
  });
  const chosen = parts.map((part) => ({ ...part, groups: part.groups.filter(({ id }) => id.includes(only ?? "")) }));
  const said = [quick && "--quick", only !== undefined && `--only ${only}`].filter(Boolean);
  const result = await resultOf([command, ...said].join(" "), chosen, quick ? QUICK : FULL);
  if (json === undefined) printResult(result);
  else await writeResult(json, result);
}

/** Measures all groups of the parts, one after the other. */
export async function resultOf(command: string, parts: readonly Part[], pace: Pace): Promise<BenchResult> {
  const date = new Date().toISOString();
  const machine = thisMachine();
  const subjects = new Map<string, Subject>();
  const measures: Measure[] = [];
  const plots: Plot[] = [];
  const work = parts.flatMap((part) => part.groups.map((group) => ({ part, group, seconds: secondsOf(group, pace) })));
  const progress = startProgress(work.map(({ seconds }) => seconds));
  for (const { part, group } of work) {
    progress.begin(group.id);
    const seen = await runGroup(part.url, group, pace);
    measures.push(...measuresOf(group, seen));
    plots.push(...[plotOf(group, seen)].filter((plot) => plot !== undefined));
    for (const name of Object.keys(group.cases)) {
      subjects.set(name, { name, version: versionOf(part, name), notes: [] });
    }
  }
  progress.end();
  return { schema: 1, command, date, machine, subjects: [...subjects.values()], measures, plots };
}

function versionOf({ versions }: Part, name: string): string {
  const library = Object.keys(versions ?? {}).find((library) => name.startsWith(library));
  if (library !== undefined) return versions![library];
  return name.startsWith("Bellhop") ? bellhopVersion() : "";
}

const START_SECONDS = 0.4;

/** How long a group should take, to tell what is left. */
function secondsOf({ cases, sampleMs = 60, maxRounds = Infinity }: Group, pace: Pace): number {
  const times = Math.min(pace.launches, maxRounds);
  const sampleSeconds = sampleMs * pace.share * 1.3 / 1_000;
  const each = START_SECONDS + pace.warmMs / 1_000 + Math.min(pace.rounds, maxRounds) * sampleSeconds;
  return times * Object.keys(cases).length * each;
}
