/**
 * Full runs of the suite on the true implementation, one after another with another seed each, while every core is
 * kept busy by as many threads as there are cores: no verdict may change.
 *
 *     deno run -A conformance/eccentrics/under_load.ts [--rounds 100] [--runs 10]
 *
 * @module
 */
import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { CHECKS } from "../checks/mod.ts";
import { runChecks } from "../run.ts";
import { bellhop } from "../subjects/bellhop.ts";

const BUSY = "for (;;) Math.random();";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "100" }, runs: { type: "string", default: "10" } },
});
const [rounds, runs] = [Number(values.rounds), Number(values.runs)];
const burners = Array.from(
  { length: availableParallelism() },
  () => new Worker(new URL(`data:text/javascript,${encodeURIComponent(BUSY)}`)),
);
const first = new Map<string, string>();
let [changes, days] = [0, 0];
const beganMs = performance.now();
for (let round = 1; round <= rounds; round++) {
  const { results, simulatedMs } = await runChecks({ open: bellhop(), checks: CHECKS, seed: round, runs });
  days += simulatedMs / 86_400_000;
  for (const { check, verdict, failure, reason } of results) {
    const expected = first.get(check) ?? (verdict === "not-applicable" ? verdict : "pass");
    first.set(check, expected);
    if (verdict === expected) continue;
    changes++;
    process.stdout.write(`round ${round}: ${verdict} ${check}: ${failure?.message ?? reason}\n`);
  }
  if (round % 10 === 0) process.stdout.write(`${round} of ${rounds}: ${changes} verdicts changed\n`);
}
const seconds = (performance.now() - beganMs) / 1_000;
await Promise.all(burners.map((burner) => burner.terminate()));
process.stdout.write(
  `${rounds} full runs of ${first.size} checks beside ${burners.length} busy threads: ${changes} verdicts changed; ` +
    `${days.toFixed(0)} simulated days in ${seconds.toFixed(0)} s\n`,
);
process.exit(changes === 0 ? 0 : 1);
