/** One of the three lifelines of a diagram. */
export type Lifeline = 0 | 1 | 2;

/** An arrow between two lifelines, or a note at one of them where `from` is `to`. A label may have several lines. */
export interface Stroke {
  readonly from: Lifeline;
  readonly to: Lifeline;
  readonly label: string;
}

/** A stroke on one line, as it is compared and reported. */
export function strokeText({ from, to, label }: Stroke, titles: readonly string[]): string {
  const words = label.replaceAll(/\s+/g, " ").trim();
  return from === to ? `${titles[from]}: ${words}` : `${titles[from]} -> ${titles[to]}: ${words}`;
}
