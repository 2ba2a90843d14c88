/**
 * docs/benchmarks.md: made of docs/bench.json and docs/benchmarks.notes.md, and of nothing else.
 *
 * @module
 */
import { docsPage, notesOf } from "./docs_page.ts";
import { readResult } from "./report/read_result.ts";
import type { BenchResult } from "./report/result.ts";

export const BENCH_JSON = "docs/bench.json";
const NOTES = "docs/benchmarks.notes.md";
const PAGE = "docs/benchmarks.md";

/** Makes the page of a result. */
export async function writePage(result: BenchResult): Promise<void> {
  await Deno.writeTextFile(PAGE, await pageOf(result));
}

/** Whether the page is another than the committed result makes. */
export async function isPageStale(): Promise<boolean> {
  return await Deno.readTextFile(PAGE) !== await pageOf(await readResult(BENCH_JSON));
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
