/**
 * Chance that belongs to a place and not to a moment: the same operation draws the same numbers in whatever order
 * things happen, so that two ways to run one policy can be compared operation by operation.
 *
 * @module
 */

/** What a number is drawn for. */
export const DRAW = { start: 1, there: 2, back: 3, fault: 4, wait: 16 } as const;

/**
 * A number in [0, 1), by the finalizer of MurmurHash3 (A. Appleby).
 *
 * @param who client or operation
 * @param times how often it has drawn for this before
 */
export function drawn(seed: number, who: number, times: number, what: number): number {
  let hash = mixed(seed ^ Math.imul(who + 1, 0x9e37_79b1));
  hash = mixed(hash ^ Math.imul(times + 1, 0x85eb_ca77));
  return (mixed(hash ^ Math.imul(what, 0xc2b2_ae3d)) >>> 0) / 0x1_0000_0000;
}

/** A whole number from `low` to `high`. */
export function between([low, high]: readonly [number, number], u: number): number {
  return low + Math.floor(u * (high - low + 1));
}

/** Orders numbers of 32 bits by chance: another order for each salt, and back again by {@linkcode unscrambled}. */
export function scrambled(value: number, salt: number): number {
  return Math.imul(value ^ salt, ODD) >>> 0;
}

/** The value that {@linkcode scrambled} was given. */
export function unscrambled(key: number, salt: number): number {
  return (Math.imul(key, INVERSE) ^ salt) >>> 0;
}

const ODD = 0x9e37_79b1;
const INVERSE = inverse(ODD);

/** By which multiplication by an odd number is undone, modulo 2^32; each turn doubles the bits that are right. */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

function mixed(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
