/**
 * Proves the suite in the other direction: the true implementation and each eccentric must pass every check, on every
 * seed.
 *
 *     deno run -A conformance/eccentrics/prove.ts [--seeds 50] [--runs 5] [--only pages-]
 *
 * Each subject has a thread of its own, two at a time. A check that draws nothing does the same on every seed, and is tried
 * on the first alone; how often it flakes is what `under_load.ts` tells.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { CHECKS } from "../checks/mod.ts";
import { isFailure } from "../mod.ts";
import { runChecks } from "../run.ts";
import { bellhop } from "../subjects/bellhop.ts";
import { ECCENTRICS } from "./mod.ts";

/** Subjects that are tried at once. */
const LANES = 2;
const TRUE = "(the true implementation)";
const SUBJECTS = [{ id: TRUE, open: bellhop() }, ...ECCENTRICS];

interface Task {
  readonly id: string;
  readonly seeds: number;
  readonly runs: number;
}

/** What a thread says at its end: a line for each check that did not pass. */
interface Told {
  readonly tried: number;
  readonly faults: readonly string[];
}

async function prove({ id, seeds, runs }: Task): Promise<Told> {
  const { open } = SUBJECTS.find((subject) => subject.id === id)!;
  const faults: string[] = [];
  let tried = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    // Whoever draws takes the effort, and with it the seed.
    const checks = seed === 1 ? CHECKS : CHECKS.filter(({ run }) => run.length > 1);
    const { results } = await runChecks({ open, checks, seed, runs });
    tried += results.filter(({ verdict }) => verdict === "pass").length;
    for (const { check, verdict, failure, reason } of results.filter(isFailure)) {
      faults.push(
        `${id}, seed ${seed}: ${verdict} ${check} ${failure?.requirement ?? ""} ${failure?.message ?? reason}`,
      );
    }
  }
  return { tried, faults };
}

function inThread(task: Task): Promise<Told> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    worker.once("message", (told: Told) => {
      resolve(told);
      worker.terminate();
    });
    worker.once("error", reject);
  });
}

if (!isMainThread) parentPort!.postMessage(await prove(workerData));
else if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "50" },
      runs: { type: "string", default: "5" },
      only: { type: "string", default: "" },
    },
  });
  const [seeds, runs] = [Number(values.seeds), Number(values.runs)];
  const waiting = SUBJECTS.map(({ id }) => id).filter((id) => id.startsWith(values.only));
  let faulty = 0;
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const { tried, faults } = await inThread({ id, seeds, runs });
      if (faults.length > 0 || tried === 0) faulty++;
      process.stdout.write(
        [`${id}: ${tried} passed on ${seeds} seeds, ${faults.length} failed`, ...faults, ""].join("\n"),
      );
    }
  }));
  process.exit(faulty === 0 ? 0 : 1);
}
