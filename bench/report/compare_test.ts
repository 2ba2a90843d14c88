import { assert, assertEquals, assertGreater, assertLess, assertStringIncludes } from "@std/assert";
import { seededRandom } from "@bellhop/bellhop/testing";
import fc from "fast-check";
import { compareResults, THRESHOLD } from "./compare.ts";
import { comparisonText } from "./comparison_text.ts";
import type { BenchResult, Measure, Spread } from "./result.ts";
import { anyResult } from "./testing/any_result.ts";
import { sampleResult } from "./testing/sample_result.ts";

const SAMPLE = sampleResult();
const [MEASURE] = SAMPLE.measures;

Deno.test("compareResults() finds nothing between a result and itself", () => {
  fc.assert(fc.property(anyResult, (result) => {
    const { worse, better, alike, machine: _, remarks, ...lists } = { machine: 0, ...compareResults(result, result) };
    assertEquals([...worse, ...better, ...Object.values(lists).flat()], []);
    assertEquals(alike, result.measures.filter(({ value }) => value !== undefined).length);
    assert(remarks.every((remark) => remark.startsWith("something else ran")), remarks.join());
  }));
});

Deno.test("compareResults() finds the same the other way round, worse for better", () => {
  fc.assert(fc.property(anyResult, anyResult, fc.integer(), (first, other, seed) => {
    // Half of the measures are in both.
    const random = seededRandom(seed);
    const second = {
      ...other,
      measures: first.measures.map((measure) => random() < 0.5 ? shaken(measure, random) : measure),
    };
    const [there, back] = [compareResults(first, second), compareResults(second, first)];
    const ids = (changes: readonly { readonly new: Measure }[]) => changes.map((change) => change.new.id).toSorted();
    const names = (measures: readonly Measure[]) => measures.map(({ id }) => id).toSorted();
    assertEquals(ids(there.worse), ids(back.better));
    assertEquals(ids(there.better), ids(back.worse));
    assertEquals(there.alike, back.alike);
    assertEquals(ids(there.unjudged), ids(back.unjudged));
    assertEquals(names(there.lost), names(back.gained));
    assertEquals(names(there.missing), names(back.added));
    assertEquals(names(there.newlyMissed), names(back.newlyMet));
    assertEquals(names(there.changedForm), names(back.changedForm));
  }));
});

for (const [rounds, most] of [[15, 0.01], [9, 0.04]]) {
  Deno.test(`compareResults() raises an alarm over noise alone in less than ${most * 100} of 100 measures of ${rounds} rounds`, () => {
    for (const sigma of [0.03, 0.1, 0.3]) {
      const random = seededRandom(7);
      const alarms = share(2_000, () => {
        const { worse, better } = compareResults(noisy(1, sigma, rounds, random), noisy(1, sigma, rounds, random));
        return worse.length + better.length > 0;
      });
      assertLess(alarms, most, `sigma ${sigma}`);
    }
  });

  Deno.test(`compareResults() finds a slowdown by 30 % in over 93 of 100 measures of ${rounds} rounds with noise of 10 %`, () => {
    for (const [unit, slow] of [["ns", 1.3], ["1/s", 1 / 1.3]] as const) {
      const random = seededRandom(11);
      const found = share(1_000, () => {
        const [before, after] = [noisy(1, 0.1, rounds, random, unit), noisy(slow, 0.1, rounds, random, unit)];
        return compareResults(before, after).worse.length === 1;
      });
      assertGreater(found, 0.93, unit);
    }
  });
}

Deno.test("compareResults() holds a move by less than the threshold for noise, however narrow the quartiles", () => {
  const moved = (factor: number) => compareResults(resultOf(valued(exact(1))), resultOf(valued(exact(factor))));
  assertEquals(moved(1 + THRESHOLD * 0.99).alike, 1);
  assertEquals(moved(1 / (1 + THRESHOLD * 0.99)).alike, 1);
  assertEquals(moved(1 + THRESHOLD * 1.01).worse.length, 1);
  assertEquals(moved(1 / (1 + THRESHOLD * 1.01)).better.length, 1);
  assertEquals(moved(0).better.length, 1);
  assertEquals(compareResults(resultOf(valued(exact(0))), resultOf(valued(exact(1e-9)))).worse[0].factor, Infinity);
});

Deno.test("compareResults() shows what moved, and judges nothing of fewer than three rounds", () => {
  const of = (median: number, samples: number) => resultOf(valued({ ...exact(median), samples }));
  for (const [before, after, judged] of [[1, 9, 0], [9, 2, 0], [3, 3, 1]]) {
    const { worse, unjudged, alike } = compareResults(of(1, before), of(2, after));
    assertEquals([worse.length, unjudged.length, alike], [judged, 1 - judged, 0]);
    assertEquals(compareResults(of(1, before), of(1.05, after)).alike, 1);
  }
});

