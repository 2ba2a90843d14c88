import type { BenchResult } from "../result.ts";

/** The same result, with all that should be low three times as high, and no floor to excuse it. */
export function slower(result: BenchResult): BenchResult {
  const measures = result.measures.map(({ ratio: _, ...measure }) => {
    const { value } = measure;
    if (value === undefined || measure.better === "higher") return measure;
    return { ...measure, value: { ...value, median: 3 * value.median, low: 3 * value.low, high: 3 * value.high } };
  });
  return { ...result, measures };
}
