/**
 * Lets vitest run the tests of `src/core`, which are Deno's: Stryker has no runner for Deno.
 *
 * One seed, so that a mutant's fate can be repeated; the longest properties shortened, as every mutant runs them.
 *
 * @module
 */
import fc from "fast-check";
import { readFileSync } from "node:fs";
import process from "node:process";

declare const test: (title: string, run: () => unknown) => void;

/** One runs a property a second time at twice the length, for what it has seen; the others judge time alone. */
const LEFT_OUT = [
  "the sequences of one seed take every transition, so that none goes untested",
  "validate() ends on a megabyte made to be slow, in every field",
  "parse() ends on bodies made to be slow",
];

const ENVIRONMENT: Readonly<Record<string, string | undefined>> = { BELLHOP_SHORT: "1", RUNS: process.env.RUNS };

fc.configureGlobal({ seed: 20_260_101, defaultSizeToMaxWhenMaxSpecified: true });

Object.assign(globalThis, {
  Deno: {
    test: (title: string, run: () => unknown) => {
      if (!LEFT_OUT.includes(title)) test(title, run);
    },
    env: { get: (name: string) => ENVIRONMENT[name] },
    readTextFileSync: (path: string | URL) => readFileSync(path, "utf8"),
  },
});
