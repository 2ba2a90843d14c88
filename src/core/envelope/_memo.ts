/**
 * Remembering which texts were found good: sources and types come again and again.
 *
 * @module
 */

const MAX_TEXTS = 512;
const MAX_LENGTH = 128;

/**
 * The same check, quicker for a short text that it accepted lately; it forgets all when it remembers too much.
 *
 * @param check must depend on nothing but the text
 */
export function remembering(check: (text: string) => boolean): (text: string) => boolean {
  const accepted = new Set<string>();
  return (text) => {
    if (accepted.has(text)) return true;
    if (!check(text)) return false;
    if (text.length <= MAX_LENGTH) {
      if (accepted.size === MAX_TEXTS) accepted.clear();
      accepted.add(text);
    }
    return true;
  };
}
