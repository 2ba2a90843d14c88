/**
 * Bodies, read up to their limit and within their time.
 *
 * @module
 */
import type { HonoRequest } from "hono";
import { BellhopError } from "../../core/error.ts";
import type { BodyWatch } from "./_body_watch.ts";

/** The body of a request that fits its limit. */
export type ReadBody = (
  request: HonoRequest,
  maxBytes: number,
  contentLength: string | undefined,
) => Promise<Uint8Array>;

/**
 * Reads bodies under one watch over their time.
 *
 * A stated length decides alone that the body is too large. That it is small enough is believed of the server, which
 * frames the body by it, and checked afterwards; what has no length is counted as it arrives.
 */
export function bodyReader(watch: BodyWatch): ReadBody {
  return (request, maxBytes, contentLength) => {
    const { raw } = request;
    if (raw.bodyUsed) return readCached(request, maxBytes);
    if (contentLength !== undefined && /^\d{1,15}$/.test(contentLength)) {
      if (Number(contentLength) > maxBytes) throw tooLarge(maxBytes);
      return watch(raw.arrayBuffer(), ignore).then((buffer) => bounded(buffer, maxBytes), unreadable);
    }
    if (raw.body === null) return Promise.resolve(new Uint8Array());
    if (raw.body.locked) throw taken();
    const reader = raw.body.getReader();
    return watch(count(reader, maxBytes), () => reader.cancel().catch(ignore)).catch(unreadable);
  };
}

/** What a middleware before the gateway has read through Hono can be had again; what it took from the request cannot. */
function readCached(request: HonoRequest, maxBytes: number): Promise<Uint8Array> {
  if (Object.keys(request.bodyCache).length === 0) throw taken();
  return request.arrayBuffer().then((buffer) => bounded(buffer, maxBytes), unreadable);
}

async function count(reader: ReadableStreamDefaultReader<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      reader.cancel().catch(ignore);
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  if (chunks.length === 1) return chunks[0];
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.byteLength;
  }
  return body;
}

function bounded(buffer: ArrayBuffer, maxBytes: number): Uint8Array {
  if (buffer.byteLength > maxBytes) throw tooLarge(maxBytes);
  return new Uint8Array(buffer);
}

function tooLarge(maxBytes: number): BellhopError {
  return new BellhopError("body-too-large", `The body may take ${maxBytes} bytes`);
}

function taken(): BellhopError {
  return new BellhopError("internal", "A middleware before the gateway took the body; let it read through c.req");
}

function unreadable(error: unknown): never {
  if (error instanceof BellhopError) throw error;
  throw new BellhopError("envelope-malformed", "The body could not be read to its end", { cause: error });
}

function ignore(): void {}
