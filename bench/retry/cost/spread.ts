import type { Ratio, Spread } from "../../report/result.ts";

/** Median and quartiles of what the rounds gave, of which there is at least one. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)];
    return below + (sorted[Math.ceil(place)] - below) * (place % 1);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), samples: sorted.length };
}

/** The spread of the ratios, each taken within one round. */
export function ratioOf(values: readonly number[], floor: readonly number[], to: string): Ratio {
  return { ...spreadOf(values.map((value, round) => value / floor[round])), to };
}
