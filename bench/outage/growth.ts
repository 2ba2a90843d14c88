/**
 * How long simulations of growing size take, and what they hold.
 *
 * @module
 */
import process from "node:process";
import type { Measure, Plot } from "../report/result.ts";

/** A simulation of one size. */
export interface Sized {
  readonly clients: number;
  readonly seconds: number;
  /** Of the processor, collection of garbage and system included: on a shared machine what can be compared. */
  readonly cpuSeconds: number;
  /** Resident memory of the process after it. */
  readonly bytes: number;
}

export interface GrowthSubject {
  readonly name: string;
  run(clients: number): unknown;
  /** Whether a size is worth trying after what was seen. */
  readonly maxSeconds: number;
}

const SIZES = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
/** Below this, starting up weighs more than the clients, and would flatter the growth. */
const FIRST_JUDGED = 10_000;
const WARM_UP = 1_000;
const PATH = "outage/growth";
/** What "minutes" and "near-linear" mean here, of the processor: the clock on the wall says how busy others are. */
const MAX_SECONDS = 300;
const MAX_EXPONENT = 1.15;

/** Each size in turn, until the next one would take longer than the subject may. */
export async function grown(
  { run, maxSeconds }: GrowthSubject,
  maxClients: number,
  tell: (size: Sized) => void,
): Promise<{ sizes: Sized[]; stopped: string | undefined }> {
  const sizes: Sized[] = [];
  // What the compiler learns is not for the small sizes to pay.
  await run(Math.min(WARM_UP, maxClients));
  for (const clients of SIZES.filter((size) => size <= maxClients)) {
    const last = sizes.at(-1);
    const expected = last === undefined ? 0 : last.cpuSeconds * clients / last.clients;
    if (expected > maxSeconds) {
      const stopped = `${clients.toLocaleString("en")} clients would take the processor about ${
        Math.ceil(expected / 60)
      } min, more than is tried`;
      return { sizes, stopped };
    }
    const begin = performance.now();
    const spent = process.cpuUsage();
    await run(clients);
    const { user, system } = process.cpuUsage(spent);
    const seconds = (performance.now() - begin) / 1_000;
    sizes.push({ clients, seconds, cpuSeconds: (user + system) / 1e6, bytes: Deno.memoryUsage().rss });
    tell(sizes.at(-1)!);
  }
  return { sizes, stopped: undefined };
}

/** The power of the number of clients that the processor's time grows with, from the first size that is judged to the last. */
export function exponentOf(sizes: readonly Sized[]): number | undefined {
  const first = sizes.find(({ clients }) => clients >= FIRST_JUDGED);
  const last = sizes.at(-1);
  if (first === undefined || last === undefined || first === last) return undefined;
  return Math.log(last.cpuSeconds / first.cpuSeconds) / Math.log(last.clients / first.clients);
}

export function growthMeasures(subject: string, sizes: readonly Sized[], stopped: string | undefined): Measure[] {
  const exact = (value: number) => ({ median: value, low: value, high: value, samples: 1 });
  const measures: Measure[] = sizes.flatMap(({ clients, seconds, cpuSeconds, bytes }) => {
    const title = `${clients.toLocaleString("en")} clients simulated`;
    const of = { subject, better: "lower" } as const;
    const [time, cpu, each, memory] = ["seconds", "cpu", "per-client", "memory"].map((key) =>
      `${PATH}/${clients}/${key}`
    );
    const goal = { of: "value", op: "<=", limit: MAX_SECONDS } as const;
    const isLargest = clients === SIZES.at(-1) && stopped === undefined;
    return [
      {
        ...of,
        id: `${time}/${subject}`,
        group: time,
        title: `${title}: time`,
        value: exact(seconds),
        unit: "s",
      },
      {
        ...of,
        id: `${cpu}/${subject}`,
        group: cpu,
        title: `${title}: the processor's time`,
        value: exact(cpuSeconds),
        unit: "s",
        ...(isLargest ? { goal } : {}),
      },
      {
        ...of,
        id: `${each}/${subject}`,
        group: each,
        title: `${title}: the processor's time for each`,
        value: exact(cpuSeconds / clients * 1e9),
        unit: "ns",
      },
      {
        ...of,
        id: `${memory}/${subject}`,
        group: memory,
        title: `${title}: memory of the process`,
        value: exact(bytes),
        unit: "B",
      },
    ];
  });
  const exponent = exponentOf(sizes);
  const group = `${PATH}/exponent`;
  return [...measures, {
    id: `${group}/${subject}`,
    group,
    title: "Simulated clients: the processor's time grows with this power of their number (1: linear)",
    subject,
    value: exponent === undefined ? undefined : exact(exponent),
    unit: "1",
    better: "lower",
    ...(sizes.at(-1)?.clients === SIZES.at(-1)
      ? { goal: { of: "value", op: "<=", limit: MAX_EXPONENT } as const }
      : {}),
    ...(stopped === undefined ? {} : { why: stopped }),
  }];
}

export function growthPlot(lines: readonly { name: string; sizes: readonly Sized[] }[]): Plot {
  return {
    id: PATH,
    title: "Time to simulate an outage",
    x: { title: "clients", unit: "1", scale: "log" },
    y: { title: "time", unit: "s", scale: "log" },
    lines: lines.map(({ name, sizes }) => ({
      name,
      points: sizes.map(({ clients, seconds }) => [clients, seconds] as const),
    })),
  };
}
