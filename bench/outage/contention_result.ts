/**
 * The contention of M. Brooker's article as measures and plots.
 *
 * @module
 */
import type { Measure, Plot, Subject } from "../report/result.ts";
import { spreadOf } from "../spread.ts";
import { BELLHOP, type Contention, contention, PUBLISHED } from "./contention.ts";

const SIZES = [10, 20, 50, 100, 190];
const PATH = "outage/contention";
const SETS = { "article": PUBLISHED, "bellhop": BELLHOP };

export interface ContentionResult {
  readonly subjects: Subject[];
  readonly measures: Measure[];
  readonly plots: Plot[];
}

/** @param trials of each wait with each number of clients; the article's simulator made 100 */
export function contentionResult(seed: number, trials: number): ContentionResult {
  const waits = Object.entries(SETS).flatMap(([set, waits]) =>
    Object.entries(waits).map(([name, wait]) => ({ subject: `${set}: ${name}`, wait }))
  );
  const measures: Measure[] = [];
  const lines = { calls: new Map<string, [number, number][]>(), endMs: new Map<string, [number, number][]>() };
  for (const clients of SIZES) {
    const results = waits.map(({ subject, wait }) => ({
      subject,
      runs: Array.from({ length: trials }, (_, trial) => contention(clients, wait, seed + trial)),
    }));
    for (const { key, title, of } of WHATS) {
      const group = `${PATH}/${clients}/${key}`;
      for (const { subject, runs } of results) {
        const value = spreadOf(runs.map((run) => run[of]));
        const unit = of === "calls" ? "1" : "ms";
        const heading = `${clients} clients contend for one row: ${title}`;
        measures.push({ id: `${group}/${subject}`, group, title: heading, subject, value, unit, better: "lower" });
        const mean = runs.reduce((sum, run) => sum + run[of], 0) / trials;
        const line = lines[of].get(subject) ?? [];
        lines[of].set(subject, [...line, [clients, Math.round(mean)]]);
      }
    }
  }
  const plots = WHATS.map(({ key, title, of }): Plot => ({
    id: `${PATH}/${key}`,
    title: `Clients contend for one row: ${title} (mean)`,
    x: { title: "clients", unit: "1", scale: "linear" },
    y: { title, unit: of === "calls" ? "1" : "ms", scale: "log" },
    lines: [...lines[of]].map(([name, points]) => ({ name, points })),
  }));
  return { subjects: waits.map(({ subject }) => ({ name: subject, version: "", notes: [] })), measures, plots };
}

const WHATS: readonly { key: string; title: string; of: keyof Contention }[] = [
  { key: "calls", title: "writes tried", of: "calls" },
  { key: "time", title: "time until all are done", of: "endMs" },
];
