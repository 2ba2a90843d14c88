/**
 * What takes too long for CI is run by `deno task long <part>` and leaves a row in `docs/evidence.json`.
 *
 *     deno run -A scripts/evidence.ts
 *
 * Exit code 1 if a page names a part that never passed.
 *
 * @module
 */
import { LONG_PARTS } from "./long_parts.ts";
import { print } from "./_print.ts";
import { filesBelow } from "./_testing.ts";

export const EVIDENCE_FILE = "docs/evidence.json";

/** One run of one part. */
export interface Evidence {
  readonly part: string;
  /** What was checked out; a final `+` means that files had been changed since. */
  readonly commit: string;
  /** RFC 3339, UTC. */
  readonly date: string;
  readonly command: string;
  readonly seconds: number;
  readonly result: "passed" | "failed";
}

/** One line per fault: a malformed row, or a part that a page names and no row shows to have passed. */
export function evidenceFaults(
  pages: ReadonlyMap<string, string>,
  rows: readonly Evidence[],
  parts: readonly string[],
): string[] {
  const faults: string[] = [];
  rows.forEach((row, i) => {
    const malformed = malformedField(row, parts);
    if (malformed !== undefined) faults.push(`${EVIDENCE_FILE}: row ${i}: ${malformed}`);
  });
  for (const [page, text] of pages) {
    for (const [, part] of text.matchAll(/`deno task long ([\w-]+)`/g)) {
      if (!parts.includes(part)) faults.push(`${page}: no part is named ${part}`);
      else if (!rows.some((row) => row.part === part && row.result === "passed")) {
        faults.push(`${page}: ${part} has no row in ${EVIDENCE_FILE}; run deno task long ${part}`);
      }
    }
  }
  return faults;
}

export async function readEvidence(): Promise<Evidence[]> {
  return JSON.parse(await Deno.readTextFile(EVIDENCE_FILE));
}

function malformedField(row: Evidence, parts: readonly string[]): string | undefined {
  if (!parts.includes(row.part)) return `no part is named ${row.part}`;
  if (!/^[0-9a-f]{7,40}\+?$/.test(row.commit)) return `commit is ${row.commit}`;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(row.date)) return `date is ${row.date}`;
  if (typeof row.command !== "string" || row.command === "") return "command is missing";
  if (!(row.seconds >= 0)) return `seconds is ${row.seconds}`;
  if (row.result !== "passed" && row.result !== "failed") return `result is ${row.result}`;
  return undefined;
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  const pages = new Map<string, string>();
  for (const path of filesBelow("", (path) => path.endsWith(".md"))) pages.set(path, await Deno.readTextFile(path));
  const faults = evidenceFaults(pages, await readEvidence(), LONG_PARTS.map(({ name }) => name));
  for (const fault of faults) print(fault);
  if (faults.length === 0) print(`evidence: every long part that a page names has passed`);
  Deno.exit(faults.length > 0 ? 1 : 0);
}
