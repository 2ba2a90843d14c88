import { type Stroke, strokeText } from "./stroke.ts";

/** Where what was drawn differs from the seed's figure. */
export interface Difference {
  /** What the figure has and the drawing has not, in that order. */
  readonly missing: readonly string[];
  /** What the drawing has besides. */
  readonly besides: readonly string[];
}

/** Compares strokes in order, by the longest sequence that both have. */
export function compare(wanted: readonly Stroke[], drawn: readonly Stroke[], titles: readonly string[]): Difference {
  const one = wanted.map((stroke) => strokeText(stroke, titles));
  const other = drawn.map((stroke) => strokeText(stroke, titles));
  const common = one.map(() => other.map(() => 0));
  const length = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = one.length - 1; i >= 0; i--) {
    for (let j = other.length - 1; j >= 0; j--) {
      common[i][j] = one[i] === other[j] ? 1 + length(i + 1, j + 1) : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const missing: string[] = [];
  const besides: string[] = [];
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length) {
    if (one[i] === other[j]) [i, j] = [i + 1, j + 1];
    else if (length(i + 1, j) >= length(i, j + 1)) missing.push(one[i++]);
    else besides.push(other[j++]);
  }
  return { missing: [...missing, ...one.slice(i)], besides: [...besides, ...other.slice(j)] };
}
