import { printable } from "./printable.ts";
import type { BenchResult } from "./result.ts";

/** What was asked for and was not measured, a sentence each. */
export function missingTexts({ missing = [] }: Pick<BenchResult, "missing">): string[] {
  return missing.map(({ what, why }) => printable(`${what} was not measured: ${why}`));
}
