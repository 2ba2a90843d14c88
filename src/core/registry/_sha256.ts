/**
 * SHA-256 of a short text, at once: the platforms' own gives a promise, for which this core has no place.
 *
 * Source: FIPS 180-4, sections 4.1.2, 5 and 6.2.
 *
 * @module
 */

const PRIMES = primes(64);
/** The first 32 bits behind the point of the cube roots of the first 64 primes. */
const ROUND = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
/** The same of the square roots of the first eight. */
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const BLOCK_BYTES = 64;
/** What follows the text in its last block: a bit, and the length in 64 bits. */
const TAIL_BYTES = 9;

const schedule = new Int32Array(64);

/** 64 hexadecimal digits. The text must be of ASCII. */
export function sha256Hex(text: string): string {
  const { length } = text;
  const blocks = Math.ceil((length + TAIL_BYTES) / BLOCK_BYTES);
  const words = new Int32Array(blocks * 16);
  for (let at = 0; at < length; at++) words[at >> 2] |= text.charCodeAt(at) << shiftOf(at);
  words[length >> 2] |= 0x80 << shiftOf(length);
  words[words.length - 1] = length * 8;
  const state = START.slice();
  for (let block = 0; block < words.length; block += 16) compress(state, words, block);
  let hex = "";
  for (let at = 0; at < 8; at++) hex += (state[at] >>> 0).toString(16).padStart(8, "0");
  return hex;
}

function compress(state: Int32Array, words: Int32Array, block: number): void {
  for (let t = 0; t < 16; t++) schedule[t] = words[block + t];
  for (let t = 16; t < 64; t++) {
    const early = schedule[t - 15];
    const late = schedule[t - 2];
    const mixedEarly = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
    const mixedLate = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
    schedule[t] = schedule[t - 16] + mixedEarly + schedule[t - 7] + mixedLate;
  }
  // Not taken apart by an iterator: every publish of a registered service passes here.
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let t = 0; t < 64; t++) {
    const first = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[t] + schedule[t]) |
      0;
    const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function shiftOf(byte: number): number {
  return 24 - 8 * (byte & 3);
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 0x1_0000_0000);
}
