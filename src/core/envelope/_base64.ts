/**
 * Base64 by RFC 4648 section 4, padded: the encoding of `data_base64`.
 *
 * @module
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 61;
const VALUES = /* @__PURE__ */ values();
const CODES = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const ASCII = new TextDecoder();

export function encodeBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD);
  let to = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = (bytes[at] << 16) | (left > 1 ? bytes[at + 1] << 8 : 0) | (left > 2 ? bytes[at + 2] : 0);
    codes[to] = CODES[group >> 18];
    codes[to + 1] = CODES[(group >> 12) & 63];
    if (left > 1) codes[to + 2] = CODES[(group >> 6) & 63];
    if (left > 2) codes[to + 3] = CODES[group & 63];
    to += 4;
  }
  return ASCII.decode(codes);
}

/** The bytes, or `undefined` if the text is not padded base64 without white space. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const length = text.length;
  if (length % 4 !== 0) return undefined;
  let padding = 0;
  if (length > 0 && text.charCodeAt(length - 1) === PAD) padding = text.charCodeAt(length - 2) === PAD ? 2 : 1;
  const bytes = new Uint8Array((length / 4) * 3 - padding);
  let to = 0;
  for (let at = 0; at < length; at += 4) {
    const last = at + 4 === length ? padding : 0;
    const a = valueAt(text, at);
    const b = valueAt(text, at + 1);
    const c = last === 2 ? 0 : valueAt(text, at + 2);
    const d = last > 0 ? 0 : valueAt(text, at + 3);
    if ((a | b | c | d) < 0) return undefined;
    // Writes beyond the end of a typed array are dropped, which is what the padding asks for.
    bytes[to++] = (a << 2) | (b >> 4);
    bytes[to++] = (b << 4) | (c >> 2);
    bytes[to++] = (c << 6) | d;
  }
  return bytes;
}

function valueAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? VALUES[code] : -1;
}

function values(): Int8Array {
  const table = new Int8Array(128).fill(-1);
  for (let value = 0; value < 64; value++) table[ALPHABET.charCodeAt(value)] = value;
  return table;
}
