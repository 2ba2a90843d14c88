import { EXIT, Stop } from "./exit_code.ts";
import { type Line, MOST_CHARACTERS } from "./lines.ts";

/** One piece of JSON of the input, or why there is none. */
export interface Item {
  /** Line it begins at; in an array of the input, its place there, from 1. */
  readonly line: number;
  readonly value?: unknown;
  /** A sentence, if it is not JSON. */
  readonly fault?: string;
}

/**
 * Finds out whether lines are NDJSON, an array or one document, and gives what they hold. NDJSON is given as it arrives,
 * and a bad line spoils itself alone; the two others are read to their end first.
 *
 * The first line that says anything decides: if it is a JSON object by itself, each line is one.
 *
 * @throws {Stop} `usage` for an array or a document that is not JSON, with the number of the line, or is beyond 64 MiB
 */
export async function* items(lines: AsyncIterable<Line>): AsyncGenerator<Item> {
  let ndjson: boolean | undefined;
  const document: string[] = [];
  let first = 1;
  let characters = 0;
  for await (const { number, text } of lines) {
    if (ndjson === undefined && text.trim() !== "") {
      ndjson = isObject(text);
      first = number;
    }
    if (ndjson === undefined) continue;
    if (ndjson) {
      if (text.trim() !== "") yield read(number, text);
      continue;
    }
    document.push(text);
    characters += text.length + 1;
    if (characters > MOST_CHARACTERS) {
      throw new Stop(EXIT.usage, `line ${first} is no JSON object by itself, and the whole is longer than 64 MiB`);
    }
  }
  if (ndjson === false) yield* whole(document.join("\n"), first);
}

function* whole(text: string, first: number): Generator<Item> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const at = lineOf(text, message);
    const place = at === undefined ? `the JSON that begins at line ${first}` : `line ${first + at}`;
    throw new Stop(EXIT.usage, `${place}: ${message.replace(/ at position .*/, "")}`);
  }
  if (!Array.isArray(value)) return yield { line: first, value };
  for (const [place, entry] of value.entries()) yield { line: place + 1, value: entry };
}

function read(line: number, text: string): Item {
  try {
    return { line, value: JSON.parse(text) };
  } catch (error) {
    // The runtime counts lines within the line.
    return { line, fault: (error as Error).message.replace(/ at position .*/, "") };
  }
}

function isObject(text: string): boolean {
  if (!text.trimStart().startsWith("{")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Lines before the fault, as far as the runtime's message tells where it is. */
function lineOf(text: string, message: string): number | undefined {
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  if (position !== undefined) return text.slice(0, Number(position)).split("\n").length - 1;
  return /end of (JSON )?input|EOF/i.test(message) ? text.trimEnd().split("\n").length - 1 : undefined;
}
