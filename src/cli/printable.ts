// Besides the C0 and C1 controls those that change the direction of what follows.
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A text from elsewhere as one may show it: what would move the cursor, colour the screen or begin a line is replaced,
 * for a message's type is anybody's to choose.
 */
export function printable(text: string, most = 256): string {
  const shown = text.replace(CONTROLS, "\ufffd");
  return shown.length <= most ? shown : `${shown.slice(0, most - 1)}…`;
}
