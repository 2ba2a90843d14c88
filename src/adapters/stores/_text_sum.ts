/**
 * A sum over a record's key and value, to find what was changed in between: any change of one character changes it,
 * others are missed once in 2³². Signed, so that SQLite keeps it in four bytes. No guard against anybody's intent.
 */
export function textSum(key: string, value: string): number {
  return added(added(key.length, key), value);
}

function added(start: number, text: string): number {
  let sum = start;
  const even = text.length & ~1;
  for (let i = 0; i < even; i += 2) {
    // Each step is a bijection of what went before, so a difference never gets lost on the way.
    sum = Math.imul(sum ^ (text.charCodeAt(i) | text.charCodeAt(i + 1) << 16), 0x9e37_79b1);
    sum ^= sum >>> 15;
  }
  if (even < text.length) sum = Math.imul(sum ^ text.charCodeAt(even), 0x85eb_ca6b);
  return Math.imul(sum ^ sum >>> 13, 0xc2b2_ae35) ^ text.length;
}
