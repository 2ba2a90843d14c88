import { type Paint, plain } from "./colour.ts";

/** Rows under a header, each column as wide as its widest cell; the last is not filled up. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], paint: Paint = plain): string[] {
  const widths = header.map((name, place) => Math.max(name.length, ...rows.map((row) => row[place].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, place) => place === row.length - 1 ? cell : cell.padEnd(widths[place])).join("  ").trimEnd();
  return [paint("bold", line(header)), ...rows.map(line)];
}
