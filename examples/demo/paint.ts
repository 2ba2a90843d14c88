/** Colours, on a terminal whose owner wants them. */
const COLOURS = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

/** A colour by its name. */
export type Colour = keyof typeof COLOURS;

const wanted = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");

/** The text in that colour, or as it is where colours are not wanted. */
export function paint(colour: Colour, text: string): string {
  return wanted ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
}

/** Writes lines to the terminal. */
export function show(...lines: readonly string[]): void {
  Deno.stdout.writeSync(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
}
