/**
 * What the rounds gave, as measures with ratios and goals.
 *
 * @module
 */
import type { Goal, Measure, Unit } from "../../report/result.ts";
import { ratioOf, spreadOf } from "../../spread.ts";
import { CASES } from "./cases.ts";
import type { EngineCost } from "./rounds.ts";
import { type Runtime, TITLES } from "./runtimes.ts";

const OURS = "bellhop";

/** The goals of Bellhop's engine against the floor, by case. */
const FLOOR_GOALS: Readonly<Record<string, Goal>> = { success: { of: "ratio", op: "<=", limit: 1 } };
/** Against the best of its peers. */
const PEER_GOALS: readonly (readonly [name: RegExp, goal: Goal])[] = [
  [/^success$/, { of: "ratio", op: "<", limit: 1 }],
  [/^retry$/, { of: "ratio", op: "<=", limit: 0.5 }],
  [/^heap-/, { of: "ratio", op: "<=", limit: 0.5 }],
];

/** One quantity of all engines on one runtime. */
interface Quantity {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly values: readonly (readonly number[] | string)[];
}

/** Measures of one runtime. @param costs the first of them is the floor's */
export function costMeasures(runtime: Runtime, costs: readonly EngineCost[], counts: readonly number[]): Measure[] {
  return quantitiesOf(costs, counts).flatMap((quantity) => [
    ...rowsOf(quantity, runtime, costs),
    ...againstPeers(quantity, runtime, costs),
  ]);
}

function quantitiesOf(costs: readonly EngineCost[], counts: readonly number[]): Quantity[] {
  const waiting = (read: (cost: Exclude<EngineCost["waiting"], string>[number]) => number) =>
    costs.map((cost) => typeof cost.waiting === "string" ? cost.waiting : cost.waiting.map(read));
  return [
    ...CASES.map(({ name, title }): Quantity => ({
      name,
      title,
      unit: "ns",
      values: costs.map(({ times }) => times.get(name)!),
    })),
    ...counts.flatMap((calls, i): Quantity[] => {
      const many = calls.toLocaleString("en");
      return [
        {
          name: `heap-${calls}`,
          title: `Heap of one of ${many} waiting retries`,
          unit: "B",
          values: waiting(({ bytes }) => bytes[i].heap),
        },
        // Of few calls it is the pages of the allocator that are seen.
        ...(calls < 100_000 ? [] : [{
          name: `resident-${calls}`,
          title: `Resident memory of one of ${many} waiting retries`,
          unit: "B" as const,
          values: waiting(({ bytes }) => bytes[i].resident),
        }]),
      ];
    }),
    {
      name: "timers-waiting",
      title: `Timers set by one of ${counts[0].toLocaleString("en")} waiting retries`,
      unit: "1",
      values: waiting(({ timersWaiting }) => timersWaiting),
    },
    {
      name: "timers-at-once",
      title: "Timers set by a retry without a wait",
      unit: "1",
      values: waiting(({ timersAtOnce }) => timersAtOnce),
    },
  ];
}

function rowsOf({ name, title, unit, values }: Quantity, runtime: Runtime, costs: readonly EngineCost[]): Measure[] {
  const floor = values[0];
  return costs.map(({ hello }, i) => {
    const seen = values[i];
    const base = {
      id: `retry/cost/${name}/${runtime.name}/${hello.name}`,
      group: `retry/cost/${name}/${runtime.name}`,
      title: `${title}, on ${TITLES[runtime.name]}`,
      subject: hello.name,
      unit,
      better: "lower" as const,
    };
    if (typeof seen === "string") return { ...base, value: undefined, why: seen };
    const goal = hello.name === OURS ? FLOOR_GOALS[name] : undefined;
    return {
      ...base,
      value: spreadOf(seen),
      // What has no floor to speak of, such as no timers, has no ratio.
      ...(typeof floor === "string" || floor.some((value) => value <= 0) || i === 0
        ? {}
        : { ratio: ratioOf(seen, floor, costs[0].hello.name) }),
      ...(goal === undefined ? {} : { goal }),
    };
  });
}

/** Bellhop beside the best of all the others but the floor, in a group of its own. */
function againstPeers(
  { name, title, unit, values }: Quantity,
  runtime: Runtime,
  costs: readonly EngineCost[],
): Measure[] {
  const goal = PEER_GOALS.find(([pattern]) => pattern.test(name))?.[1];
  const ours = values[costs.findIndex(({ hello }) => hello.name === OURS)];
  let best: { readonly name: string; readonly seen: readonly number[]; readonly median: number } | undefined;
  for (const [i, { hello }] of costs.entries()) {
    const seen = values[i];
    if (i === 0 || hello.name === OURS || typeof seen === "string") continue;
    const { median } = spreadOf(seen);
    if (best === undefined || median < best.median) best = { name: hello.name, seen, median };
  }
  if (goal === undefined || ours === undefined || typeof ours === "string" || best === undefined) return [];
  const group = `retry/cost/${name}-beside-best-peer/${runtime.name}`;
  return [{
    id: `${group}/${OURS}`,
    group,
    title: `${title}, beside the best peer, on ${TITLES[runtime.name]}`,
    subject: OURS,
    value: spreadOf(ours),
    unit,
    better: "lower",
    ratio: ratioOf(ours, best.seen, best.name),
    goal,
  }];
}
