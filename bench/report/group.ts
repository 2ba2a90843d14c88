import type { BenchResult, Measure } from "./result.ts";

/** Measures that may be compared with each other: one run, one heading, one unit. */
export interface Group {
  readonly id: string;
  readonly title: string;
  /** The floor first, then the best first, then what has no value. */
  readonly measures: readonly Measure[];
  /** What the ratios are to, if they are all to one. */
  readonly floor: string | undefined;
}

/** The groups of a result in the order in which they were measured. */
export function groupsOf({ measures }: BenchResult): Group[] {
  const groups = Map.groupBy(measures, ({ group, title, unit }) => JSON.stringify([group, title, unit]));
  return [...groups.values()].map((members) => {
    const floors = new Set(members.flatMap(({ ratio }) => ratio === undefined ? [] : [ratio.to]));
    const floor = floors.size === 1 ? [...floors][0] : undefined;
    const [{ group, title }] = members;
    return { id: group, title, floor, measures: members.toSorted((a, b) => rank(a, floor) - rank(b, floor)) };
  });
}

/** Less comes first. */
function rank({ subject, value, better }: Measure, floor: string | undefined): number {
  if (value === undefined) return Infinity;
  if (subject === floor) return -Infinity;
  return better === "lower" ? value.median : -value.median;
}
