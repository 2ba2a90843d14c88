/**
 * Markup that cannot be broken by what is put into it: each value is escaped, unless it is markup itself.
 *
 * @module
 */

/** Text that is HTML already. */
export class Markup {
  constructor(readonly html: string) {}
}

/**
 * A template of markup. Arrays are joined; `undefined`, `null` and `false` are nothing; all else is text, safe between
 * tags and in double quotes.
 */
export function markup(parts: TemplateStringsArray, ...values: unknown[]): Markup {
  return new Markup(
    parts.reduce((all, part, index) => all + markupOf(values[index - 1]) + part.replaceAll(/\n\s+/g, "\n"), ""),
  );
}

/**
 * Text for HTML. Control characters, lone surrogates and marks that turn the direction of the text are replaced: they
 * would show another text than the one that was said.
 */
export function escaped(text: string): string {
  return text.toWellFormed()
    .replaceAll(/(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, "\ufffd")
    .replaceAll(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A number with a comma before each three digits. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 check`, `2 checks`. */
export function count(number: number, noun: string, plural: string = `${noun}s`): string {
  return `${grouped(number)} ${number === 1 ? noun : plural}`;
}

/** A sentence of the specification, its code set as code. */
export function code(sentence: string): Markup {
  return markup`${sentence.split("`").map((part, index) => index % 2 === 1 ? markup`<code>${part}</code>` : part)}`;
}

/** The first characters, and how many are missing. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most)}… (${text.length - most} more characters)`;
}

function markupOf(value: unknown): string {
  if (value instanceof Markup) return value.html;
  if (Array.isArray(value)) return value.map(markupOf).join("");
  if (value === undefined || value === null || value === false) return "";
  return escaped(typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value));
}
