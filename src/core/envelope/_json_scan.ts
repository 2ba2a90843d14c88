/**
 * What `JSON.parse` does not tell, read from the text in one pass: how many members the object named, and
 * where the items of an array stand.
 *
 * @module
 */

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const BACKSLASH = 92;

/**
 * How many members the object itself has, duplicates counted.
 *
 * @param text JSON that was parsed to an object
 */
export function countMembers(text: string): number {
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === COLON) {
      if (depth === 1) members++;
    } else if (code === 123 || code === 91) depth++;
    else if (code === 125 || code === 93) depth--;
  }
  return members;
}

/**
 * The items of a JSON array as texts, at most `maxItems` + 1 of them. Each must still be parsed: if all of them are
 * JSON, then so was the whole.
 *
 * @returns `undefined` if the text is no array
 */
export function splitArray(text: string, maxItems: number): string[] | undefined {
  const items: string[] = [];
  const first = skipSpace(text, 0);
  if (text[first] !== "[") return undefined;
  let start = first + 1;
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === 123 || code === 91) depth++;
    else if (code === COMMA && depth === 1) {
      items.push(text.slice(start, at));
      if (items.length > maxItems) return items;
      start = at + 1;
    } else if ((code === 125 || code === 93) && --depth === 0) {
      if (code !== 93 || skipSpace(text, at + 1) !== text.length) return undefined;
      if (items.length > 0 || skipSpace(text, start) !== at) items.push(text.slice(start, at));
      return items;
    }
  }
  return undefined;
}

/** Index of the quote that ends the string begun at `start`, or of the end of the text. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) break;
    at++;
  }
  return at;
}
