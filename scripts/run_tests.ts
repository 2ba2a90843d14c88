/**
 * The `test` task: every test, crash, fuzz and demo tests at short effort; needs only Node and npm.
 *
 * `deno task test [files or folders]` runs a subset, `--coverage` measures what of `src/` it runs: that costs a third
 * more. FC_SEED replays the property tests of an earlier run.
 *
 * The file is not named test.ts, for `deno test` would take that for a test and run it for ever.
 *
 * @module
 */
import { BROWSER_TEST, CONFORM_TEST, PACKAGE_TEST, RUNTIME_TEST } from "./ci_parts.ts";
import { tallyFile } from "./_junit.ts";
import { print } from "./_print.ts";
import { run } from "./_process.ts";
import { filesBelow, testArguments } from "./_testing.ts";

const LIMIT_SECONDS = 175;
const RESULTS = "results/test.xml";
const COVERAGE = "coverage";

Deno.chdir(new URL("..", import.meta.url));
await Deno.mkdir("results", { recursive: true });
await Deno.remove(RESULTS).catch(() => {});

const seed = Deno.env.get("FC_SEED") ?? String(crypto.getRandomValues(new Int32Array(1))[0]);
const deno = Deno.execPath();
const wanted = Deno.args.filter((argument) => argument !== "--coverage");
const covered = wanted.length < Deno.args.length;
const coverageFlags = covered ? [`--coverage=${COVERAGE}`, "--coverage-raw-data-only", "--clean"] : [];
// Types are judged by `deno task lint` and CI: in a fresh clone they would take half a minute of the three.
// Starting an isolate for each file costs more than most of them run: two at a time halves the whole.
const [first, ...others] = testArguments(
  RESULTS,
  wanted.length > 0 ? wanted : filesBelow("", (path) => path.endsWith("_test.ts") && whyLeft(path) === undefined),
);
const ending = await run([deno, first, "--no-check", "--parallel", ...coverageFlags, ...others], LIMIT_SECONDS, {
  BELLHOP_SHORT: "1",
  DENO_JOBS: "2",
  FC_SEED: seed,
});
const results = await tallyFile(RESULTS);
const failed = [...results.failed];
if (ending.overtime) failed.push(`the run was stopped after ${LIMIT_SECONDS} s`);
else if (ending.code !== 0 && failed.length === 0) failed.push(`deno test ended with code ${ending.code}`);
else if (results.passed === 0 && failed.length === 0) failed.push("no test ran");

if (covered) await printCoverage();
for (const title of results.ignored) print(`skipped ${title}`);
for (const file of wanted.length > 0 ? [] : filesBelow("", (path) => whyLeft(path) !== undefined)) {
  print(`skipped ${file}: it ${whyLeft(file)}, in \`deno task ci\``);
}
for (const title of failed) print(`failed ${title}`);
if (failed.length > 0) print(`replay the properties with FC_SEED=${seed}`);
const skipped = results.ignored.length > 0 ? `, ${results.ignored.length} skipped` : "";
print(`${results.passed} passed, ${failed.length} failed${skipped}`);
Deno.exit(failed.length > 0 ? 1 : 0);

/** Why a test is left to CI. */
function whyLeft(path: string): string | undefined {
  if (RUNTIME_TEST.test(path)) return "tries Node 22 and Bun, which npm installs";
  if (PACKAGE_TEST.test(path)) return "installs the package and other runtimes from npm";
  if (BROWSER_TEST.test(path)) return "needs Chromium, which apt installs";
  if (CONFORM_TEST.test(path)) return "proves the conformance suite for a minute and more";
  return undefined;
}

/** The total only: `deno coverage coverage` prints every file. */
async function printCoverage(): Promise<void> {
  const { success, stdout } = await new Deno.Command(deno, {
    args: ["coverage", COVERAGE, "--include=/src/", "--exclude=_test\\.ts"],
    env: { NO_COLOR: "1" },
    stderr: "null",
  }).output();
  if (!success) return;
  const rows = new TextDecoder().decode(stdout).split("\n").filter((line) => /^\| (File|All files)/.test(line));
  print("\ncoverage of src/ in percent (`deno coverage coverage` shows every file)");
  for (const row of rows) print(row);
}
