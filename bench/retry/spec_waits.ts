/**
 * An engine's waits beside the worked rows of the specification (RET-028), which stand in `conformance/vectors/`.
 *
 * @module
 */
import type { Policy, RetryEngine } from "./engine.ts";
import { observe } from "./observe.ts";

/** How the rows came out. */
export interface SpecWaits {
  readonly alike: number;
  readonly different: readonly Difference[];
  /** Rows that were not tried, by reason. */
  readonly left: ReadonlyMap<string, number>;
}

export interface Difference {
  readonly id: string;
  /** What the row says: `retry 5, none, 100 x 1.5 to 10000`. */
  readonly title: string;
  readonly wanted: string;
  readonly seen: string;
}

/** To get to a retry, all before it are made. */
const MAX_RETRY = 2_000;
const ROWS = new URL("../../conformance/vectors/delay.json", import.meta.url);

/** Makes the wait of every row that the engine can express, in virtual time. */
export async function specWaits(engine: RetryEngine): Promise<SpecWaits> {
  const { vectors } = JSON.parse(await Deno.readTextFile(ROWS)) as { readonly vectors: readonly Row[] };
  const different: Difference[] = [];
  const left = new Map<string, number>();
  let alike = 0;
  for (const row of vectors) {
    const reason = whyLeft(row, engine);
    if (reason !== undefined) {
      left.set(reason, (left.get(reason) ?? 0) + 1);
      continue;
    }
    const seen = await seenOf(row, engine);
    const wanted = told(row.expect.waitMs, row.expect.draws);
    if (seen === wanted) alike++;
    else different.push({ id: row.id, title: row.title, wanted, seen });
  }
  return { alike, different, left };
}

interface Row {
  readonly id: string;
  readonly title: string;
  readonly input: Pick<Policy, "baseMs" | "factor" | "capMs" | "jitter"> & {
    readonly retry: number;
    readonly u: number | null;
    readonly askedMs: number | null;
  };
  readonly expect: { readonly waitMs: number; readonly draws: number };
}

function whyLeft({ input: { retry, jitter, askedMs } }: Row, { supports }: RetryEngine): string | undefined {
  if (retry > MAX_RETRY) return `beyond retry ${MAX_RETRY}, for all before it would be made`;
  if (!supports.jitters.includes(jitter)) return `jitter ${jitter} is not expressed`;
  if (askedMs !== null && !supports.retryAfter) return "a wait that the error asks for is not expressed";
  if (retry === 1 && !supports.firstAtOnce) return "a first retry at once is not expressed";
}

async function seenOf({ input: { retry, u, askedMs, ...growth } }: Row, engine: RetryEngine): Promise<string> {
  const { firstAtOnce } = engine.supports;
  // Who cannot make the first retry at once makes the row's wait one retry earlier.
  const failures = firstAtOnce ? retry : retry - 1;
  const { waitsMs, draws, end, reason } = await observe(engine, { ...growth, retries: failures, firstAtOnce }, {
    failures,
    u: u ?? 0.5,
    askedMs: (attempt) => attempt === failures ? askedMs ?? undefined : undefined,
  });
  if (waitsMs.length >= failures) return told(waitsMs.at(-1)!, draws.at(-1)!);
  return `${end} after ${waitsMs.length} retries${
    end === "rejected" ? `: ${(reason as Error)?.message ?? reason}` : ""
  }`;
}

function told(waitMs: number, draws: number): string {
  return `${Math.round(waitMs * 1_000) / 1_000} ms, ${draws} drawn`;
}
