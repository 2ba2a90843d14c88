/**
 * Draws a sequence diagram in the seeds' style, stroke by stroke: boxes, lifelines, arrows.
 *
 * @module
 */
import type { Stroke } from "./stroke.ts";

/** Columns of the lifelines. */
const COLUMNS = [8, 31, 54] as const;
const BOX_WIDTH = 14;
/** Where remarks beside the diagram begin. */
const MARGIN = 74;
/** Sets a remark apart from the diagram. */
export const REMARK = "·";

/** The boxes on top of the lifelines. */
export function header(titles: readonly string[]): string[] {
  const edge = titles.map(() => `+${"-".repeat(BOX_WIDTH + 2)}+`).join("     ");
  return [edge, titles.map((title) => `| ${title.padEnd(BOX_WIDTH)} |`).join("     "), edge, rest()];
}

/** The lines of one stroke; the remark stands beside the last line that says something. */
export function draw(stroke: Stroke, remark = ""): string[] {
  const { from, to, label } = stroke;
  const words = label.split("\n");
  const lines = from === to
    ? words.map((line) => over(rest(), COLUMNS[from] + 2, line))
    : [...words.map((line) => labelled(stroke, line)), arrow(stroke)];
  lines[lines.length - 1] = beside(lines[lines.length - 1], remark);
  return [...lines, rest()];
}

/** A line across the lifelines for what happens to the processes behind them. */
export function rule(text: string): string[] {
  return [`${REMARK}${REMARK} ${text} `.padEnd(COLUMNS[2] + 9, REMARK), rest()];
}

/** The lifelines with nothing between them. */
function rest(): string {
  return COLUMNS.reduce((line, column) => over(line, column, "|"), "");
}

function labelled({ from, to }: Stroke, line: string): string {
  const left = COLUMNS[Math.min(from, to)];
  const spans = Math.abs(from - to) === 2;
  // A label that crosses the middle lifeline hides it, as in the seeds.
  const row = spans ? over(over("", left, "|"), COLUMNS[2], "|") : rest();
  return over(row, left + 2, line);
}

function arrow({ from, to }: Stroke): string {
  const left = COLUMNS[Math.min(from, to)];
  const length = COLUMNS[Math.max(from, to)] - left - 1;
  const shaft = "-".repeat(length - 1);
  return over(rest(), left + 1, from < to ? `${shaft}>` : `<${shaft}`);
}

function beside(line: string, remark: string): string {
  return remark === "" ? line : `${line.padEnd(MARGIN)}${REMARK} ${remark}`;
}

function over(line: string, column: number, text: string): string {
  return line.padEnd(column).slice(0, column) + text + line.slice(column + text.length);
}
