/**
 * What two results differ in beyond noise.
 *
 * A change counts if the ranges around the medians do not overlap and the median has moved by more than
 * {@linkcode THRESHOLD}. The range is that of the quartiles, or the notch of a box plot where it is wider, which it is
 * with fewer than 10 rounds: 1.57 times the distance of the quartiles by the root of the number of rounds (McGill,
 * Tukey, Larsen: "Variations of Box Plots", The American Statistician 32, 1978). What that comes to, in 20,000 pairs of
 * runs for each number, with noise of 10 % (30 %) between the rounds of a run:
 *
 * | rounds | false alarms  | a slowdown by 30 % is found |
 * | ------ | ------------- | --------------------------- |
 * | 5      | 6.9 % (9.9 %) | 89 % (26 %)                 |
 * | 9      | 2.0 % (2.9 %) | 97 % (22 %)                 |
 * | 15     | 0.2 % (0.5 %) | 99.6 % (18 %)               |
 *
 * The threshold is there for what rounds cannot show, since all of one run share it: another layout of code and memory,
 * another minute of a shared machine. It is chosen, not derived: smaller changes are left to who profiles.
 *
 * @module
 */
import { goalState } from "./goal.ts";
import { isBusy } from "./machine_text.ts";
import type { BenchResult, Measure, Spread } from "./result.ts";

/** Least move of a median that counts, up or down alike: by a tenth, 1.1 times the smaller. */
export const THRESHOLD = 0.1;

/** Fewer rounds say nothing of noise: what moved is shown, and judged by nobody. */
const LEAST_ROUNDS = 3;

/** One measure in both results. */
export interface Change {
  readonly old: Measure;
  readonly new: Measure;
  /** What was compared: the ratio where both have one to the same subject, else the value. */
  readonly of: "ratio" | "value";
  /** New median by old; `Infinity` where the old one is 0 or has another sign. */
  readonly factor: number;
}

export interface Comparison {
  /** The worst first. */
  readonly worse: readonly Change[];
  /** The best first. */
  readonly better: readonly Change[];
  /** Moved, but of one or two rounds: whether by more than noise nobody can tell. The most moved first. */
  readonly unjudged: readonly Change[];
  /** How many were compared and are alike. */
  readonly alike: number;
  /** Had a value, and has none any more. */
  readonly lost: readonly Measure[];
  /** Had no value, and has one. */
  readonly gained: readonly Measure[];
  /** Only in the old result. */
  readonly missing: readonly Measure[];
  /** Only in the new result. */
  readonly added: readonly Measure[];
  /** In another unit, or the other way round. */
  readonly changedForm: readonly Measure[];
  /** Were met, and are missed: perhaps by no more than noise. */
  readonly newlyMissed: readonly Measure[];
  readonly newlyMet: readonly Measure[];
  /** What makes the two hard to compare. */
  readonly remarks: readonly string[];
}

/** Compares measures of the same `id`. */
export function compareResults(before: BenchResult, after: BenchResult): Comparison {
  const old = new Map(before.measures.map((measure) => [measure.id, measure]));
  const ids = new Set(after.measures.map(({ id }) => id));
  const pairs = after.measures.flatMap((measure) =>
    old.has(measure.id) ? [[old.get(measure.id)!, measure] as const] : []
  );
  const news = (of: (pair: readonly [Measure, Measure]) => boolean) => pairs.filter(of).map(([, measure]) => measure);
  const sameForm = pairs.filter(([a, b]) => a.unit === b.unit && a.better === b.better);
  const changes = sameForm.flatMap(([a, b]) => changeOf(a, b) ?? []);
  const apart = changes.filter(isBeyondNoise);
  const moved = apart.filter(hasRounds);
  const bySize = (changes: Change[]) => changes.toSorted((a, b) => sizeOf(b) - sizeOf(a));
  return {
    worse: bySize(moved.filter(isWorse)),
    better: bySize(moved.filter((change) => !isWorse(change))),
    unjudged: bySize(apart.filter((change) => !hasRounds(change))),
    alike: changes.length - apart.length,
    lost: news(([a, b]) => a.value !== undefined && b.value === undefined),
    gained: news(([a, b]) => a.value === undefined && b.value !== undefined),
    missing: before.measures.filter(({ id }) => !ids.has(id)),
    added: after.measures.filter(({ id }) => !old.has(id)),
    changedForm: news(([a, b]) => a.unit !== b.unit || a.better !== b.better),
    newlyMissed: news(([a, b]) => goalState(a) === "met" && goalState(b) === "missed"),
    newlyMet: news(([a, b]) => goalState(a) === "missed" && goalState(b) === "met"),
    remarks: remarksOf(before, after),
  };
}

/** The two spreads that a change is about. */
export function spreadsOf({ old, new: after, of }: Change): readonly [old: Spread, after: Spread] {
  return [old[of]!, after[of]!];
}

function changeOf(old: Measure, after: Measure): Change | undefined {
  if (old.value === undefined || after.value === undefined) return undefined;
  const of = old.ratio !== undefined && old.ratio.to === after.ratio?.to ? "ratio" : "value";
  return { old, new: after, of, factor: factorOf(old[of]!.median, after[of]!.median) };
}

function factorOf(old: number, after: number): number {
  if (old === after) return 1;
  return old * after > 0 ? after / old : Infinity;
}

function isBeyondNoise(change: Change): boolean {
  const [old, after] = spreadsOf(change);
  const [from, to] = [rangeOf(old), rangeOf(after)];
  const apart = from.high < to.low || to.high < from.low;
  return apart && sizeOf(change) > 1 + THRESHOLD;
}

function hasRounds(change: Change): boolean {
  return spreadsOf(change).every(({ samples }) => samples >= LEAST_ROUNDS);
}

/** Where the median may well lie. */
function rangeOf({ median, low, high, samples }: Spread): { readonly low: number; readonly high: number } {
  const notch = 1.57 * (high - low) / Math.sqrt(samples);
  return { low: Math.min(low, median - notch), high: Math.max(high, median + notch) };
}

/** How far it moved, the same up and down. */
function sizeOf({ factor }: Change): number {
  return Math.max(factor, 1 / factor);
}

function isWorse(change: Change): boolean {
  const [old, after] = spreadsOf(change);
  return change.new.better === "lower" ? after.median > old.median : after.median < old.median;
}

function remarksOf({ machine: a, date: from }: BenchResult, { machine: b, date: to }: BenchResult): string[] {
  const runtimes = [...new Set([...Object.keys(a.runtimes), ...Object.keys(b.runtimes)])];
  const others = runtimes.filter((name) => a.runtimes[name] !== b.runtimes[name]);
  const busy = [a, b].filter(isBusy).length;
  return [
    ...(a.cpu !== b.cpu || a.cores !== b.cores
      ? [`other machines: ${a.cpu}, ${a.cores} cores, then ${b.cpu}, ${b.cores}; only ratios say something`]
      : []),
    ...others.map((name) => `${name} ${a.runtimes[name] ?? "not there"}, then ${b.runtimes[name] ?? "not there"}`),
    ...(busy > 0 ? ["something else ran besides; measure again on a machine that is idle"] : []),
    ...(to < from ? ["the second is the older one; give the older first"] : []),
  ];
}
