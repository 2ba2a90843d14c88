/**
 * Lets vitest run the tests of `src/core`, which are Deno's: Stryker has no runner for Deno.
 *
 * One seed, so that a mutant's fate can be repeated; the longest properties shortened, as every mutant runs them.
 *
 * @module
 */
import fc from "fast-check";
import { readFileSync } from "node:fs";

declare const test: (title: string, run: () => unknown) => void;

/** Runs one property a second time at twice the length, for what it has seen. */
const LEFT_OUT = "the sequences of one seed take every transition, so that none goes untested";

const ENVIRONMENT: Readonly<Record<string, string>> = { BELLHOP_SHORT: "1", RUNS: "60" };

fc.configureGlobal({ seed: 20_260_101, defaultSizeToMaxWhenMaxSpecified: true });

Object.assign(globalThis, {
  Deno: {
    test: (title: string, run: () => unknown) => {
      if (title !== LEFT_OUT) test(title, run);
    },
    env: { get: (name: string) => ENVIRONMENT[name] },
    readTextFileSync: (path: string | URL) => readFileSync(path, "utf8"),
  },
});
