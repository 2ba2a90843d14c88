/**
 * A checker of Stryker that lets a share of the mutants pass: SHARE, from 0 to 1, by a hash of where a mutant stands
 * and what it changes. Which ones those are is the same in every run, and stays so for code that stays as it is.
 *
 * @module
 */
import process from "node:process";

interface Mutant {
  readonly id: string;
  readonly fileName: string;
  readonly replacement: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

type Verdict = { readonly status: "passed" } | { readonly status: "compileError"; readonly reason: string };

const SEED = 0x811c_9dc5;

function check(mutants: readonly Mutant[]): Promise<Record<string, Verdict>> {
  const share = Number(process.env.SHARE ?? 1);
  return Promise.resolve(Object.fromEntries(mutants.map((mutant) => [mutant.id, verdictOf(mutant, share)])));
}

function verdictOf({ fileName, replacement, location: { start } }: Mutant, share: number): Verdict {
  const path = fileName.slice(fileName.lastIndexOf("/src/core/"));
  const drawn = hash(`${path}:${start.line}:${start.column}:${replacement}`) / 0x1_0000_0000 < share;
  return drawn ? { status: "passed" } : { status: "compileError", reason: "not in the sample" };
}

/** FNV-1a, its bits spread as in MurmurHash3. */
function hash(text: string): number {
  let mixed = SEED;
  for (let at = 0; at < text.length; at++) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x0100_0193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

export const strykerPlugins = [
  { kind: "Checker", name: "sample", factory: () => ({ init: () => Promise.resolve(), check }) },
];
