/**
 * The records that the writers of the kill tests write: number n alone says what its key and value must be.
 *
 * @module
 */

/** Records that a writer keeps at a time. */
export const WINDOW = 500;

/** Key of record `n`; keys sort as numbers do. */
export function keyOf(n: number): string {
  return String(n).padStart(12, "0");
}

/** What record `n` must hold: a number of characters that varies, so that records cross pages. */
export function valueOf(n: number): string {
  return `${n}:${String.fromCharCode(97 + n % 26).repeat((n * 7_919) % 3_000)}`;
}
