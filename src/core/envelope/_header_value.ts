/**
 * Values of `ce-` headers: percent-encoded UTF-8, by the CloudEvents HTTP Protocol Binding, section 3.1.3.2.
 *
 * @module
 */

import { allIn, HEADER_PLAIN, hexValue } from "./_characters.ts";
import { fault } from "./_rules.ts";
import type { Fault } from "../error.ts";
import { decodeUtf8, encodeUtf8 } from "./_utf8.ts";

const PERCENT = 37;
const HEX = "0123456789ABCDEF";

/** Escapes the space, the double quote, the percent sign and all that is not printable ASCII. */
export function encodeHeaderValue(text: string): string {
  if (allIn(HEADER_PLAIN, text, 0, text.length)) return text;
  let escaped = "";
  for (const byte of encodeUtf8(text)) {
    if (byte < 128 && HEADER_PLAIN[byte] === 1) escaped += String.fromCharCode(byte);
    else escaped += `%${HEX[byte >> 4]}${HEX[byte & 15]}`;
  }
  return escaped;
}

/** Undoes quoting and exactly one round of escaping; a fault where either is broken. */
export function decodeHeaderValue(name: string, raw: string): string | Fault {
  const text = raw.charCodeAt(0) === 34 ? unquote(raw) : raw;
  if (text === undefined) return fault(name, "quoted", "A value that begins with a quote must be a quoted string");
  if (allIn(HEADER_PLAIN, text, 0, text.length)) return text;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code < 32 || code > 126) {
      return fault(name, "character", "A header's value must be printable ASCII, the rest escaped");
    }
    if (code === PERCENT) {
      const high = hexValue(text.charCodeAt(at + 1));
      const low = hexValue(text.charCodeAt(at + 2));
      if (high < 0 || low < 0) {
        return fault(name, "percent", "A percent sign must be followed by two hexadecimal digits");
      }
      code = high * 16 + low;
      at += 2;
    }
    bytes[length++] = code;
  }
  return decodeUtf8(bytes.subarray(0, length)) ?? fault(name, "utf8", "What is escaped must be UTF-8");
}

/** The content of an RFC 9110 quoted string. */
function unquote(text: string): string | undefined {
  let content = "";
  let from = 1;
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at === text.length - 1 ? content + text.slice(from, at) : undefined;
    if (code === 92) {
      content += text.slice(from, at);
      from = ++at;
    }
  }
  return undefined;
}
