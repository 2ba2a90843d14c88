/**
 * What every bench takes on its command line for its result: `--json`, `--html` and `--compare`.
 *
 * The reports are loaded when they are asked for: the processes of the subjects load this file too, and are measured.
 *
 * @module
 */
import type { BenchResult } from "./report/result.ts";
import { writeResult } from "./write_result.ts";

/** For `parseArgs`. */
export const RESULT_OPTIONS = { json: { type: "string" }, html: { type: "string" } } as const;

/** Their lines of a help. */
export const RESULT_HELP = `  --json FILE         writes what was measured as well
  --html FILE         the same as a page of plots
  --compare OLD NEW   measures nothing: says what got worse beyond noise between two results that --json wrote, and
                      ends with 1 if anything did, with 2 if it cannot tell`;

/** The exit code of a comparison, if the arguments ask for one. */
export async function comparedIfAsked(args: readonly string[]): Promise<number | undefined> {
  const at = args.indexOf("--compare");
  if (at === -1) return undefined;
  const { compareCommand } = await import("./report/compare_command.ts");
  return await compareCommand(args.toSpliced(at, 1));
}

/** Writes a result to where it was asked for. */
export async function writeWhereAsked(
  result: BenchResult,
  { json, html }: { readonly json?: string | undefined; readonly html?: string | undefined },
): Promise<void> {
  if (json !== undefined) await writeResult(json, result);
  if (html === undefined) return;
  const { htmlReport } = await import("./report/html.ts");
  await Deno.writeTextFile(html, await htmlReport(result));
}

/** The arguments that choose what is measured: where a result is written to is nobody else's. */
export function measuringArgs(args: readonly string[]): string[] {
  const names = Object.keys(RESULT_OPTIONS).map((name) => `--${name}`);
  return args.filter((arg, i) => !names.includes(arg.split("=")[0]) && !names.includes(args[i - 1]));
}
