import type { Line } from "./lines.ts";

/** The data of each event of a stream (WHATWG HTML, "Server-sent events"); comments and other fields are passed over. */
export async function* serverSentEvents(lines: AsyncIterable<Line>): AsyncGenerator<string> {
  let data: string[] = [];
  for await (const { text } of lines) {
    if (text === "") {
      if (data.length > 0) yield data.join("\n");
      data = [];
    } else if (text.startsWith("data:")) data.push(text.slice(text[5] === " " ? 6 : 5));
  }
}
