/**
 * Remembering which texts were found good: sources and types come again and again.
 *
 * @module
 */

const SLOTS = 512; // a power of two
const MAX_LENGTH = 128;

/**
 * The same check, quicker for a short text that it accepted lately. Each text has one slot, which it takes from
 * another: a text that was just parsed has no hash yet, and a set would have to reckon it.
 *
 * @param check must depend on nothing but the text
 */
export function remembering(check: (text: string) => boolean): (text: string) => boolean {
  const accepted = new Array<string | undefined>(SLOTS).fill(undefined);
  return (text) => {
    const slot = slotOf(text);
    if (accepted[slot] === text) return true;
    if (!check(text)) return false;
    if (text.length <= MAX_LENGTH) accepted[slot] = text;
    return true;
  };
}

/** Told apart by their length, their middle and their end, where names that belong together differ. */
function slotOf(text: string): number {
  const { length } = text;
  return (length * 131 + text.charCodeAt(length >> 1) * 31 + text.charCodeAt(length - 1)) & (SLOTS - 1);
}
