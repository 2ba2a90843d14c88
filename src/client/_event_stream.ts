/**
 * Reads Server-Sent Events, as far as a gateway writes them: fields `event` and `data`, and comments.
 *
 * @module
 */
import { BellhopError } from "../core/error.ts";

/** One event. */
export interface SentEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * The events of a body as they come.
 *
 * @param maxLength most characters of one event
 * @param heard told of every piece, comments as well
 * @throws {BellhopError} `response-too-large`
 */
export async function* eventsIn(
  body: ReadableStream<Uint8Array>,
  maxLength: number,
  heard: () => void,
): AsyncGenerator<SentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r\n\r\n|\n\n|\r\r/);
      rest = blocks.pop()!;
      if (rest.length > maxLength) {
        throw new BellhopError("response-too-large", `an event has more than ${maxLength} characters`);
      }
      for (const block of blocks) {
        const event = eventOf(block);
        if (event !== undefined) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function eventOf(block: string): SentEvent | undefined {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const at = line.indexOf(":");
    if (at < 1) continue;
    const value = line.slice(at + 1).replace(/^ /, "");
    if (line.slice(0, at) === "event") event = value;
    else if (line.slice(0, at) === "data") data.push(value);
  }
  return data.length === 0 ? undefined : { event, data: data.join("\n") };
}
