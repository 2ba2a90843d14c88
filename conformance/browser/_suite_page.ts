/** The suite and the reference in a page: what `suite_browser_test.ts` bundles and calls. */
import { CHECKS, type Report, runChecks } from "../mod.ts";
import { bellhop } from "../subjects/bellhop.ts";

Object.assign(globalThis, {
  runSuite: (seed: number, runs: number): Promise<Report> => runChecks({ open: bellhop(), checks: CHECKS, seed, runs }),
});
