import { missingTexts } from "./report/missing_text.ts";
import type { BenchResult } from "./report/result.ts";

/** The command that measures everything, and stands in the result of such a run alone. */
export const FULL_RUN = "deno task bench";

/** What a result has less than that of a full run, a sentence each. */
export function whyPartial({ command, missing = [] }: Pick<BenchResult, "command" | "missing">): string[] {
  const made = command === FULL_RUN ? [] : [`it was made by \`${command}\`, and a full run is \`${FULL_RUN}\``];
  return [...made, ...missingTexts({ missing })];
}
