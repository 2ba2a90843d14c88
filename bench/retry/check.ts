/**
 * What an engine expresses, whether that is true, and where its waits differ from the specification's.
 *
 * @module
 */
import type { RetryEngine } from "./engine.ts";
import { adapterUrl } from "./engines.ts";
import { type Claim, triedClaims } from "./expresses.ts";
import { type SpecWaits, specWaits } from "./spec_waits.ts";

/** All that one check found; plain data. */
export interface Checked {
  readonly name: string;
  readonly version: string;
  readonly claims: readonly Claim[];
  readonly waits: SpecWaits;
}

/** A check takes a second; a machine that is busy must not make an engine look endless. */
const LIMIT_MS = 30_000;

/** Checks an engine in this thread, which it may hold up for ever. */
export async function checkedHere(engine: RetryEngine): Promise<Checked> {
  const { name, version } = engine;
  return { name, version, claims: await triedClaims(engine), waits: await specWaits(engine) };
}

/**
 * The same in a thread that is watched: an engine may loop for ever, in a promise or without one.
 *
 * @throws {Error} with what to do, if the engine cannot be loaded or does not come to an end
 */
export async function checked(specifier: string, limitMs: number = LIMIT_MS): Promise<Checked> {
  const url = adapterUrl(specifier);
  const worker = new Worker(new URL("_check_worker.ts", import.meta.url), { type: "module" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => data.error === undefined ? resolve(data) : reject(new Error(data.error));
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`${specifier} broke the check: ${event.message}`));
      };
      timer = setTimeout(
        () => reject(new Error(`${specifier} was not done after ${limitMs} ms: does its run() loop without an end?`)),
        limitMs,
      );
      worker.postMessage({ specifier, url });
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

/** Whether all that the engine says of itself was seen. That its waits differ is no fault of it. */
export function isTrue({ claims }: Checked): boolean {
  return claims.every(({ said, seen }) => said === seen);
}

/** For a terminal. */
export function checkText({ name, version, claims, waits }: Checked): string {
  const lines = [`${name} ${version}`.trimEnd(), "", "expresses              says  seen"];
  for (const { what, said, seen, how } of claims) {
    const verdict = said === seen ? "" : said ? "NOT TRUE: " : "says less than it does: ";
    lines.push(`  ${what.padEnd(21)}${yes(said)}${yes(seen)}${verdict}${how}`);
  }
  const all = waits.alike + waits.different.length + [...waits.left.values()].reduce((sum, count) => sum + count, 0);
  lines.push(
    "",
    `waits beside docs/spec/retry.md, ${all} rows: ${waits.alike} alike, ${waits.different.length} differ`,
  );
  for (const { id, title, wanted, seen } of waits.different) lines.push(`  ${id} ${title}: ${seen}; spec: ${wanted}`);
  for (const [reason, count] of waits.left) lines.push(`  ${count} not tried: ${reason}`);
  return lines.join("\n");
}

function yes(value: boolean): string {
  return (value ? "yes" : "no").padEnd(6);
}
