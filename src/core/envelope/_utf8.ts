/**
 * UTF-8 in both directions, strict in the one where it can be wrong.
 *
 * @module
 */

// A byte order mark is data: JSON.parse then refuses it, and text keeps it.
const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** The text, or `undefined` if the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  // The lenient decoder is several times faster, and marks what is wrong with a character that is seldom meant.
  const text = LENIENT.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes of the text; a lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}
