// deno-lint-ignore-file no-console
/**
 * The group commit of the Durable Object store in workerd, beside what its SQLite does raw. Run:
 * `deno run -A bench/store_durable_object.ts`
 *
 * 50 publishers at once in one object, each with a record of 600 bytes; against one transaction of 50 inserts, and 50
 * inserts each with its own `sync()`. Timed from outside, for within an object time stands still between I/O.
 */
import { bundled, workerd } from "../testing/workers/workerd.ts";

const ROUNDS = 9;
const TURNS = { single: 4, batch: 80, store: 80 } as const;
const PUBLISHERS = 50;

const folder = await Deno.makeTempDir({ prefix: "bellhop-" });
const worker = await workerd(await bundled("testing/workers/store_bench_worker.ts"), {
  objects: { BENCH: "Bench" },
  folder,
});
const rates = new Map<string, number[]>(Object.keys(TURNS).map((way) => [way, []]));
for (let round = -1; round < ROUNDS; round++) {
  for (const [way, turns] of Object.entries(TURNS)) {
    const beganMs = performance.now();
    await (await fetch(`${worker.url}?way=${way}&turns=${turns}`)).text();
    const perSecond = PUBLISHERS * turns / (performance.now() - beganMs) * 1_000;
    if (round >= 0) rates.get(way)!.push(perSecond);
  }
}
const median = (way: string): number => rates.get(way)!.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)];
for (const [way, all] of rates) {
  const [low, high] = [Math.min(...all), Math.max(...all)].map((rate) => Math.round(rate).toLocaleString("en"));
  console.log(`${way.padEnd(7)} ${Math.round(median(way)).toLocaleString("en").padStart(8)}/s  (${low} to ${high})`);
}
console.log(
  `store / batch: ${(median("store") / median("batch")).toFixed(2)}; store / single: ${
    (median("store") / median("single")).toFixed(1)
  }`,
);
await worker[Symbol.asyncDispose]();
await Deno.remove(folder, { recursive: true });
