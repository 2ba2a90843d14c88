/**
 * Runs of one scenario as measures and plots of the bench's report.
 *
 * @module
 */
import { PRIORITIES } from "../../mod.ts";
import type { Measure, Plot, Unit } from "../report/result.ts";
import { spreadOf } from "../spread.ts";
import { type Measured, measured } from "./measures.ts";
import { type Run, WINDOW_MS } from "./run.ts";
import { capacityPerSecond } from "./scenario.ts";

/** The runs of one subject in one scenario, a seed each. */
export interface Series {
  readonly subject: string;
  readonly measured: readonly Measured[];
  /** Curves of the first seed. */
  readonly plots: { readonly load: Line; readonly unfinished: Line };
}

type Line = readonly (readonly [x: number, y: number])[];

interface Column {
  readonly key: string;
  readonly title: string;
  readonly unit: Unit;
  readonly better: "lower" | "higher";
  readonly of: (measured: Measured) => number | undefined;
}

const seconds = (ms: number | undefined) => ms === undefined ? undefined : ms / 1_000;
const percent = (share: number | undefined) => share === undefined ? undefined : 100 * share;

const COLUMNS: readonly Column[] = [
  { key: "done", title: "operations done", unit: "%", better: "higher", of: ({ done }) => percent(done) },
  ...PRIORITIES.map((priority): Column => ({
    key: `done-${priority.toLowerCase()}`,
    title: `${priority} operations done`,
    unit: "%",
    better: "higher",
    of: ({ doneOf }) => percent(doneOf[priority]),
  })),
  { key: "attempts", title: "attempts per operation", unit: "1", better: "lower", of: ({ attempts }) => attempts },
  { key: "wasted", title: "attempts wasted", unit: "%", better: "lower", of: ({ wasted }) => percent(wasted) },
  {
    key: "peak-before",
    title: "peak load before the recovery, to capacity",
    unit: "1",
    better: "lower",
    of: ({ peakBefore }) => peakBefore,
  },
  {
    key: "peak-after",
    title: "peak load on recovery, to capacity",
    unit: "1",
    better: "lower",
    of: ({ peakAfter }) => peakAfter,
  },
  {
    key: "drain-99",
    title: "time to drain 99 %",
    unit: "s",
    better: "lower",
    of: ({ drain99Ms }) => seconds(drain99Ms),
  },
  { key: "drain", title: "time to drain all", unit: "s", better: "lower", of: ({ drainMs }) => seconds(drainMs) },
  ...(["p50", "p99", "max"] as const).map((part): Column => ({
    key: `critical-${part}`,
    title: `latency of CRITICAL, ${part}`,
    unit: "s",
    better: "lower",
    of: ({ criticalMs }) => seconds(criticalMs?.[part]),
  })),
  ...PRIORITIES.map((priority): Column => ({
    key: `mean-${priority.toLowerCase()}`,
    title: `mean latency of ${priority}`,
    unit: "s",
    better: "lower",
    of: ({ meanMsOf }) => seconds(meanMsOf[priority]),
  })),
  {
    key: "jain-priorities",
    title: "fairness between priorities (Jain, of what was done)",
    unit: "1",
    better: "higher",
    of: ({ jainPriorities }) => jainPriorities,
  },
  {
    key: "jain-clients",
    title: "fairness between clients of one priority (Jain, the least)",
    unit: "1",
    better: "higher",
    of: ({ jainClients }) => jainClients,
  },
];

/** Runs one seed after the other, so that only one run is held at a time. */
export async function seriesOf(
  subject: string,
  seeds: readonly number[],
  run: (seed: number) => Run | Promise<Run>,
): Promise<Series> {
  const all: Measured[] = [];
  let plots: Series["plots"] | undefined;
  for (const seed of seeds) {
    const one = await run(seed);
    all.push(measured(one));
    plots ??= { load: loadLine(one), unfinished: unfinishedLine(one) };
  }
  if (plots === undefined) throw new RangeError("a series needs one seed at least");
  return { subject, measured: all, plots };
}

/** @param path stable: `outage/engines/silence/1000` */
export function measuresOf(path: string, title: string, series: readonly Series[]): Measure[] {
  return COLUMNS.flatMap(({ key, title: what, unit, better, of }) => {
    const group = `${path}/${key}`;
    return series.flatMap(({ subject, measured }): Measure[] => {
      const values = measured.map(of).filter((value) => value !== undefined);
      const measure = { id: `${group}/${subject}`, group, title: `${title}: ${what}`, subject, unit, better };
      if (values.length > 0) return [{ ...measure, value: spreadOf(values) }];
      return [{ ...measure, value: undefined, why: "nothing to measure: no such recovery, or none was done" }];
    });
  });
}

export function plotsOf(path: string, title: string, series: readonly Series[]): Plot[] {
  const x = { title: "virtual time", unit: "s", scale: "linear" } as const;
  const lines = (of: "load" | "unfinished") =>
    series.map(({ subject, plots }) => ({ name: subject, points: plots[of] }));
  return [
    {
      id: `${path}/load`,
      title: `${title}: load over time`,
      x,
      y: { title: "requests, to capacity", unit: "1", scale: "linear" },
      lines: lines("load"),
    },
    {
      id: `${path}/unfinished`,
      title: `${title}: drain curve`,
      x,
      y: { title: "operations under way, per client", unit: "1", scale: "linear" },
      lines: lines("unfinished"),
    },
  ];
}

function loadLine({ scenario, windows: { arrived } }: Run): Line {
  const limit = capacityPerSecond(scenario) * WINDOW_MS / 1_000;
  return arrived.map((load, window) => [window * WINDOW_MS / 1_000, rounded(load / limit)]);
}

function unfinishedLine({ scenario: { clients }, windows: { begun, ended } }: Run): Line {
  let left = 0;
  return Array.from({ length: Math.max(begun.length, ended.length) }, (_, window) => {
    left += (begun[window] ?? 0) - (ended[window] ?? 0);
    return [(window + 1) * WINDOW_MS / 1_000, rounded(left / clients)];
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
