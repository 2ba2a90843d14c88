/**
 * The live trace as Server-Sent Events: each step is written once and handed to every stream; a stream whose reader is
 * slower than its buffer is told so and ended, for the bus waits for nobody.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import type { Engine, EngineTrace } from "../../ports/engine.ts";
import { type After, afterBy } from "./_after.ts";

/** Bounds of the streams. */
export interface StreamLimits {
  /** Streams at once; half of them, rounded up, for one credential. */
  readonly maxStreams: number;
  /** Bytes that one stream may hold for its reader. */
  readonly maxStreamBytes: number;
  /** Milliseconds between comments. */
  readonly heartbeatMs: number;
}

/** Opens streams of the trace. */
export interface TraceStreams {
  /** @param reader whose credential it is, none in open mode; @throws {BellhopError} `too-many-streams` */
  open(engine: Engine, reader: string | undefined): ReadableStream<Uint8Array>;
}

const encoder = new TextEncoder();
const COMMENT = encoder.encode(":\n\n");
const DROPPED = encoder.encode('event: dropped\ndata: {"kind":"dropped","reason":"slow-reader"}\n\n');

/** @param signal ends every stream */
export function traceStreams(
  limits: StreamLimits,
  signal?: AbortSignal,
  after: After = afterBy(undefined),
): TraceStreams {
  const streams = new Map<ReadableStreamDefaultController<Uint8Array>, string | undefined>();
  let unsubscribe: (() => void) | undefined;
  let stopBeating = () => {};

  function leave(stream: ReadableStreamDefaultController<Uint8Array>): void {
    if (!streams.delete(stream) || streams.size > 0) return;
    unsubscribe?.();
    unsubscribe = undefined;
    stopBeating();
  }

  function send(bytes: Uint8Array): void {
    for (const stream of streams.keys()) {
      if ((stream.desiredSize ?? 0) >= bytes.byteLength) {
        stream.enqueue(bytes);
        continue;
      }
      stream.enqueue(DROPPED);
      stream.close();
      leave(stream);
    }
  }

  function beat(): void {
    stopBeating = after(limits.heartbeatMs, () => {
      // The next first: who is ended by this comment may be the last.
      beat();
      send(COMMENT);
    });
  }

  signal?.addEventListener("abort", () => {
    for (const stream of streams.keys()) {
      stream.close();
      leave(stream);
    }
  }, { once: true });

  return {
    open(engine, reader) {
      if (signal?.aborted) throw new BellhopError("closing");
      if (streams.size >= limits.maxStreams) {
        throw new BellhopError("too-many-streams", `${limits.maxStreams} streams may be open`);
      }
      // Who opens them one after the other would leave none to the others.
      const most = Math.ceil(limits.maxStreams / 2);
      if (reader !== undefined && [...streams.values()].filter((other) => other === reader).length >= most) {
        throw new BellhopError("too-many-streams", `${most} streams of one credential may be open`);
      }
      unsubscribe ??= engine.trace((step) => send(eventOf(step)));
      if (streams.size === 0) beat();
      let own: ReadableStreamDefaultController<Uint8Array>;
      return new ReadableStream<Uint8Array>({
        start(stream) {
          own = stream;
          streams.set(stream, reader);
          stream.enqueue(COMMENT); // so that the reader knows at once that it listens
        },
        cancel: () => leave(own),
      }, { highWaterMark: limits.maxStreamBytes, size: (bytes) => bytes.byteLength });
    },
  };
}

function eventOf({ event }: EngineTrace): Uint8Array {
  return encoder.encode(`event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
}
