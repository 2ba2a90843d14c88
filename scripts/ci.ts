/**
 * The `ci` task: runs every part, goes on after one that fails, and sums the result files.
 *
 *     deno task ci [name of a part …]
 *
 * The last line is `N passed, N failed`. Nothing may be skipped: an ignored test has failed.
 *
 * @module
 */
import { ciParts, type Part, type Step } from "./ci_parts.ts";
import { add, NOTHING, type StepResult, type Tally, tallyFile, writeSteps } from "./_junit.ts";
import { print } from "./_print.ts";
import { run } from "./_process.ts";

Deno.chdir(new URL("..", import.meta.url));
await Deno.remove("results", { recursive: true }).catch(() => {});
await Deno.mkdir("results");

const seed = Deno.env.get("FC_SEED") ?? String(crypto.getRandomValues(new Int32Array(1))[0]);
const readme = await Deno.readTextFile("README.md").catch(() => undefined);
const parts = ciParts(readme)
  .filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name));

for (const part of parts) await runPart(part);

const sum = await sumResults();
for (const title of sum.ignored) print(`failed (skipped) ${title}`);
for (const title of sum.failed) print(`failed ${title}`);
const failed = sum.failed.length + sum.ignored.length;
if (failed > 0) print(`replay the properties with FC_SEED=${seed}`);
print();
print(`${sum.passed} passed, ${failed} failed`);
Deno.exit(failed > 0 || sum.passed === 0 ? 1 : 0);

/** Writes one result file for what is no test: the steps, and the part's own time. */
async function runPart(part: Part): Promise<void> {
  print(`\n== ${part.name} (at most ${part.limitSeconds} s)`);
  const startedMs = performance.now();
  const spentSeconds = () => (performance.now() - startedMs) / 1_000;
  const steps: StepResult[] = [];
  for (const step of part.steps) {
    const leftSeconds = part.limitSeconds - spentSeconds();
    const failure = leftSeconds > 0 ? await runStep(step, leftSeconds) : "the part's time was used up before it";
    const result = { name: step.name, seconds: spentSeconds() };
    if (failure !== undefined) print(`-- ${step.name}: ${failure}`);
    if (failure !== undefined) steps.push({ ...result, failure });
    else if (step.results === undefined) steps.push(result);
  }
  print(`== ${part.name}: ${spentSeconds().toFixed(1)} s of ${part.limitSeconds} s`);
  const file = `results/${part.name.replaceAll(/\W+/g, "_")}.steps.xml`;
  await Deno.writeTextFile(file, writeSteps(part.name, steps));
}

/** Why the step failed, unless its result file says so itself. */
async function runStep(step: Step, limitSeconds: number): Promise<string | undefined> {
  const { code, overtime } = await run(step.command, limitSeconds, { ...step.env, FC_SEED: seed });
  if (overtime) return `stopped, for the part's time was up`;
  if (step.results === undefined) return code === 0 ? undefined : `ended with code ${code}`;
  const tally = await tallyFile(step.results);
  if (tally.passed + tally.failed.length + tally.ignored.length === 0) return `ran no test (code ${code})`;
  return code !== 0 && tally.failed.length === 0 ? `ended with code ${code} though no test failed` : undefined;
}

async function sumResults(): Promise<Tally> {
  let sum = NOTHING;
  for (const entry of Deno.readDirSync("results")) {
    if (entry.name.endsWith(".xml")) sum = add(sum, await tallyFile(`results/${entry.name}`));
  }
  return sum;
}
