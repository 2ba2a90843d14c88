/**
 * What time does to files: they end too early, or bits of them turn over.
 *
 * @module
 */
import fc from "fast-check";

/** One damage; places are parts of the file's length, so that it fits any file. */
export type Damage =
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "flip"; readonly at: readonly number[]; readonly bit: number };

/** Not `fc.double`, which has more numbers near 0 than elsewhere. */
const place = fc.noBias(fc.integer({ min: 0, max: 2 ** 30 - 1 })).map((part) => part / 2 ** 30);

/** Any damage. */
export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("cut" as const), at: place }),
  fc.record({
    kind: fc.constant("flip" as const),
    at: fc.array(place, { minLength: 1, maxLength: 3 }),
    bit: fc.integer({ min: 0, max: 7 }),
  }),
);

/** The bytes, damaged. */
export function damaged(bytes: Uint8Array, how: Damage): Uint8Array {
  if (how.kind === "cut") return bytes.slice(0, Math.floor(how.at * bytes.length));
  const changed = bytes.slice();
  for (const at of new Set(how.at.map((at) => Math.floor(at * bytes.length)))) changed[at] ^= 1 << how.bit;
  return changed;
}
