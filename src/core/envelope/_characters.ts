/**
 * Character classes as tables over ASCII, and the scanners that use nothing else: one pass, no backtracking.
 *
 * @module
 */

/** A class of ASCII characters: not 0 at the code of each member. */
export type CharacterClass = Uint8Array;

const DIGIT = "0123456789";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();

/** Lower-case letters and digits: names of attributes. */
export const ATTRIBUTE_NAME: CharacterClass = characters(LOWER + DIGIT);
/** Names of services, after their first character. */
export const SERVICE_NAME: CharacterClass = characters(LOWER + DIGIT + "-");
/** Names of instances. */
export const INSTANCE_NAME: CharacterClass = characters(LOWER + UPPER + DIGIT + "._-");
/** The kind of a character that its table has no place for. */
export const REFUSED = 128;
/** In {@linkcode TYPE}: the dot. */
export const TOKEN_END = 2;
/** In {@linkcode URI}: the colon. */
export const URI_COLON = 2;
/** In {@linkcode URI}: the percent sign, the number sign and the brackets, which have rules of their own. */
export const URI_RULED = 4;

/** Kinds of the characters of a type: 1 or `TOKEN_END`, printable ASCII without the space and the wildcards. */
export const TYPE: Uint8Array = kinds(range(0x21, 0x7e, "*>"), ".", TOKEN_END);
/** Kinds of the characters of RFC 3986: 1, `URI_COLON` or `URI_RULED`. */
export const URI: Uint8Array = uriKinds();
/** RFC 3986 `scheme`, after its first letter. */
export const SCHEME: CharacterClass = characters(LOWER + UPPER + DIGIT + "+-.");
/** RFC 9110 `tchar`. */
export const HTTP_TOKEN: CharacterClass = characters(LOWER + UPPER + DIGIT + "!#$%&'*+-.^_`|~");
/** Lower-case hexadecimal digits. */
export const LOWER_HEX: CharacterClass = characters(DIGIT + "abcdef");
/** What a header's value may hold unescaped by the CloudEvents HTTP binding. */
export const HEADER_PLAIN: CharacterClass = range(0x21, 0x7e, '"%');

/** Whether every character of `text` from `start` to `end` is in the class; the empty range is. */
export function allIn(members: CharacterClass, text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code > 127 || members[code] === 0) return false;
  }
  return true;
}

/** Value of a hexadecimal digit given by its character code, or -1. */
export function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 65 && code <= 70) return code - 55;
  if (code >= 97 && code <= 102) return code - 87;
  return -1;
}

/**
 * Index of the first code unit that a CloudEvents String must not hold (controls, lone surrogates, noncharacters),
 * or -1.
 */
export function invalidAt(text: string): number {
  let doubt = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    doubt |= (code - 32) | (126 - code);
  }
  return doubt < 0 ? invalidBeyondAscii(text) : -1;
}

function invalidBeyondAscii(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 31 && code < 127) continue;
    if (code < 0xa0) return at;
    if (code < 0xd800) continue;
    if (code < 0xe000) {
      const low = text.charCodeAt(at + 1);
      if (code > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return at;
      // The last two code points of each plane are those whose low ten bits and last plane bits are all ones.
      if ((low & 0x3fe) === 0x3fe && (code & 0x3f) === 0x3f) return at;
      at++;
    } else if ((code >= 0xfdd0 && code <= 0xfdef) || code >= 0xfffe) return at;
  }
  return -1;
}

/** Whether the text has a UTF-8 encoding, that is no lone surrogate. */
export function isWellFormed(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0xd800 || code > 0xdfff) continue;
    const low = text.charCodeAt(++at);
    if (code > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff)) return false;
  }
  return true;
}

/** Bytes of the text in UTF-8, a lone surrogate counted as three. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else if (code >= 0xd800 && code <= 0xdbff && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      bytes += 2;
      at++;
    } else bytes += 2;
  }
  return bytes;
}

/** Whether the text takes more than so many bytes; counts them only where its length leaves a doubt. */
export function exceedsBytes(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  return text.length * 3 > maxBytes && utf8Length(text) > maxBytes;
}

function characters(members: string): CharacterClass {
  const table = new Uint8Array(128);
  for (let at = 0; at < members.length; at++) table[members.charCodeAt(at)] = 1;
  return table;
}

function range(first: number, last: number, except: string): CharacterClass {
  const table = new Uint8Array(128);
  for (let code = first; code <= last; code++) table[code] = except.includes(String.fromCharCode(code)) ? 0 : 1;
  return table;
}

/** Other characters become `REFUSED`. */
function kinds(members: CharacterClass, special: string, kind: number): Uint8Array {
  const table = members.map((member) => member === 0 ? REFUSED : member);
  for (let at = 0; at < special.length; at++) table[special.charCodeAt(at)] = kind;
  return table;
}

function uriKinds(): Uint8Array {
  const table = kinds(characters(LOWER + UPPER + DIGIT + "-._~@!$&'()*+,;=/?"), ":", URI_COLON);
  for (const ruled of "%#[]") table[ruled.charCodeAt(0)] = URI_RULED;
  return table;
}
