/**
 * Numbers from a run: work, peaks, time to drain, fairness, latency.
 *
 * @module
 */
import { PRIORITIES, type Priority } from "../../mod.ts";
import { END, type Run, WINDOW_MS } from "./run.ts";
import { capacityPerSecond, recoveryMs } from "./scenario.ts";

/** `undefined` where there is nothing to measure: no recovery, no attempt, no operation of the kind. */
export interface Measured {
  /** Share of the operations that succeeded. */
  readonly done: number;
  readonly doneOf: Readonly<Record<Priority, number | undefined>>;
  /** Attempts for each operation. */
  readonly attempts: number;
  /** Share of the attempts that did not bring a success. */
  readonly wasted: number | undefined;
  /** Most requests in a second before the recovery, as a multiple of what the server can do when all is well. */
  readonly peakBefore: number | undefined;
  /** The same from the recovery on: the thundering herd. */
  readonly peakAfter: number | undefined;
  /** From the recovery to the end of 99 % of the operations that were under way then. */
  readonly drain99Ms: number | undefined;
  /** Of all of them. */
  readonly drainMs: number | undefined;
  /** Of the shares that succeeded, between the four priorities. */
  readonly jainPriorities: number;
  /** Of the successes, between clients of one priority: the least of the four. */
  readonly jainClients: number;
  /** Of CRITICAL operations that succeeded. */
  readonly criticalMs: { readonly p50: number; readonly p99: number; readonly max: number } | undefined;
  /** Mean latency of the successes. */
  readonly meanMsOf: Readonly<Record<Priority, number | undefined>>;
}

export function measured(run: Run): Measured {
  const { ranks, ends, latenciesMs, attempts, fates, scenario: { clients } } = run;
  const counts = PRIORITIES.map(() => ({ all: 0, done: 0, waitedMs: 0 }));
  const doneByClient = new Uint32Array(clients);
  let tries = 0;
  for (let operation = 0; operation < ends.length; operation++) {
    const count = counts[ranks[operation % clients]];
    count.all++;
    tries += attempts[operation];
    if (ends[operation] !== END.done) continue;
    count.done++;
    count.waitedMs += latenciesMs[operation];
    doneByClient[operation % clients]++;
  }
  const done = counts.reduce((sum, count) => sum + count.done, 0);
  const shares = counts.map(({ all, done }) => all === 0 ? undefined : done / all);
  return {
    done: done / ends.length,
    doneOf: byPriority(shares),
    attempts: tries / ends.length,
    wasted: tries === 0 ? undefined : 1 - fates.done / tries,
    ...recovered(run),
    jainPriorities: jain(shares.filter((share) => share !== undefined)),
    jainClients: Math.min(
      ...PRIORITIES.map((_, rank) => jain(doneByClient.filter((_, client) => ranks[client] === rank))),
    ),
    criticalMs: critical(run),
    meanMsOf: byPriority(counts.map(({ done, waitedMs }) => done === 0 ? undefined : waitedMs / done)),
  };
}

/**
 * (Σx)² / (n · Σx²): 1 if all have the same, 1/n if one has all. R. Jain, D. Chiu and W. Hawe, "A Quantitative Measure
 * of Fairness and Discrimination for Resource Allocation in Shared Computer Systems", DEC-TR-301 (1984).
 */
export function jain(shares: ArrayLike<number>): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < shares.length; i++) {
    sum += shares[i];
    squares += shares[i] ** 2;
  }
  return squares === 0 ? 1 : sum ** 2 / (shares.length * squares);
}

/** The value that the given part of a sorted list does not exceed. */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
}

function recovered(run: Run): Pick<Measured, "peakBefore" | "peakAfter" | "drain99Ms" | "drainMs"> {
  const { scenario, windows: { arrived }, ends, latenciesMs, startsMs } = run;
  const fromMs = recoveryMs(scenario);
  const limit = capacityPerSecond(scenario) * WINDOW_MS / 1_000;
  const peak = (windows: readonly number[]) => windows.reduce((most, load) => Math.max(most, load), 0) / limit;
  if (fromMs === undefined) {
    return { peakBefore: peak(arrived), peakAfter: undefined, drain99Ms: undefined, drainMs: undefined };
  }
  const drainsMs: number[] = [];
  for (let operation = 0; operation < ends.length; operation++) {
    const client = operation % scenario.clients;
    const dueMs = startsMs[client] + (operation - client) / scenario.clients * scenario.everyMs;
    const endMs = dueMs + latenciesMs[operation];
    if (dueMs < fromMs && endMs > fromMs) drainsMs.push(endMs - fromMs);
  }
  const sorted = Float64Array.from(drainsMs).sort();
  const window = Math.ceil(fromMs / WINDOW_MS);
  return {
    peakBefore: peak(arrived.slice(0, window)),
    peakAfter: peak(arrived.slice(window)),
    drain99Ms: sorted.length === 0 ? 0 : quantile(sorted, 0.99),
    drainMs: sorted.at(-1) ?? 0,
  };
}

function critical({ ranks, ends, latenciesMs, scenario: { clients } }: Run): Measured["criticalMs"] {
  const rank = PRIORITIES.indexOf("CRITICAL");
  const sorted = latenciesMs.filter((_, operation) =>
    ranks[operation % clients] === rank && ends[operation] === END.done
  ).sort();
  if (sorted.length === 0) return undefined;
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted[sorted.length - 1] };
}

function byPriority<T>(values: readonly T[]): Record<Priority, T> {
  return Object.fromEntries(PRIORITIES.map((priority, rank) => [priority, values[rank]])) as Record<Priority, T>;
}
