/**
 * Bodies, read up to their limit and within their time.
 *
 * @module
 */
import type { HonoRequest } from "hono";
import { BellhopError } from "../../core/error.ts";
import { type After, afterBy } from "./_after.ts";

/** The body of a request that fits its limit. */
export type ReadBody = (
  request: HonoRequest,
  maxBytes: number,
  contentLength: string | undefined,
) => Promise<Uint8Array>;

// In how many turns of the microtask queue a body is there that came together with its headers.
const READY_TURNS = 6;

/**
 * Reads bodies, each within `timeoutMs`.
 *
 * A stated length decides alone that the body is too large. That it is small enough is believed of the server, which
 * frames the body by it, and checked afterwards; what has no length is counted as it arrives.
 */
export function bodyReader(timeoutMs: number, after: After = afterBy(undefined)): ReadBody {
  return async (request, maxBytes, contentLength) => {
    const { raw } = request;
    if (raw.bodyUsed) return await readCached(request, maxBytes);
    if (contentLength !== undefined && /^\d{1,15}$/.test(contentLength)) {
      if (Number(contentLength) > maxBytes) throw tooLarge(maxBytes);
      // Through Hono, which keeps it for a middleware that reads it afterwards.
      const reading = request.arrayBuffer();
      // A timer costs a quarter of a publish: only a body that is still on its way is given one.
      let ready: ArrayBuffer | undefined;
      reading.then((buffer) => ready = buffer, ignore);
      for (let turn = 0; turn < READY_TURNS && ready === undefined; turn++) await undefined;
      return bounded(
        ready ?? await within(after, timeoutMs, reading, ignore).catch((error) => {
          // Held by a reader that has read nothing yet: what failed midway has been used.
          throw raw.bodyUsed || error instanceof BellhopError ? error : taken(request);
        }).catch(unreadable),
        maxBytes,
      );
    }
    if (raw.body === null) return new Uint8Array();
    if (raw.body.locked) throw taken(request);
    const reader = raw.body.getReader();
    const cancel = () => reader.cancel().catch(ignore);
    const body = await within(after, timeoutMs, count(reader, maxBytes), cancel).catch(unreadable);
    keep(request, body);
    return body;
  };
}

function within<T>(after: After, timeoutMs: number, reading: Promise<T>, cancel: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = after(timeoutMs, () => {
      reject(new BellhopError("timeout", `The body did not arrive within ${timeoutMs} ms`));
      cancel();
    });
    reading.then(resolve, reject).finally(stop);
  });
}

/** What a middleware before us has read through Hono can be had again; what it took from the request cannot. */
function readCached(request: HonoRequest, maxBytes: number): Promise<Uint8Array> {
  if (Object.keys(request.bodyCache).length === 0) throw taken(request);
  return request.arrayBuffer().then((buffer) => bounded(buffer, maxBytes), unreadable);
}

/** As Hono keeps what it reads itself; its type tells of the values, not of their promises. */
function keep({ bodyCache }: HonoRequest, body: Uint8Array): void {
  (bodyCache as { arrayBuffer?: unknown }).arrayBuffer = Promise.resolve(body.slice().buffer);
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

function taken({ method, path }: HonoRequest): BellhopError {
  return new BellhopError("body-used", `A middleware took the body of ${method} ${path.slice(0, 256)}`);
}

function unreadable(error: unknown): never {
  if (error instanceof BellhopError) throw error;
  throw new BellhopError("envelope-malformed", "The body could not be read to its end", { cause: error });
}

function ignore(): void {}
