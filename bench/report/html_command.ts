/**
 * Results as one page: `deno task bench:html result.json... -o report.html`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { htmlReport } from "./html.ts";
import { readResult, ResultError } from "./read_result.ts";
import { printText } from "./text_lines.ts";

const USAGE = `usage: deno task bench:html result.json... [-o report.html]

Writes one page of plots, which needs nothing beside itself.`;

/** Writes the page. @returns the exit code: 0, or 2 if it could not */
export async function htmlCommand(args: readonly string[]): Promise<0 | 2> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        output: { type: "string", short: "o", default: "report.html" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help || positionals.length === 0) throw new Error(USAGE);
    const page = await htmlReport(await Promise.all(positionals.map(readResult)));
    await Deno.writeTextFile(values.output, page);
    printText(`${values.output}: ${Math.ceil(page.length / 1000)} kB`);
    return 0;
  } catch (error) {
    const text = error instanceof ResultError ? error.message : `${(error as Error).message}`;
    Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
    return 2;
  }
}

if (import.meta.main) Deno.exit(await htmlCommand(Deno.args));
