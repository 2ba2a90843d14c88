/**
 * docs/benchmarks.md: made of docs/bench.json and docs/benchmarks.notes.md, and of nothing else.
 *
 * @module
 */
import { docsPage, notesOf } from "./docs_page.ts";
import { FULL_RUN, whyPartial } from "./full_run.ts";
import { readResult } from "./report/read_result.ts";
import type { BenchResult } from "./report/result.ts";

export const BENCH_JSON = "docs/bench.json";
const NOTES = "docs/benchmarks.notes.md";
const PAGE = "docs/benchmarks.md";

/** Makes the page of a result. */
export async function writePage(result: BenchResult): Promise<void> {
  await Deno.writeTextFile(PAGE, await pageOf(result));
}

/** The command that renews the page, if it is another than the committed result makes. */
export async function renewal(): Promise<string | undefined> {
  const result = await readResult(BENCH_JSON);
  if (await Deno.readTextFile(PAGE) === await pageOf(result)) return undefined;
  return `${FULL_RUN} --docs --from ${BENCH_JSON}${whyPartial(result).length > 0 ? " --partial" : ""}`;
}

async function pageOf(result: BenchResult): Promise<string> {
  return await formatted(docsPage(result, notesOf(await Deno.readTextFile(NOTES))));
}

/** As `deno fmt` would write it. */
async function formatted(markdown: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  if (code !== 0) throw new Error(`the page cannot be formatted: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
