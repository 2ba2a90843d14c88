import fc from "fast-check";
import type { Axis, BenchResult, Goal, Measure, Plot, Spread, Unit } from "../result.ts";

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const unit = fc.constantFrom<Unit>("ns", "ms", "s", "B", "1", "1/s", "%");

const spread: fc.Arbitrary<Spread> = fc.tuple(fc.tuple(number, number, number), fc.integer({ min: 1, max: 99 }))
  .map(([numbers, samples]) => {
    const [low, median, high] = numbers.toSorted((a, b) => a - b);
    return { median, low, high, samples };
  });

const goal: fc.Arbitrary<Goal> = fc.record({
  of: fc.constantFrom("value", "ratio"),
  op: fc.constantFrom("<=", "<", ">=", ">"),
  limit: number,
});

const axis: fc.Arbitrary<Axis> = fc.record({ title: text, unit, scale: fc.constantFrom("linear", "log") });

const plot: fc.Arbitrary<Plot> = fc.record({
  id: name,
  title: name,
  x: axis,
  y: axis,
  lines: fc.array(fc.record({ name, points: fc.array(fc.tuple(number, number), { maxLength: 8 }).map(inOrder) }), {
    maxLength: 4,
  }),
});

/** Any result that keeps the rules, its names and numbers whatever they may be. */
export const anyResult: fc.Arbitrary<BenchResult> = fc.uniqueArray(name, { minLength: 1, maxLength: 5 }).chain((
  names,
) =>
  fc.record({
    schema: fc.constant(1 as const),
    command: text,
    date: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString()),
    machine: fc.record({
      cpu: text,
      cores: fc.integer({ min: 1, max: 999 }),
      memoryBytes: fc.integer({ min: 0 }),
      os: text,
      runtimes: fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }),
      load: fc.double({ min: 0, max: 1e4, noNaN: true }),
    }),
    subjects: fc.tuple(...names.map((name) =>
      fc.record({ name: fc.constant(name), version: text, notes: fc.array(text, { maxLength: 2 }) })
    )),
    measures: fc.uniqueArray(anyMeasure(names), {
      selector: ({ id }) =>
        id,
      maxLength: 12,
    }),
    plots: fc.uniqueArray(plot, { selector: ({ id }) => id, maxLength: 3 }),
    missing: fc.array(fc.record({ what: name, why: text }), { maxLength: 2 }),
  })
);

function anyMeasure(names: readonly string[]): fc.Arbitrary<Measure> {
  const base = {
    id: name,
    group: fc.constantFrom("a", "b/c", "<d>"),
    title: name,
    subject: fc.constantFrom(...names),
    unit,
    better: fc.constantFrom("lower" as const, "higher" as const),
  };
  const aside = { goal, ratio: fc.tuple(spread, fc.constantFrom(...names)).map(([one, to]) => ({ ...one, to })) };
  const keys = ["id", "group", "title", "subject", "unit", "better", "value"] as const;
  return fc.oneof(
    fc.record({ ...base, ...aside, value: spread, why: text }, { requiredKeys: [...keys] }),
    fc.record({ ...base, goal, why: text, value: fc.constant(undefined) }, { requiredKeys: [...keys, "why"] }),
  );
}

function inOrder(points: [number, number][]): [number, number][] {
  return points.toSorted(([a], [b]) => a - b);
}
