import { EXIT, Stop } from "./exit_code.ts";

/** One line of the input, without its end. */
export interface Line {
  /** 1 is the first. */
  readonly number: number;
  readonly text: string;
}

/** Most characters of one line, or of an input that is one document. */
export const MOST_CHARACTERS = 67_108_864;

/**
 * Splits bytes into lines as they arrive, holding one line at most.
 *
 * @param onBytes told how many bytes were taken in
 * @throws {Stop} `usage` for bytes that are not UTF-8 and for a line beyond the bound
 */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void = () => {},
): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let number = 1;
  let rest = "";
  for await (const chunk of chunks) {
    onBytes(chunk.byteLength);
    const text = decode(decoder, chunk, number);
    let from = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", from)) {
      yield { number: number++, text: withoutReturn(rest + text.slice(from, end)) };
      rest = "";
      from = end + 1;
    }
    rest += text.slice(from);
    if (rest.length > MOST_CHARACTERS) throw new Stop(EXIT.usage, `line ${number} is longer than 64 MiB`);
  }
  rest += decode(decoder, undefined, number);
  if (rest !== "") yield { number, text: withoutReturn(rest) };
}

function decode(decoder: TextDecoder, chunk: Uint8Array | undefined, number: number): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new Stop(EXIT.usage, `the input is not UTF-8, at line ${number} or after it`);
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
