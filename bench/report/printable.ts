/**
 * Text that shows what it says: control characters, lone surrogates and marks that turn the direction of the text are
 * replaced, for a name from elsewhere could move the cursor or hide what stands beside it.
 */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, "\ufffd");
}
