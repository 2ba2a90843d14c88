/**
 * Tables of Markdown in which nothing that a result says is markup.
 *
 * @module
 */

/** A table; a cell may bring the bold of the page with it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(inline).join(" | ")} |`;
  return [line(head), `| ${head.map(() => "---").join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** Text as itself, whatever it looks like. */
export function inline(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[|`\\[\]]|<(?=[a-z!/?])|(?<![\w])_|_(?![\w])/gi, "\\$&");
}
