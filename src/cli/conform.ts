/**
 * `bellhop conform`: tries an implementation of the protocol, in whatever language. The suite is loaded when it is
 * called, so that no other command waits for it.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import process from "node:process";
import type { Report, Subject } from "../../conformance/mod.ts";
import { atMost, type Given, text, whole } from "./arguments.ts";
import { paintFor } from "./colour.ts";
import type { Command } from "./command.ts";
import { applyKnown, BASELINE_OPTIONS, readKnown, writeKnown } from "./conform_baseline.ts";
import { conformExit } from "./conform_exit.ts";
import { listRequirements } from "./conform_list.ts";
import { tellNext } from "./conform_next.ts";
import { type Plug, PLUG_OPTIONS, plugOf } from "./conform_plug.ts";
import { REPORT_OPTIONS, reportFiles, writeReports } from "./conform_reports.ts";
import { SELECTION_OPTIONS, selectionOf } from "./conform_selection.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { isWatched, print, tell } from "./output.ts";
import { untilStopped } from "./stop_signal.ts";

/** How often a property is tried, and how often with `--quick`. */
const RUNS = 100;
const QUICK_RUNS = 10;
const MAX_RUNS = 10_000;
const MAX_SEED = 2_147_483_647;

export const CONFORM: Command = {
  name: "conform",
  summary: "try an implementation of the protocol against its specification",
  about:
    `Runs the conformance suite on an implementation: a program that speaks JSON Lines on its standard input and output,
a gateway over HTTP, or Bellhop itself. Exit codes: 0 passed, 1 something is broken, 2 usage, 6 only the baseline is out
of date, 7 the program would not start, 8 the suite itself is at fault.`,
  usage: "--stdio COMMAND | --http URL | --http-command COMMAND | --subject bellhop | --list",
  options: {
    ...PLUG_OPTIONS,
    ...SELECTION_OPTIONS,
    quick: { help: `try each property ${QUICK_RUNS} times instead of ${RUNS}` },
    runs: { value: "N", help: `try each property N times, 1 to ${MAX_RUNS}` },
    seed: { value: "N", help: "draw what this seed gives, for a replay (default one that is made up)" },
    path: { value: "PATH", help: "go on where a property failed, for a replay" },
    list: { help: "list the requirements, and how many checks are about each, instead of running" },
    next: { help: "say what to do next: the first requirement that is broken, with an exchange" },
    ...REPORT_OPTIONS,
    ...BASELINE_OPTIONS,
  },
  examples: [
    "bellhop conform --stdio 'python3 adapter.py'",
    "bellhop conform --stdio 'python3 adapter.py' --next",
    "bellhop conform --http-command 'go run ./gateway' --html report.html --junit report.xml",
    "bellhop conform --list --only RET-",
    "bellhop conform --subject bellhop --profile core --quick",
  ],
  run,
};

async function run({ values, positionals }: Given): Promise<number> {
  atMost(positionals, 0, "no argument");
  const suite = await import("../../conformance/mod.ts");
  const selection = selectionOf(values);
  if (values.list === true) return listRequirements(suite, selection, values);
  const plug = await plugOf(values);
  const checks = suite.selectChecks(suite.CHECKS, selection);
  if (checks.length === 0) throw new Stop(EXIT.usage, "no check is about that; --list shows what there is");
  const files = reportFiles(values);
  const known = await readKnown(suite, values);
  const seed = whole(values, "seed", randomInt(MAX_SEED), -MAX_SEED - 1, MAX_SEED);
  const runs = whole(values, "runs", values.quick === true ? QUICK_RUNS : RUNS, 1, MAX_RUNS);
  const path = text(values, "path", "");
  if (!/^[\d:]*$/.test(path)) {
    throw new Stop(EXIT.usage, `--path: wanted numbers and colons, got ${JSON.stringify(path)}`);
  }

  const progress = isWatched() ? process.stderr : undefined;
  const results: Report["results"][number][] = [];
  const ran = await stoppable(plug, (open) =>
    suite.runChecks({
      open,
      checks,
      seed,
      runs,
      plug: plug.said,
      ...(path === "" ? {} : { path }),
      told: (result) => {
        results.push(result);
        progress?.write(`\r\u001b[2K${suite.progressText(results, checks.length, progress.columns ?? 80)}`);
      },
    })).catch((error: unknown): never => {
      throw error instanceof suite.SubjectBroken ? new Stop(EXIT.subject, error.message) : error;
    }).finally(() => progress?.write("\r\u001b[2K"));
  const report = applyKnown(suite, ran, known);

  const say = files.text === "stdout" ? print : tell;
  if (values.next === true) await tellNext(suite, report, checks, say);
  else for (const line of suite.terminalReport(report, suite.SPECIFICATION.requirements, paintFor())) say(line);
  await writeReports(suite, report, files);
  if (await writeKnown(suite, ran, known, values)) return EXIT.done;
  return conformExit(report, suite.isFailure);
}

/** Ends every subject when the command is told to stop: a program that was started would go on without it. */
async function stoppable<T>(plug: Plug, work: (open: Plug["open"]) => Promise<T>): Promise<T> {
  // What is being opened is a program already.
  const opened = new Set<Promise<Subject>>();
  const stopped = untilStopped().then(async (signal): Promise<never> => {
    await Promise.allSettled([...opened].map(async (opening) => (await opening).close()));
    throw new Stop(EXIT.interrupted, `stopped by ${signal}`);
  });
  const working = work(async () => {
    const opening = plug.open();
    opened.add(opening);
    const subject = await opening;
    return {
      send: (seq, command) => subject.send(seq, command),
      close() {
        opened.delete(opening);
        return subject.close();
      },
    };
  });
  // What the work says of its subject's end is no news any more.
  working.catch(() => {});
  return await Promise.race([working, stopped]);
}
