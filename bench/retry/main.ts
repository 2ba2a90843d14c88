/**
 * The bench of retry engines: what each costs, beside a bare loop and its peers.
 *
 *     deno task bench:retry --help
 *
 * @module
 */
import { parseArgs } from "node:util";
import { thisMachine } from "../report/machine.ts";
import { missingTexts } from "../report/missing_text.ts";
import type { BenchResult, Subject } from "../report/result.ts";
import { printResult } from "../report/terminal.ts";
import { comparedIfAsked, RESULT_HELP, RESULT_OPTIONS, writeWhereAsked } from "../result_options.ts";
import { checked, checkText, isTrue } from "./check.ts";
import { costMeasures } from "./cost/measures.ts";
import { type Effort, type EngineCost, engineCosts } from "./cost/rounds.ts";
import { programs, type RuntimeName, RUNTIMES, runtimesFound } from "./cost/runtimes.ts";
import { adapterUrl, ENGINES, loadedEngine } from "./engines.ts";
import { notesOf } from "./expresses.ts";
import { writeAdapter } from "./init.ts";

const FULL: Effort = { rounds: 9, ms: 100, waiting: [1_000, 100_000, 1_000_000], waitingRounds: 1 };
const QUICK: Effort = { rounds: 3, ms: 20, waiting: [1_000, 10_000], waitingRounds: 1 };

const MAX_ROUNDS = 1_000;
const MAX_MS = 10_000;

const HELP = `The bench of retry engines.

  --init mine.ts      writes an adapter to begin with
  --check mine.ts     says what it expresses, and where its waits differ from the specification's
  --engine mine.ts    measures it beside the floor and bellhop; also npm:p-retry, or twice and more
                      without one: ${ENGINES.join(", ")}
  --quick             under 30 s, on Deno alone
  --rounds 30         rounds of the measuring, ${FULL.rounds} by default, ${QUICK.rounds} if quick: more where much else runs
  --ms 50             for each engine and case in each round, ${FULL.ms} by default, ${QUICK.ms} if quick
  --runtime node      ${RUNTIMES.join(", ")}; twice and more; all that are there by default
${RESULT_HELP}
`;

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    Deno.exit(2);
  }
}

async function main(args: readonly string[]): Promise<number> {
  const compared = await comparedIfAsked(args);
  if (compared !== undefined) return compared;
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean" },
      init: { type: "string" },
      check: { type: "string" },
      engine: { type: "string", multiple: true },
      quick: { type: "boolean" },
      rounds: { type: "string" },
      ms: { type: "string" },
      runtime: { type: "string", multiple: true },
      ...RESULT_OPTIONS,
    },
  });
  if (values.help) return print(HELP);
  if (values.init !== undefined) {
    await writeAdapter(values.init);
    return print(`${values.init}: now \`deno task bench:retry --check ${values.init}\``);
  }
  if (values.check !== undefined) {
    const found = await checked(values.check);
    print(checkText(found));
    return isTrue(found) ? 0 : 1;
  }
  const preset = values.quick ? QUICK : FULL;
  const effort = {
    ...preset,
    rounds: whole("rounds", values.rounds, MAX_ROUNDS) ?? preset.rounds,
    ms: whole("ms", values.ms, MAX_MS) ?? preset.ms,
  };
  const engines = values.engine === undefined ? ENGINES : ["floor", "bellhop", ...values.engine];
  const result = await measured(
    [...new Set(engines)],
    await runtimesOf(values.runtime ?? (values.quick ? ["deno"] : RUNTIMES)),
    effort,
    commandOf(values),
  );
  printResult(result);
  await writeWhereAsked(result, values);
  return 0;
}

async function measured(
  engines: readonly string[],
  { found, missing }: Awaited<ReturnType<typeof runtimesFound>>,
  effort: Effort,
  command: string,
): Promise<BenchResult> {
  const date = new Date().toISOString();
  const machine = thisMachine(Object.fromEntries(found.map(({ name, version }) => [name, version])));
  const adapters = engines.map(adapterUrl);
  const subjects: Subject[] = [];
  for (const engine of engines) {
    const { name, version, supports } = await loadedEngine(engine);
    if (subjects.some((one) => one.name === name)) throw new Error(`--engine ${engine}: there is a ${name} already`);
    subjects.push({ name, version, notes: notesOf({ supports }) });
  }
  await using made = await programs();
  const measures = [];
  for (const runtime of found) {
    const costs: EngineCost[] = await engineCosts(runtime, adapters, made, effort, printError);
    measures.push(...costMeasures(runtime, costs, effort.waiting));
  }
  return { schema: 1, command, date, machine, subjects, measures, plots: [], missing };
}

/** What measures the same again: where a result was written to is nobody else's. */
function commandOf(
  { engine = [], quick, rounds, ms, runtime = [] }: {
    readonly engine?: readonly string[];
    readonly quick?: boolean;
    readonly rounds?: string;
    readonly ms?: string;
    readonly runtime?: readonly string[];
  },
): string {
  return [
    "deno task bench:retry",
    ...engine.map((name) => `--engine ${name}`),
    ...quick ? ["--quick"] : [],
    ...rounds === undefined ? [] : [`--rounds ${rounds}`],
    ...ms === undefined ? [] : [`--ms ${ms}`],
    ...runtime.map((name) => `--runtime ${name}`),
  ].join(" ");
}

async function runtimesOf(names: readonly string[]): ReturnType<typeof runtimesFound> {
  const unknown = names.find((name) => !RUNTIMES.includes(name as RuntimeName));
  if (unknown !== undefined) throw new Error(`--runtime ${unknown}: there are ${RUNTIMES.join(", ")}`);
  const runtimes = await runtimesFound([...new Set(names)] as RuntimeName[]);
  // Now, and not after minutes.
  missingTexts(runtimes).forEach(printError);
  if (runtimes.found.length === 0) throw new Error("none of the runtimes asked for is there");
  return runtimes;
}

function whole(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`--${option} ${text}: give a whole number from 1 to ${most}`);
}

function print(text: string): 0 {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  return 0;
}

/** Progress and faults, beside the result. */
function printError(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