Deno.test("compareResults() compares ratios where both have one to the same floor, else values", () => {
  const [slow, fast] = [exact(2), exact(1)];
  const withRatio = (value: Spread, ratio: Spread, to = "floor") =>
    resultOf({ ...valued(value), ratio: { ...ratio, to } });
  // The machine got slower by half, the subject no more than its floor.
  assertEquals(compareResults(withRatio(fast, fast), withRatio(slow, fast)).alike, 1);
  assertEquals(compareResults(withRatio(fast, fast), withRatio(fast, slow)).worse[0].of, "ratio");
  assertEquals(compareResults(withRatio(fast, fast), withRatio(slow, fast, "other")).worse[0].of, "value");
  assertEquals(compareResults(withRatio(fast, fast), resultOf(valued(slow))).worse[0].of, "value");
});

Deno.test("compareResults() lists what is missing, added, lost, gained and in another form", () => {
  const one = valued(exact(1));
  const none = { ...one, value: undefined, why: "It ended." };
  const other = { ...one, id: "other" };
  assertEquals(compareResults(resultOf(one, other), resultOf(one)).missing, [other]);
  assertEquals(compareResults(resultOf(one), resultOf(one, other)).added, [other]);
  assertEquals(compareResults(resultOf(one), resultOf(none)).lost, [none]);
  assertEquals(compareResults(resultOf(none), resultOf(one)).gained, [one]);
  const inBytes = { ...one, unit: "B" as const, value: exact(9) };
  assertEquals(compareResults(resultOf(one), resultOf(inBytes)).changedForm, [inBytes]);
});

Deno.test("compareResults() tells of a goal that is newly missed, even by noise", () => {
  const at = (median: number) => resultOf({ ...valued(exact(median)), goal: { of: "value", op: "<=", limit: 1 } });
  const { newlyMissed, worse } = compareResults(at(1), at(1.01));
  assertEquals([newlyMissed.length, worse.length], [1, 0]);
  assertEquals(compareResults(at(1.01), at(1)).newlyMet.length, 1);
});

Deno.test("compareResults() remarks on what makes two results hard to compare", () => {
  const { machine } = SAMPLE;
  const later = { ...SAMPLE, date: "2027-01-01T00:00:00Z" };
  const remarks = (other: BenchResult) => compareResults(other, later).remarks.join("\n");
  assertEquals(remarks(SAMPLE), "");
  assertStringIncludes(remarks({ ...SAMPLE, machine: { ...machine, cpu: "B" } }), "only ratios say something");
  assertStringIncludes(remarks({ ...SAMPLE, machine: { ...machine, runtimes: { deno: "3" } } }), "deno 3, then 2.9.6");
  assertStringIncludes(remarks({ ...SAMPLE, machine: { ...machine, load: 5 } }), "something else ran");
  assertStringIncludes(remarks({ ...SAMPLE, date: "2028-01-01T00:00:00Z" }), "give the older first");
});

Deno.test("comparisonText() shows what got worse last, by how much, and the count", () => {
  const slower = {
    ...SAMPLE,
    measures: SAMPLE.measures.map((measure) => measure.subject === "p-retry" ? scaled(measure, 1.5) : measure),
  };
  const text = comparisonText(compareResults(SAMPLE, slower), { columns: 120 });
  const lines = text.split("\n");
  assertEquals(lines.at(-1)!.startsWith("4 worse, 0 better, "), true, text);
  assertEquals(lines.filter((line) => line.includes("+50 %") && line.includes("/p-retry")).length, 4);
  assertStringIncludes(comparisonText(compareResults(slower, SAMPLE)), "−33 %");
  assertStringIncludes(comparisonText(compareResults(SAMPLE, SAMPLE)), "0 worse, 0 better");
});

function share(runs: number, happens: () => boolean): number {
  return Array.from({ length: runs }, happens).filter(Boolean).length / runs;
}

function exact(median: number): Spread {
  return { median, low: median, high: median, samples: 9 };
}

function valued(value: Spread): Measure {
  const { id, group, title, subject } = MEASURE;
  return { id, group, title, subject, value, unit: "ns", better: "lower" };
}

function resultOf(...measures: Measure[]): BenchResult {
  return { ...SAMPLE, measures };
}

/** Quartiles of so many rounds around 1,000 times `middle`, with noise that is normal in its logarithm. */
function noisy(
  middle: number,
  sigma: number,
  rounds: number,
  random: () => number,
  unit: "ns" | "1/s" = "ns",
): BenchResult {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const seen = Array.from({ length: rounds }, () => 1_000 * middle * Math.exp(sigma * normal())).sort((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (rounds - 1);
    return seen[Math.floor(place)] + (seen[Math.ceil(place)] - seen[Math.floor(place)]) * (place % 1);
  };
  const value = { median: at(0.5), low: at(0.25), high: at(0.75), samples: rounds };
  return resultOf({ ...valued(value), unit, better: unit === "ns" ? "lower" : "higher" });
}

function shaken(measure: Measure, random: () => number): Measure {
  if (measure.value === undefined) return { ...measure, value: exact(1) };
  return random() < 0.2 ? { ...measure, value: undefined, why: "gone" } : scaled(measure, 0.5 + random());
}

function scaled(measure: Measure, factor: number): Measure {
  const times = <S extends Spread>(spread: S): S => ({
    ...spread,
    median: spread.median * factor,
    low: spread.low * factor,
    high: spread.high * factor,
  });
  const { value, ratio } = measure;
  return {
    ...measure,
    value: value && times(value),
    ...(ratio === undefined ? {} : { ratio: times(ratio) }),
  };
}
