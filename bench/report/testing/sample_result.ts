/**
 * A result as a bench might write it, made up and the same each time: what the reports are tried with. Eight subjects,
 * goals of each fate, values that are missing, and every kind of plot.
 *
 *     deno run -A bench/report/testing/sample_result.ts > sample.json
 *
 * @module
 */
import { seededRandom } from "@bellhop/bellhop/testing";
import type { BenchResult, Goal, Measure, Plot, Spread, Subject, Unit } from "../result.ts";

/** @param seed chooses the noise; the same seed, the same result */
export function sampleResult(seed = 1): BenchResult {
  const random = seededRandom(seed);
  return {
    schema: 1,
    command: "deno task bench:retry",
    date: "2026-11-30T08:00:00.000Z",
    machine: {
      cpu: "Example CPU 3000",
      cores: 2,
      memoryBytes: 8_320_000_000,
      os: "linux x86_64",
      runtimes: { deno: "2.9.6", node: "22.23.3", bun: "1.4.5" },
      load: 0.4,
    },
    subjects: SUBJECTS,
    measures: GROUPS.flatMap((group) => measuresOf(group, random)),
    plots: [loadOverTime(random), drain(random), growth(random)],
  };
}

interface SampleGroup {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** Medians by subject; a text says why there is none. */
  readonly medians: Readonly<Record<string, number | string>>;
  /** What Bellhop is meant to reach. */
  readonly goal?: Goal;
}

const FLOOR = "bare loop";

const SUBJECTS: readonly Subject[] = [
  { name: FLOOR, version: "", notes: [] },
  { name: "bellhop", version: "0.1.0", notes: [] },
  { name: "cockatiel", version: "4.0.0", notes: ["Takes no clock: where time is virtual it runs under faked timers."] },
  { name: "p-retry", version: "9.0.0", notes: ["Takes no clock: where time is virtual it runs under faked timers."] },
  {
    name: "async-retry",
    version: "1.3.3",
    notes: ["Takes no clock: where time is virtual it runs under faked timers.", "Takes no signal: a wait goes on."],
  },
  { name: "exponential-backoff", version: "3.1.2", notes: ["Ends no wait when it is aborted."] },
  { name: "ts-retry-promise", version: "0.8.1", notes: [] },
  { name: "effect", version: "3.19.0", notes: [] },
  ...["none", "equal", "full", "decorrelated"].map((name) => ({ name, version: "", notes: [] })),
];

const GROUPS: readonly SampleGroup[] = [
  {
    id: "retry/cost/success/deno",
    title: "Success at once, on Deno",
    unit: "ns",
    goal: { of: "ratio", op: "<=", limit: 1 },
    medians: {
      [FLOOR]: 52,
      bellhop: 48,
      cockatiel: 210,
      "p-retry": 1_480,
      "async-retry": 2_310,
      "exponential-backoff": 690,
      "ts-retry-promise": 3_020,
      effect: 4_870,
    },
  },
  {
    id: "retry/cost/success/node",
    title: "Success at once, on Node",
    unit: "ns",
    goal: { of: "ratio", op: "<=", limit: 1 },
    medians: {
      [FLOOR]: 61,
      bellhop: 66,
      cockatiel: 260,
      "p-retry": 1_700,
      "async-retry": 2_600,
      "exponential-backoff": 810,
      "ts-retry-promise": 3_400,
      effect: 5_300,
    },
  },
  {
    id: "retry/cost/cancel/deno",
    title: "A wait that is aborted, on Deno",
    unit: "ns",
    goal: { of: "value", op: "<", limit: 5_000 },
    medians: {
      [FLOOR]: 1_900,
      bellhop: 1_650,
      cockatiel: 3_900,
      "p-retry": 6_200,
      "async-retry": "Takes no signal.",
      "exponential-backoff": "Takes no signal.",
      "ts-retry-promise": "The process ended: heap out of memory after 512 MB.",
      effect: 21_000,
    },
  },
  {
    id: "retry/heap/100000/deno",
    title: "Heap of one of 100,000 waiting retries, on Deno",
    unit: "B",
    goal: { of: "ratio", op: "<=", limit: 0.5 },
    medians: {
      [FLOOR]: 1_120,
      bellhop: 370,
      cockatiel: 2_100,
      "p-retry": 3_900,
      "async-retry": 4_300,
      "exponential-backoff": 2_600,
      "ts-retry-promise": 2_900,
      effect: 5_100,
    },
  },
  {
    id: "outage/10000/drain",
    title: "Until 10,000 clients are served again after an outage of 30 s",
    unit: "s",
    medians: { none: 412, equal: 96, full: 58, decorrelated: 61 },
  },
  {
    id: "outage/10000/wasted",
    title: "Attempts in vain, of all",
    unit: "%",
    medians: { none: 93.1, equal: 71.4, full: 55.2, decorrelated: 57.9 },
  },
  {
    id: "system/gateway",
    title: "Requests through the gateway",
    unit: "1/s",
    goal: { of: "ratio", op: ">=", limit: 0.75 },
    medians: { [FLOOR]: 91_000, bellhop: 63_700 },
  },
  {
    id: "system/bus/deno-deploy",
    title: "Publish to acknowledgement, on another machine",
    unit: "ms",
    goal: { of: "value", op: "<=", limit: 2 },
    medians: { bellhop: "Could not be reached from this machine." },
  },
];

