/**
 * Tables and paragraphs for a terminal of a given width.
 *
 * @module
 */
import { styleText } from "node:util";
import stringWidth from "npm:string-width@9.0.0";
import { getBorderCharacters, table } from "npm:table@6.10.1";
import wrapAnsi from "npm:wrap-ansi@10.0.2";

export type Paint = (style: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string;

/** How wide lines may be, and whether words are set off. */
export interface TextOptions {
  /** 80 unless given. */
  readonly columns?: number;
  /** No, unless given. */
  readonly colour?: boolean;
}

/** Between two columns. */
export const GAP = 2;

export function paintOf({ colour = false }: TextOptions): Paint {
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : (_, text) => text;
}

/** What suits standard output: colours on a terminal, unless NO_COLOR (no-color.org) or a terminal that knows none. */
export function textOptions(): Required<TextOptions> {
  const terminal = Deno.stdout.isTerminal();
  const colour = terminal && !Deno.noColor && Deno.env.get("TERM") !== "dumb";
  return { columns: terminal ? Deno.consoleSize().columns : 100, colour };
}

/** Writes to standard output, all of it. */
export function printText(text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
}

/**
 * Rows as lines, each column as wide as its widest cell; where that is too wide the first column is broken.
 *
 * @param right for each column whether it stands at the right
 */
export function tableLines(right: readonly boolean[], rows: readonly (readonly string[])[], columns: number): string[] {
  const widths = right.map((_, place) => columnWidth(rows, place));
  const rest = columns - widths.slice(1).reduce((sum, width) => sum + width + GAP, 0);
  // Only a name can be broken; so it is the name that yields.
  widths[0] = Math.max(8, Math.min(widths[0], rest));
  return table(rows.map((row) => [...row]), {
    border: getBorderCharacters("void"),
    columnDefault: { paddingLeft: 0, paddingRight: GAP, wrapWord: true },
    columns: widths.map((width, place) => ({ width, alignment: right[place] ? "right" : "left" })),
    drawHorizontalLine: () => false,
  }).split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
}

/** What a table of these rows needs. */
export function tableWidth(rows: readonly (readonly string[])[]): number {
  return rows[0].reduce((sum, _, place) => sum + columnWidth(rows, place) + GAP, -GAP);
}

/** Lines that fit, all but the first moved in. */
export function wrapped(text: string, columns: number, indent = ""): string[] {
  return wrapAnsi(text, columns - indent.length, { hard: true }).split("\n").map((line, index) =>
    index === 0 ? line : `${indent}${line}`
  );
}

function columnWidth(rows: readonly (readonly string[])[], place: number): number {
  return Math.max(...rows.map((row) => stringWidth(row[place])));
}
