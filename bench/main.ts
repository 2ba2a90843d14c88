/**
 * All benches, and the page of what they found.
 *
 *     deno task bench --help
 *
 * @module
 */
import { parseArgs } from "node:util";
import { withoutLongCurves } from "./docs_page.ts";
import { BENCH_JSON, renewal, writePage } from "./docs.ts";
import { FULL_RUN, whyPartial } from "./full_run.ts";
import { mergeResults } from "./merge_results.ts";
import { timeText } from "./progress.ts";
import { thisMachine } from "./report/machine.ts";
import { readResult } from "./report/read_result.ts";
import type { BenchResult, Missing } from "./report/result.ts";
import { printResult } from "./report/terminal.ts";
import { printText } from "./report/text_lines.ts";
import { RUNTIMES, runtimesFound } from "./retry/cost/runtimes.ts";
import { comparedIfAsked, RESULT_HELP, RESULT_OPTIONS, writeWhereAsked } from "./result_options.ts";
import { type Suite, SUITES, suitesOf } from "./suites.ts";
import { writeResult } from "./write_result.ts";

const HELP = `All benches, one after the other: ${SUITES.map(({ name }) => name).join(", ")}.

  --quick             less of each
  --only NAME         one of them; a part of one by its beginning: system/growth
${RESULT_HELP}
  --from FILE         takes a result that there is instead of measuring
  --docs              writes docs/bench.json, and makes docs/benchmarks.md of it
  --partial           with --docs: also of less than a full run, or where a runtime is not there
  --check             with --docs: only says whether the page is what docs/bench.json makes
`;

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    say((error as Error).message);
    Deno.exit(2);
  }
}

async function main(args: readonly string[]): Promise<number> {
  const compared = await comparedIfAsked(args);
  if (compared !== undefined) return compared;
  const { values: asked } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean" },
      quick: { type: "boolean" },
      only: { type: "string" },
      ...RESULT_OPTIONS,
      docs: { type: "boolean" },
      from: { type: "string" },
      check: { type: "boolean" },
      partial: { type: "boolean" },
    },
  });
  const { quick, only, docs, from, check, partial } = asked;
  if (asked.help) {
    printText(HELP.trimEnd());
    return 0;
  }
  if ((check || partial) && !docs) throw new Error(`--${check ? "check" : "partial"} belongs to --docs`);
  if (docs && (quick || only !== undefined)) throw new Error("--docs writes down a full run: leave --quick and --only");
  if (check) {
    const command = await renewal();
    if (command !== undefined) say(`docs/benchmarks.md is not what docs/bench.json makes: ${command}`);
    return command === undefined ? 0 : 1;
  }
  if (docs && !partial && from === undefined) {
    // Now, and not after twenty minutes.
    refusePartial({ command: FULL_RUN, missing: (await runtimesFound(RUNTIMES)).missing });
  }
  const { result, failed } = from === undefined
    ? await measured(suitesOf(only), commandOf(asked), quick ?? false)
    : { result: await readResult(from), failed: [] };
  if (!docs) printResult(result);
  await writeWhereAsked(result, asked);
  if (failed.length > 0) {
    say(`failed: ${failed.join(", ")}${docs ? ". The page is left as it is" : ""}`);
    return 1;
  }
  if (docs) {
    if (!partial) refusePartial(result);
    await writeResult(BENCH_JSON, withoutLongCurves(result));
    await writePage(await readResult(BENCH_JSON));
  }
  return 0;
}

/** @throws {Error} naming all that is less than a full run, and what to do */
function refusePartial(run: Pick<BenchResult, "command" | "missing">): void {
  const reasons = whyPartial(run);
  if (reasons.length === 0) return;
  throw new Error(`--docs writes down a full run: ${reasons.join("; ")}. Mend that, or say --partial too`);
}

async function measured(suites: readonly (Suite & { only?: string })[], command: string, quick: boolean) {
  const date = new Date().toISOString();
  const machine = thisMachine();
  const results: BenchResult[] = [];
  const failed: string[] = [];
  const missing: Missing[] = [];
  const beganMs = performance.now();
  for (const [at, suite] of suites.entries()) {
    const left = suites.slice(at).reduce((sum, { seconds }) => sum + seconds, 0) * (quick ? 0.25 : 1);
    say(`== ${suite.name}, ${at + 1} of ${suites.length}; about ${timeText(left)} left`);
    if (!await exists(suite.file)) {
      missing.push({ what: suite.name, why: `there is no ${suite.file}` });
      say(`${suite.name} is left out: there is no ${suite.file}`);
      continue;
    }
    const result = await runSuite(suite, quick);
    if (result === undefined) {
      failed.push(suite.name);
      missing.push({ what: suite.name, why: "its bench failed; run it alone to see how" });
    } else results.push(result);
  }
  say(`== all done in ${timeText((performance.now() - beganMs) / 1_000)}`);
  return { result: mergeResults(results, { command, date, machine, missing }), failed };
}

/** The command that measures the same again; where it wrote to is nobody's business. */
function commandOf({ quick, only }: { readonly quick?: boolean; readonly only?: string }): string {
  return [FULL_RUN, ...(quick ? ["--quick"] : []), ...(only === undefined ? [] : [`--only ${only}`])].join(
    " ",
  );
}

/** `undefined` if it ended badly or wrote no result; it has said why. */
async function runSuite({ name, file, only }: Suite & { only?: string }, quick: boolean) {
  const path = await Deno.makeTempFile({ prefix: `bellhop-${name}-`, suffix: ".json" });
  const args = ["run", "-A", "--v8-flags=--expose-gc", file, "--json", path];
  if (quick) args.push("--quick");
  if (only !== undefined) args.push("--only", only);
  try {
    const { code } = await new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "null" }).spawn().status;
    if (code !== 0) throw new Error(`${file} ended with code ${code}`);
    return await readResult(path);
  } catch (error) {
    say((error as Error).message);
  } finally {
    await Deno.remove(path);
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}
