// deno-lint-ignore-file no-console
/** Interleaves cases over rounds, so that a slow minute hurts all alike, and compares their medians. */
import { measure } from "npm:mitata@1.0.34";

/** One case: nanoseconds per operation (median of the rounds, and their spread), as a ratio to the first case. */
export type Row = { name: string; ns: number; lowNs: number; highNs: number; ratio: number };

/** @param options `per`: operations in one call of a case; `cpuMs`: time for each case in each round */
export async function interleave(
  title: string,
  cases: Record<string, () => unknown>,
  { rounds = 7, cpuMs = 60, per = 1 }: { rounds?: number; cpuMs?: number; per?: number } = {},
): Promise<Row[]> {
  const all = Object.keys(cases).map((name) => ({ name, seen: [] as number[] }));
  for (let i = 0; i < rounds * all.length; i++) {
    const { name, seen } = all[(i + Math.floor(i / all.length)) % all.length]; // each round begins with another case
    seen.push((await measure(cases[name], { min_cpu_time: cpuMs * 1e6, warmup_samples: 2 })).p50 / per);
  }
  const rows = all.map(({ name, seen: [...seen] }) => {
    const [ns, lowNs, highNs] = [seen.sort((a, b) => a - b)[seen.length >> 1], seen[0], seen.at(-1)!];
    return { name, ns, lowNs, highNs, ratio: ns / all[0].seen.toSorted((a, b) => a - b)[seen.length >> 1] };
  });
  if (Deno.args.includes("--json")) console.log(JSON.stringify({ title, rows }));
  else console.log(`\n${title}`), console.table(rows.map(rounded));
  return rows;
}

function rounded(row: Row): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, key === "name" ? value : +(+value).toFixed(2)]),
  );
}
