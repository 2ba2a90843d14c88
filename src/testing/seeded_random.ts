/**
 * Randomness that can be replayed: sfc32 by C. Doty-Humphrey (PractRand), seeded by splitmix32.
 *
 * @module
 */

/**
 * A generator of numbers in [0, 1), each of 32 bits; the same seed gives the same numbers on every platform. It is
 * no source of secrets.
 *
 * @param seed any number; its 32 lower bits count
 *
 * @example
 * ```ts
 * import { seededRandom } from "@bellhop/bellhop/testing";
 * import { assertEquals } from "@std/assert";
 * const [a, b] = [seededRandom(42), seededRandom(42)];
 * assertEquals([a(), a(), a()], [b(), b(), b()]);
 * ```
 */
export function seededRandom(seed: number): () => number {
  let mixed = seed | 0;
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let counter = 1;
  for (let i = 0; i < 12; i++) next();
  return () => next() / 0x1_0000_0000;

  function splitmix(): number {
    mixed = (mixed + 0x9e37_79b9) | 0;
    let z = mixed ^ (mixed >>> 16);
    z = Math.imul(z, 0x21f0_aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a_2d97);
    return z ^ (z >>> 15);
  }

  function next(): number {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
