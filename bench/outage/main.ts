/**
 * The outage simulator: what a policy and an engine do to a server in trouble. Run: `deno task bench:outage --help`
 *
 * @module
 */
import { PRIORITIES, PRIORITY_POLICIES } from "../../mod.ts";
import { thisMachine } from "../report/machine.ts";
import { notesOf } from "../report/notes.ts";
import type { BenchResult, Measure, Plot, Subject } from "../report/result.ts";
import { printResult } from "../report/terminal.ts";
import { comparedIfAsked, measuringArgs, writeWhereAsked } from "../result_options.ts";
import { EngineError } from "../retry/engine_error.ts";
import { loadedEngine } from "../retry/engines.ts";
import type { RetryEngine } from "../retry/engine.ts";
import { contentionResult } from "./contention_result.ts";
import { runEngine } from "./engine_run.ts";
import { expressed, wantedPolicy } from "./expressible.ts";
import { exponentOf, grown, growthMeasures, growthPlot } from "./growth.ts";
import { HELP, type Options, optionsOf, UsageError } from "./options.ts";
import { measuresOf, plotsOf, type Series, seriesOf } from "./outage_result.ts";
import { POLICIES } from "./policies.ts";
import { runPolicies } from "./policy_run.ts";
import type { Run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { plotTable, wideTable } from "./wide_table.ts";

interface Parts {
  readonly subjects: Subject[];
  readonly measures: Measure[];
  readonly plots: Plot[];
}

const PARTS = { outages, brooker, growth };

/** An engine that runs the policies which it can express. */
interface Plugged {
  readonly engine: RetryEngine;
  /** With what is known of it up to now. */
  subject(): Subject;
  run(scenario: Scenario, seed: number): Promise<Run>;
}

/** No engine is tried with a size that it would sit on for longer. */
const ENGINE_SECONDS = 240;
const BROOKER_TRIALS = { full: 100, quick: 20 };

if (Deno.args.some((arg) => arg === "--help" || arg === "-h")) say(HELP);
else await main();

async function main(): Promise<void> {
  try {
    const compared = await comparedIfAsked(Deno.args);
    if (compared !== undefined) {
      Deno.exitCode = compared;
      return;
    }
    const options = optionsOf(Deno.args);
    const head = { schema: 1, command: command(), date: new Date().toISOString(), machine: thisMachine() } as const;
    const engines = await Promise.all(options.engines.map(plugged));
    const parts: Parts[] = [];
    for (const part of options.parts) parts.push(await PARTS[part](options, engines));
    const bySubject = Map.groupBy(parts.flatMap(({ subjects }) => subjects), ({ name }) => name);
    const result: BenchResult = {
      ...head,
      subjects: [...bySubject.values()].map(([subject]) => subject),
      measures: parts.flatMap(({ measures }) => measures),
      plots: parts.flatMap(({ plots }) => plots),
    };
    if (options.full) printResult(result);
    else {for (const { subjects, text } of notesOf(result.subjects)) {
        say(`${subjects.map(({ name }) => name).join(", ")}: ${text}`);
      }}
    await writeWhereAsked(result, options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    tell(`bench:outage: ${error.message}`);
    Deno.exitCode = 2;
  }
}

async function outages(options: Options, engines: readonly Plugged[]): Promise<Parts> {
  const print = !options.full;
  const measures: Measure[] = [];
  const plots: Plot[] = [];
  const policies = POLICIES.filter(({ name }) => options.policies.includes(name));
  for (const scenario of options.scenarios) {
    const heading = `${scenario.name}, ${scenario.clients.toLocaleString("en")} clients`;
    if (print) say(`\n${heading}: ${scenario.about}`);
    const report = (kind: string, title: string, series: readonly Series[]) => {
      if (series.length === 0) return;
      const path = `outage/${kind}/${scenario.name}/${scenario.clients}`;
      measures.push(...measuresOf(path, title, series));
      plots.push(...plotsOf(path, title, series));
      if (print) say(`\n${wideTable(series)}`);
    };
    const byEngine: Series[] = [];
    for (const { engine: { name }, run } of engines) {
      progress(`${heading}: ${name}`);
      byEngine.push(await seriesOf(name, options.seeds, (seed) => run(scenario, seed)));
    }
    progress();
    report("engines", `${heading}, by engine`, byEngine);
    const byPolicy: Series[] = [];
    for (const { name, policies: those } of policies) {
      progress(`${heading}: ${name}`);
      byPolicy.push(await seriesOf(`policy: ${name}`, options.seeds, (seed) => runPolicies(scenario, those, seed)));
    }
    progress();
    report("policies", `${heading}, by policy`, byPolicy);
  }
  const subjects = [
    ...engines.map(({ subject }) => subject()),
    ...policies.map(({ name, about }) => ({ name: `policy: ${name}`, version: "", notes: [`${about}.`] })),
  ];
  return { subjects, measures, plots };
}

function brooker({ seeds, quick, full }: Options): Parts {
  const parts = contentionResult(seeds[0], quick ? BROOKER_TRIALS.quick : BROOKER_TRIALS.full);
  if (!full) { for (const { title, lines, x } of parts.plots) say(`\n${title}\n${plotTable(x.title, lines)}`); }
  return parts;
}

async function growth(options: Options, all: readonly Plugged[]): Promise<Parts> {
  const { scenarios, maxClients, seeds: [seed], parts } = options;
  // Among other parts the engines were asked for the outages.
  const engines = parts.length === 1 ? all : [];
  if (!options.full) say();
  const sized = (clients: number): Scenario => ({ ...scenarios[0], clients });
  const fast = "bellhop's arithmetic";
  const subjects = [
    {
      name: fast,
      subject: (): Subject => ({
        name: fast,
        version: "",
        notes: ["the policy as plain functions over columns, without an engine."],
      }),
      run: (clients: number) => runPolicies(sized(clients), PRIORITY_POLICIES, seed),
      maxSeconds: Infinity,
    },
    ...engines.map(({ engine: { name }, subject, run }) => ({
      name,
      subject,
      run: (clients: number) => run(sized(clients), seed),
      maxSeconds: ENGINE_SECONDS,
    })),
  ];
  const measures: Measure[] = [];
  const lines: Parameters<typeof growthPlot>[0][number][] = [];
  for (const { name, run, maxSeconds } of subjects) {
    const { sizes, stopped } = await grown(
      { name, run, maxSeconds },
      maxClients,
      ({ clients, seconds, cpuSeconds }) => {
        const [took, cpu] = [seconds, cpuSeconds].map((value) => `${value.toPrecision(3)} s`);
        if (!options.full) say(`${name}: ${clients.toLocaleString("en")} clients in ${took}, ${cpu} of the processor`);
      },
    );
    const exponent = exponentOf(sizes)?.toFixed(2);
    if (!options.full && exponent !== undefined) say(`${name}: grows with the power ${exponent} of the clients`);
    if (!options.full && stopped !== undefined) say(`${name}: ${stopped}`);
    measures.push(...growthMeasures(name, sizes, stopped));
    lines.push({ name, sizes });
  }
  const byGroup = [...Map.groupBy(measures, ({ group }) => group).values()].flat();
  return { subjects: subjects.map(({ subject }) => subject()), measures: byGroup, plots: [growthPlot(lines)] };
}

async function plugged(specifier: string): Promise<Plugged> {
  let engine: RetryEngine;
  try {
    engine = await loadedEngine(specifier);
  } catch (error) {
    if (error instanceof EngineError) throw new UsageError(`--engine ${error.message}`);
    throw error;
  }
  const all = PRIORITIES.map((priority) => expressed(wantedPolicy(PRIORITY_POLICIES[priority]), engine));
  const notes = [
    ...(engine.supports.clock ? [] : ["takes no clock: ran under faked timers."]),
    ...(engine.supports.random ? [] : ["takes no random numbers: ran with a seeded Math.random."]),
    ...all.flatMap(({ notes }) => notes),
  ];
  const policies = Object.fromEntries(
    PRIORITIES.map((priority, rank) => [priority, all[rank].policy]),
  ) as unknown as Parameters<typeof runEngine>[2];
  const { name, version } = engine;
  const thrown: unknown[] = [];
  let times = 0;
  return {
    engine,
    subject: () => ({ name, version, notes: [...new Set(notes), ...thrown.map((error) => thrownText(error, times))] }),
    run: (scenario, seed) =>
      runEngine(scenario, engine, policies, seed, (error) => {
        if (times++ === 0) thrown.push(error);
      }),
  };
}

function thrownText(error: unknown, times: number): string {
  const said = error instanceof Error ? error.message : String(error);
  return `threw ${times.toLocaleString("en")} times where it should reject, each an operation given up; first: ${said}`;
}

function command(): string {
  return [
    "deno task bench:outage",
    ...measuringArgs(Deno.args).map((arg) => /[^\w.,:/=-]/.test(arg) ? JSON.stringify(arg) : arg),
  ]
    .join(" ");
}

function say(text = ""): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}

function tell(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** What goes on, on a terminal alone; nothing wipes it away. */
function progress(text = ""): void {
  if (Deno.stderr.isTerminal()) Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
}
