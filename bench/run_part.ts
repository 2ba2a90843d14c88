/**
 * Runs bench files and makes one result of them: `deno run -A bench/system/envelope.ts --help`.
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
import { printText } from "./report/text_lines.ts";
import { comparedIfAsked, RESULT_HELP, RESULT_OPTIONS, writeWhereAsked } from "./result_options.ts";
import { runGroup } from "./run_group.ts";

const HELP = `  --quick             less of all, to see that it works
  --only TEXT         groups with this in their id
${RESULT_HELP}`;

/** Runs these parts as a program, by the arguments of the process; ends it with 2 if they are wrong. */
export async function runParts(command: string, parts: readonly Part[]): Promise<void> {
  try {
    Deno.exitCode = await ran(command, parts, Deno.args);
  } catch (error) {
    Deno.stderr.writeSync(new TextEncoder().encode(`${(error as Error).message}\n`));
    Deno.exitCode = 2;
  }
}

async function ran(command: string, parts: readonly Part[], args: readonly string[]): Promise<number> {
  const compared = await comparedIfAsked(args);
  if (compared !== undefined) return compared;
  const { values: { help, quick, only, ...files } } = parseArgs({
    args: [...args],
    options: { help: { type: "boolean" }, quick: { type: "boolean" }, only: { type: "string" }, ...RESULT_OPTIONS },
  });
  if (help) {
    printText(`${command}\n\n${HELP}`);
    return 0;
  }
  const chosen = parts.map((part) => ({ ...part, groups: part.groups.filter(({ id }) => id.includes(only ?? "")) }));
  if (chosen.every(({ groups }) => groups.length === 0)) {
    const ids = parts.flatMap(({ groups }) => groups.map(({ id }) => id)).join(", ");
    throw new Error(`--only ${only}: no group has this in its id. There are ${ids}`);
  }
  const said = [quick && "--quick", only !== undefined && `--only ${only}`].filter(Boolean);
  const result = await resultOf([command, ...said].join(" "), chosen, quick ? QUICK : FULL);
  printResult(result);
  await writeWhereAsked(result, files);
  return 0;
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
