/**
 * Words that may be meant: a mistyped command or option is answered with the nearest one.
 *
 * @module
 */

/** A sentence's end that names the nearest of the words, or nothing if none is near. */
export function suggestion(given: string, words: readonly string[], prefix = ""): string {
  const found = nearest(given, words);
  return found === undefined ? "" : `; did you mean ${prefix}${found}?`;
}

/** The word that takes fewest changes, of at most a third of its letters; or the only one that begins so. */
export function nearest(given: string, words: readonly string[]): string | undefined {
  const beginning = words.filter((word) => given.length > 1 && word.startsWith(given));
  if (beginning.length === 1) return beginning[0];
  let [best, fewest] = [undefined as string | undefined, Infinity];
  for (const word of words) {
    const changes = distance(given.slice(0, 64), word);
    if (changes < fewest && changes <= Math.max(1, Math.floor(word.length / 3))) [best, fewest] = [word, changes];
  }
  return best;
}

/**
 * How many letters must be added, removed, replaced, or exchanged with their neighbour.
 *
 * Optimal string alignment: F. Damerau, "A technique for computer detection and correction of spelling errors" (1964).
 */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      const exchanged = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (exchanged) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[other.length];
}
