/**
 * The opaque id of a delivery: the same for every attempt, in every process, before and after a restart.
 *
 * 106 bits of a non-cryptographic hash: an id names a delivery, it protects nothing.
 *
 * @param run 1, and one more per redrive
 *
 * @example
 * ```ts
 * import { deliveryId } from "@bellhop/bellhop/bus";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 * assertEquals(deliveryId("/orders", "1", "billing", 1), deliveryId("/orders", "1", "billing", 1));
 * assertNotEquals(deliveryId("/orders", "1", "billing", 1), deliveryId("/orders", "1", "billing", 2));
 * ```
 */
export function deliveryId(source: string, id: string, receiver: string, run: number): string {
  return `dlv_${digest(`${source}\n${id}\n${receiver}\n${run}`)}`;
}

/** 28 hexadecimal digits that stand for a text. */
export function digest(text: string): string {
  return hex(text, 0x9e37_79b9) + hex(text, 0x85eb_ca6b);
}

/** 53 bits of the text: two mixed multiplicative hashes, finished as in MurmurHash3. */
function hex(text: string, seed: number): string {
  let low = 0xdead_beef ^ seed;
  let high = 0x41c6_ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x9e37_79b1);
    high = Math.imul(high ^ unit, 0x5f35_6495);
  }
  low = Math.imul(low ^ (low >>> 16), 0x85eb_ca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2_ae35);
  high = Math.imul(high ^ (high >>> 16), 0x85eb_ca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2_ae35);
  return (0x1_0000_0000 * (high & 0x1f_ffff) + (low >>> 0)).toString(16).padStart(14, "0");
}
