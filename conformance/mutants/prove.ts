/**
 * Proves the suite in one direction: each mutant must be found by the check that it is named for, for its reason, on
 * every seed; the same file without a fault must pass the same checks.
 *
 *     deno run -A conformance/mutants/prove.ts [--seeds 5] [--runs 20] [--only retry-]
 *
 * A crash, a timeout and another requirement are no kill.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { CHECKS } from "../checks/mod.ts";
import { type CheckResult, runChecks } from "../run.ts";
import { buildReference, endBuilds } from "./build.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { workerSubject } from "./worker_subject.ts";

/** Real milliseconds that one command of a mutant may take. */
const COMMAND_TIMEOUT_MS = 10_000;
/** Mutants that are tried at once. */
const LANES = 2;

/** What came of one mutant. */
export interface Proof {
  readonly mutant: string;
  readonly killed: boolean;
  /** How it was found, or why it was not. */
  readonly detail: string;
}

/** Tries one mutant on every seed. */
export async function proveMutant(mutant: Mutant, seeds: readonly number[], runs: number): Promise<Proof> {
  const check = CHECKS.find(({ id }) => id === mutant.check);
  if (check === undefined) return { mutant: mutant.id, killed: false, detail: `there is no check ${mutant.check}` };
  const code = await buildReference(mutant);
  for (const seed of seeds) {
    const result = await tryOn(code, mutant.check, seed, runs);
    const why = unkilled(result, mutant);
    if (why !== undefined) return { mutant: mutant.id, killed: false, detail: `seed ${seed}: ${why}` };
  }
  return { mutant: mutant.id, killed: true, detail: `${mutant.check} by ${mutant.requirement}` };
}

/** What one check says of a reference that was built. */
export async function tryOn(code: string, id: string, seed: number, runs: number): Promise<CheckResult> {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    const { results } = await runChecks({
      open: workerSubject(url),
      checks: CHECKS.filter((check) => check.id === id),
      seed,
      runs,
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
    });
    return results[0];
  } finally {
    URL.revokeObjectURL(url);
  }
}

function unkilled({ verdict, failure, reason }: CheckResult, { requirement }: Mutant): string | undefined {
  if (verdict === "fail" || verdict === "warn") {
    if (failure?.requirement === requirement) return undefined;
    return `found, but for ${failure?.requirement} instead of ${requirement}: ${failure?.message}`;
  }
  return `${verdict}${reason === undefined ? "" : `: ${reason}`}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      seeds: { type: "string", default: "5" },
      runs: { type: "string", default: "20" },
      only: { type: "string", default: "" },
    },
  });
  const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
  const mutants = MUTANTS.filter(({ id }) => id.startsWith(values.only));
  const proofs: Proof[] = [];
  // The named checks must pass where nothing is wrong, or a kill would say nothing.
  const sound = await buildReference();
  for (const id of new Set(mutants.map(({ check }) => check))) {
    const { verdict, failure } = await tryOn(sound, id, seeds[0], Number(values.runs));
    if (verdict !== "pass") proofs.push({ mutant: `(none) ${id}`, killed: false, detail: failure?.message ?? verdict });
  }
  const waiting = [...mutants];
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      proofs.push(
        await proveMutant(mutant, seeds, Number(values.runs)).catch((error) => ({
          mutant: mutant!.id,
          killed: false,
          detail: String(error),
        })),
      );
    }
  }));
  await endBuilds();
  for (const { mutant, detail } of proofs.filter(({ killed }) => !killed)) print(`survived ${mutant}: ${detail}`);
  const killed = proofs.filter((proof) => proof.killed).length;
  print(`${killed} of ${mutants.length} mutants killed on ${seeds.length} seeds each`);
  Deno.exit(killed === mutants.length && proofs.length === mutants.length ? 0 : 1);
}
