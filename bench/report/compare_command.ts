/**
 * What got worse between two results: `deno task bench:compare old.json new.json`, and `--compare` of each bench.
 *
 * @module
 */
import { compareResults } from "./compare.ts";
import { comparisonText } from "./comparison_text.ts";
import { readResult, ResultError } from "./read_result.ts";
import { printText, textOptions } from "./text_lines.ts";

const USAGE = `usage: deno task bench:compare old.json new.json

Says what got worse or better beyond noise. Exits with 1 if something got worse, 2 if it cannot compare.`;

/**
 * Prints the comparison.
 *
 * @param paths the old and the new file
 * @returns the exit code: 0 nothing got worse, 1 something did or lost its value, 2 it could not be compared
 */
export async function compareCommand(paths: readonly string[]): Promise<0 | 1 | 2> {
  if (paths.length !== 2 || paths.some((path) => path.startsWith("-"))) {
    complain(USAGE);
    return 2;
  }
  try {
    const [before, after] = await Promise.all(paths.map(readResult));
    const comparison = compareResults(before, after);
    printText(comparisonText(comparison, textOptions()));
    return comparison.worse.length + comparison.lost.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ResultError)) throw error;
    complain(error.message);
    return 2;
  }
}

function complain(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) Deno.exit(await compareCommand(Deno.args));
