/**
 * From the numbers of a group's rounds to measures and curves in the report's form.
 *
 * @module
 */
import type { Group } from "./part.ts";
import type { Goal, Measure, Plot } from "./report/result.ts";
import { ratioOf, spreadOf } from "./spread.ts";

/** What a group's rounds gave. */
export interface Seen {
  /** One number a round, by case; a case that failed is not in it. */
  readonly values: ReadonlyMap<string, readonly number[]>;
  /** Why a case has none. */
  readonly failures: ReadonlyMap<string, string>;
}

/** A row for every case, with a value or with the reason why it has none; then the same beside other floors. */
export function measuresOf(group: Group, seen: Seen): Measure[] {
  const rows = Object.keys(group.cases).map((subject) => rowOf(group, seen, subject, group.goals?.[subject]));
  const more = (group.beside ?? []).flatMap(({ name, title, floor, goals }) =>
    [floor, ...Object.keys(goals)].map((subject) =>
      rowOf({ ...group, id: `${group.id}/${name}`, title, floor }, seen, subject, goals[subject])
    )
  );
  return [...rows, ...more];
}

/** The group's medians as lines, if it is a curve. */
export function plotOf({ id, title, unit, curve }: Group, { values }: Seen): Plot | undefined {
  if (curve === undefined) return undefined;
  const lines = Map.groupBy(Object.entries(curve.points), ([, { line }]) => line);
  return {
    id,
    title,
    x: curve.x,
    y: { title: curve.y, unit, scale: "log" },
    lines: Array.from(lines, ([name, cases]) => ({
      name,
      points: cases.filter(([subject]) => values.has(subject))
        .map(([subject, { x }]) => [x, spreadOf(values.get(subject)!).median] as const)
        .sort(([a], [b]) => a - b),
    })),
  };
}

function rowOf(group: Group, { values, failures }: Seen, subject: string, goal: Goal | undefined): Measure {
  const mine = values.get(subject);
  const floor = group.floor === undefined || group.floor === subject ? undefined : values.get(group.floor);
  const why = failures.get(subject) ?? group.notes?.[subject];
  return {
    id: `${group.id}/${slugOf(subject)}`,
    group: group.id,
    title: group.title,
    subject,
    value: mine === undefined ? undefined : spreadOf(mine),
    unit: group.unit,
    better: group.unit === "1/s" ? "higher" : "lower",
    ...(mine === undefined || floor === undefined ? {} : { ratio: ratioOf(mine, floor, group.floor!) }),
    ...(goal === undefined ? {} : { goal }),
    ...(why === undefined ? {} : { why }),
  };
}

/** `Bellhop parse()` → `bellhop-parse`. */
function slugOf(subject: string): string {
  return subject.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}
