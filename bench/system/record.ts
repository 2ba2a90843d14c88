/**
 * What stores are given: a record of 600 bytes, as a CRITICAL makes one, under a fresh key.
 *
 * @module
 */
export const VALUE: string = JSON.stringify({ envelope: "x".repeat(586) });

let count = 0;

/** Far from the one before, as a hash would be. */
export function recordKey(): string {
  return `msg_${Math.imul(++count, 0x9e37_79b1) >>> 0}_${count}`;
}
