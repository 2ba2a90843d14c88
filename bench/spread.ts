/**
 * Numbers of several rounds as the report wants them: median and quartiles.
 *
 * @module
 */
import type { Ratio, Spread } from "./report/result.ts";

/** The median of the rounds and the quartiles around it. @throws {RangeError} without a number */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("a spread needs the number of one round at least: got none");
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    samples: sorted.length,
  };
}

/** The ratio to a floor that was taken in the same rounds: round by round, so that a slow minute divides itself out. */
export function ratioOf(values: readonly number[], floor: readonly number[], to: string): Ratio {
  if (values.length !== floor.length) {
    throw new RangeError(`a ratio to ${to} needs as many rounds of both: got ${values.length} and ${floor.length}`);
  }
  return { to, ...spreadOf(values.map((value, round) => value / floor[round])) };
}

/** Between two neighbours it goes in a straight line, as most tables of statistics do. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place - Math.floor(place));
}
