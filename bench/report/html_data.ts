import { type Group, groupsOf } from "./group.ts";
import { printable } from "./printable.ts";
import type { BenchResult, Plot } from "./result.ts";

/** What the page draws: the same text for what is on the page and what its script reads. */
export interface PageData {
  readonly groups: readonly (Group & Keyed)[];
  readonly plots: readonly (Plot & Keyed)[];
  /** Subjects and lines, in an order that gives each its colour for the whole page. */
  readonly names: readonly string[];
  /** Footnote marks by subject. */
  readonly marks: Readonly<Record<string, string>>;
}

export interface Keyed {
  /** Id of its element in the page. */
  readonly key: string;
  readonly section: Section;
}

export const SECTIONS = [
  "Cost against the floor",
  "Load over time",
  "Drain curves",
  "Growth curves",
  "Measured values",
] as const;
export type Section = typeof SECTIONS[number];

/** Most points of a line that the page holds; of more, the least and the greatest of each stretch are kept. */
export const MAX_POINTS = 1_000;

/** @param marks footnote marks by subject */
export function pageData(results: readonly BenchResult[], marks: ReadonlyMap<string, string>): PageData {
  const groups = results.flatMap(groupsOf).map((group, index) => ({
    ...group,
    key: `group-${index + 1}`,
    section: group.measures.some(({ ratio }) => ratio !== undefined) ? SECTIONS[0] : SECTIONS[4],
  }));
  const plots = results.flatMap(({ plots }) => plots).map((plot, index) => ({
    ...plot,
    lines: plot.lines.map(({ name, points }) => ({ name, points: thinned(points, MAX_POINTS) })),
    key: `plot-${index + 1}`,
    section: sectionOf(plot),
  }));
  const lines = plots.flatMap(({ lines }) => lines.map(({ name }) => name));
  const subjects = results.flatMap(({ subjects }) => subjects.map(({ name }) => name));
  // Lines first: with few names in a plot, all have colours far apart.
  const names = [...new Set([...lines, ...subjects])];
  return { groups, plots, names, marks: Object.fromEntries(marks) };
}

/** The same with every text in it made {@linkcode printable}. */
export function printableAll<T>(value: T): T {
  if (typeof value === "string") return printable(value) as T;
  if (Array.isArray(value)) return value.map(printableAll) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [printable(key), printableAll(one)])) as T;
}

/** At most so many points; each stretch keeps its lowest and its highest, so that no peak is lost. */
export function thinned<P extends readonly [x: number, y: number]>(points: readonly P[], most: number): readonly P[] {
  if (points.length <= most) return points;
  const stretches = Math.floor(most / 2);
  return Array.from({ length: stretches }, (_, index) => {
    const from = Math.floor(points.length * index / stretches);
    const stretch = points.slice(from, Math.floor(points.length * (index + 1) / stretches));
    const [low, high] = [stretch.reduce((a, b) => b[1] < a[1] ? b : a), stretch.reduce((a, b) => b[1] > a[1] ? b : a)];
    return low === high ? [low] : low[0] <= high[0] ? [low, high] : [high, low];
  }).flat();
}

/** By its name, since nothing else tells a drain from a load; else by whether it has time for its axis. */
function sectionOf({ id, title, x }: Plot): Section {
  if (/drain/i.test(`${id} ${title}`)) return SECTIONS[2];
  return x.unit === "s" || x.unit === "ms" || x.unit === "ns" ? SECTIONS[1] : SECTIONS[3];
}
