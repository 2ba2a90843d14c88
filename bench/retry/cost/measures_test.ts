import { assert, assertEquals } from "@std/assert";
import { loadedEngine } from "../engines.ts";
import { CASES } from "./cases.ts";
import { costMeasures } from "./measures.ts";
import type { EngineCost } from "./rounds.ts";

const NODE = { name: "node", path: "", version: "22.0.0" } as const;

async function cost(
  engine: string,
  ns: number,
  heap: number | string,
  cancel: number[] | string = [ns],
): Promise<EngineCost> {
  const { name, version, supports } = await loadedEngine(engine);
  const times = new Map<string, number[] | string>(CASES.map((one) => [one.name, [ns, 2 * ns]]));
  times.set("cancel", cancel);
  const waiting = typeof heap === "string"
    ? heap
    : [{ bytes: [{ calls: 1_000, heap, resident: heap }], timersWaiting: 1, timersAtOnce: 0 }];
  return { hello: { name, version, supports }, times, waiting };
}

Deno.test("costMeasures() gives ratios to the floor, goals, and Bellhop beside its best peer", async () => {
  const costs = [
    await cost("floor", 100, 800),
    await cost("bellhop", 90, 300),
    await cost("p-retry", 400, 900),
    await cost("cockatiel", 200, 700),
  ];
  const measures = costMeasures(NODE, costs, [1_000]);
  const of = (id: string) => measures.find((measure) => measure.id === id)!;
  assertEquals(new Set(measures.map(({ id }) => id)).size, measures.length);
  const success = of("retry/cost/success/node/bellhop");
  assertEquals([success.title, success.group], ["Success at once, on Node", "retry/cost/success/node"]);
  assertEquals([success.ratio?.median, success.ratio?.to], [0.9, "floor"]);
  assertEquals(success.goal, { of: "ratio", op: "<=", limit: 1 });
  assertEquals(of("retry/cost/success/node/p-retry").goal, undefined);
  const beside = of("retry/cost/retry-beside-best-peer/node/bellhop");
  assertEquals([beside.ratio?.to, beside.ratio?.median], ["cockatiel", 0.45]);
  assertEquals(beside.goal, { of: "ratio", op: "<=", limit: 0.5 });
  assertEquals(of("retry/cost/heap-1000-beside-best-peer/node/bellhop").ratio?.median, 300 / 700);
  // No timers at all are no floor to divide by.
  assertEquals(of("retry/cost/timers-at-once/node/bellhop").ratio, undefined);
});

Deno.test("costMeasures() shows what an engine cannot do as a row with the reason", async () => {
  const why = "an abort does not end its wait";
  const measures = costMeasures(NODE, [await cost("floor", 1, 1), await cost("cockatiel", 1, "out of memory", why)], [
    1_000,
  ]);
  const rows = measures.filter(({ subject }) => subject === "cockatiel");
  assertEquals(rows.length, CASES.length + 3);
  assertEquals(rows.find(({ id }) => id.includes("/cancel/"))?.why, why);
  for (const row of rows.filter(({ id }) => /heap|timers/.test(id))) {
    assertEquals([row.value, row.why], [undefined, "out of memory"]);
  }
  assert(rows.every((row) => row.value !== undefined || row.why !== undefined));
});
