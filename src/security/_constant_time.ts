/**
 * Comparing without telling where the difference lies.
 *
 * @module
 */

/**
 * Whether two texts of ASCII are equal, in a time that depends on the length of the longer alone. No early return: the
 * differences are gathered, and looked at once.
 */
export function sameText(a: string, b: string): boolean {
  const length = Math.max(a.length, b.length);
  let difference = a.length ^ b.length;
  // Beyond an end charCodeAt is NaN, which counts as 0 here; the lengths have been compared above.
  for (let i = 0; i < length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/**
 * Places in a table of equally long rows at which a row equals the one wanted; every row is read to its end, whichever
 * fits.
 *
 * @returns how many rows are equal, and the place of the last of them (-1 for none)
 */
export function findRow(table: Uint32Array, row: Uint32Array): { readonly count: number; readonly place: number } {
  const width = row.length;
  let count = 0;
  let place = -1;
  for (let start = 0, i = 0; start < table.length; start += width, i++) {
    let difference = 0;
    for (let word = 0; word < width; word++) difference |= table[start + word] ^ row[word];
    // 1 if nothing differs, without a branch: -0 and every other number keep or set the sign of x | -x.
    const equal = ((difference | -difference) >>> 31) ^ 1;
    count += equal;
    place = (place & (equal - 1)) | (i & -equal);
  }
  return { count, place };
}
