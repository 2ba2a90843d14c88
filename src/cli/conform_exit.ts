import type { CheckResult, Report } from "../../conformance/mod.ts";
import { EXIT } from "./exit_code.ts";

/**
 * How a run ends: what is broken weighs most, the suite's own fault more than a baseline that is out of date.
 *
 * @param isFailure whether a result counts
 */
export function conformExit({ results, stale = [] }: Report, isFailure: (result: CheckResult) => boolean): number {
  const failed = results.filter(isFailure);
  if (failed.some(({ broken }) => broken !== "suite")) return EXIT.failed;
  if (failed.length > 0) return EXIT.suite;
  return stale.length > 0 ? EXIT.baseline : EXIT.done;
}
