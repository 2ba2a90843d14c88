import process from "node:process";
import { styleText } from "node:util";

/** How a text may be set off. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "magenta" | "blue";

/** Sets a text off, or leaves it as it is. */
export type Paint = (style: Style | undefined, text: string) => string;

/** Leaves every text as it is. */
export const plain: Paint = (_, text) => text;

const coloured: Paint = (style, text) =>
  style === undefined || text === "" ? text : styleText(style, text, { validateStream: false });

/** What suits standard output: colours on a terminal, unless NO_COLOR (no-color.org) or a terminal that knows none. */
export function paintFor(
  terminal: boolean = process.stdout.isTTY === true,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Paint {
  const wanted = terminal && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
  return wanted ? coloured : plain;
}
