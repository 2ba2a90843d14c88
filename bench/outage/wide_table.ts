/**
 * Aligned columns: the measures of one scenario side by side, for who wants to see them at once.
 *
 * @module
 */
import type { Plot } from "../report/result.ts";
import { spreadOf } from "../spread.ts";
import type { Series } from "./outage_result.ts";
import type { Measured } from "./measures.ts";

type Cell = (measured: Measured) => number | undefined;

const seconds = (ms: number | undefined) => ms === undefined ? undefined : ms / 1_000;

const COLUMNS: readonly (readonly [title: string, of: Cell])[] = [
  ["done %", ({ done }) => 100 * done],
  ["LOW", ({ doneOf }) => 100 * doneOf.LOW!],
  ["NORMAL", ({ doneOf }) => 100 * doneOf.NORMAL!],
  ["HIGH", ({ doneOf }) => 100 * doneOf.HIGH!],
  ["CRITICAL", ({ doneOf }) => 100 * doneOf.CRITICAL!],
  ["tries", ({ attempts }) => attempts],
  ["wasted %", ({ wasted }) => 100 * wasted!],
  ["peak", ({ peakBefore }) => peakBefore],
  ["after", ({ peakAfter }) => peakAfter],
  ["drain99 s", ({ drain99Ms }) => seconds(drain99Ms)],
  ["all s", ({ drainMs }) => seconds(drainMs)],
  ["C p50 s", ({ criticalMs }) => seconds(criticalMs?.p50)],
  ["p99 s", ({ criticalMs }) => seconds(criticalMs?.p99)],
  ["max s", ({ criticalMs }) => seconds(criticalMs?.max)],
  ["Jain", ({ jainPriorities }) => jainPriorities],
];

/** Medians, a line for each subject. */
export function wideTable(series: readonly Series[]): string {
  const rows = series.map(({ subject, measured }) => [
    subject,
    ...COLUMNS.map(([, of]) => {
      const values = measured.map(of).filter((value) => value !== undefined && !Number.isNaN(value)) as number[];
      return values.length === 0 ? "–" : text(spreadOf(values).median);
    }),
  ]);
  return aligned([["", ...COLUMNS.map(([title]) => title)], ...rows]);
}

/** The points of some lines, a column for each x. */
export function plotTable(x: string, lines: Plot["lines"]): string {
  const xs = lines[0].points.map(([at]) => at.toLocaleString("en"));
  return aligned([
    [x, ...xs],
    ...lines.map(({ name, points }) => [name, ...points.map(([, y]) => y.toLocaleString("en"))]),
  ]);
}

/** The first column to the left, all others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, place) => Math.max(...rows.map((row) => row[place].length)));
  return rows.map((row) =>
    row.map((cell, place) => place === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[place])).join("  ").trimEnd()
  ).join("\n");
}

function text(value: number): string {
  if (value === 0) return "0";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}