function measuresOf({ id, title, unit, medians, goal }: SampleGroup, random: () => number): Measure[] {
  const better = unit === "1/s" ? "higher" as const : "lower" as const;
  const floor = medians[FLOOR];
  return Object.entries(medians).map(([subject, median]): Measure => {
    const base = { id: `${id}/${subject}`, group: id, title, subject, unit, better };
    const aimed = subject === "bellhop" && goal !== undefined ? { goal } : {};
    if (typeof median === "string") return { ...base, value: undefined, why: median, ...aimed };
    const value = spreadAround(median, random);
    if (typeof floor !== "number") return { ...base, value, ...aimed };
    const ratio = subject === FLOOR
      ? { median: 1, low: 1, high: 1, samples: 15, to: FLOOR }
      : { ...spreadAround(median / floor, random), to: FLOOR };
    return { ...base, value, ratio, ...aimed };
  });
}

function spreadAround(middle: number, random: () => number): Spread {
  const median = middle * (1 + (random() - 0.5) / 50);
  return { median, low: median * (1 - random() / 12), high: median * (1 + random() / 8), samples: 15 };
}

function loadOverTime(random: () => number): Plot {
  // Attempts a second: without jitter all come in the same instants, twice as far apart each time.
  const waves = (seconds: number) => [31, 33, 37, 45, 61, 93, 157].includes(seconds) ? 9_600 : 12;
  const shapes: Readonly<Record<string, (seconds: number) => number>> = {
    none: waves,
    equal: (seconds) => seconds < 30 ? 340 : 2_900 * Math.exp(-(seconds - 30) / 34) + waves(seconds) / 9,
    full: (seconds) => seconds < 30 ? 410 : 1_500 * Math.exp(-(seconds - 30) / 24),
    decorrelated: (seconds) => seconds < 30 ? 380 : 1_700 * Math.exp(-(seconds - 30) / 26),
  };
  return {
    id: "outage/10000/load",
    title: "Load over time: an outage of 30 s, 10,000 clients",
    x: { title: "time", unit: "s", scale: "linear" },
    y: { title: "attempts", unit: "1/s", scale: "linear" },
    lines: Object.entries(shapes).map(([name, at]) => ({
      name,
      points: range(200).map((seconds) => [seconds, Math.round(at(seconds) * (0.95 + random() / 10))] as const),
    })),
  };
}

function drain(random: () => number): Plot {
  const halves: Readonly<Record<string, number>> = { none: 90, equal: 26, full: 14, decorrelated: 16 };
  return {
    id: "outage/10000/drain",
    title: "Drain: clients that still wait after the outage",
    x: { title: "time since recovery", unit: "s", scale: "linear" },
    y: { title: "clients waiting", unit: "1", scale: "linear" },
    lines: Object.entries(halves).map(([name, half]) => ({
      name,
      points: range(160).map((seconds) =>
        [seconds, Math.round(10_000 * 0.5 ** (seconds / half) * (1 - random() / 60))] as const
      ),
    })),
  };
}

function growth(random: () => number): Plot {
  const shapes: Readonly<Record<string, (size: number) => number>> = {
    resolve: () => 210,
    match: (size) => 180 * (1 + Math.log10(size) / 12),
    enqueue: () => 95,
    "a list": (size) => 20 + size * 3,
  };
  return {
    id: "system/growth/services",
    title: "Growth: cost by number of services",
    x: { title: "services", unit: "1", scale: "log" },
    y: { title: "cost of one", unit: "ns", scale: "log" },
    lines: Object.entries(shapes).map(([name, at]) => ({
      name,
      points: [10, 30, 100, 300, 1_000, 3_000, 10_000].map((size) =>
        [size, at(size) * (0.95 + random() / 10)] as const
      ),
    })),
  };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

if (import.meta.main) {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(sampleResult(), null, 2)}\n`));
}
