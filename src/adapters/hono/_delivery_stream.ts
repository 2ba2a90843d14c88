/**
 * Deliveries as Server-Sent Events: one for each time that the connection asks for more, as long as there is room, so
 * that nothing is handed out that nobody takes.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import type { Engine, PulledDelivery } from "../../ports/engine.ts";
import type { Gateway } from "./_gateway.ts";
import { toJson } from "./_pulled_json.ts";

interface Opening {
  readonly engine: Engine;
  readonly gateway: Pick<Gateway, "after" | "limits" | "nowMs" | "signal" | "tickets">;
  readonly lease: string;
  /** Most deliveries that are not answered. */
  readonly max: number;
  readonly renewEveryMs: number;
  /** Counts the stream out. */
  readonly leave: () => void;
}

type Sink = ReadableStreamDefaultController<Uint8Array>;

const encoder = new TextEncoder();
const COMMENT = encoder.encode(":\n\n");

/** Ends with an event `ended` and the code of the reason, unless the reader goes first. */
export function deliveryStream(
  { engine, gateway, lease, max, renewEveryMs, leave }: Opening,
): ReadableStream<Uint8Array> {
  const ended = new AbortController();
  const { signal } = ended;
  const open = new Map<string, () => void>();
  // Each question renews the lease: it must not run out while nothing comes.
  const beatMs = Math.min(gateway.limits.heartbeatMs, renewEveryMs);
  let begun = false;
  let room = () => {};

  function end(): void {
    if (signal.aborted) return;
    ended.abort();
    for (const forget of open.values()) forget();
    open.clear();
    room();
    leave();
  }

  /** Waits until one is answered or its lease has run out. @returns whether that was in time */
  async function roomBy(untilMs: number): Promise<boolean> {
    while (open.size >= max && !signal.aborted) {
      const late = await new Promise<boolean>((resolve) => {
        const stop = gateway.after(Math.max(0, untilMs - gateway.nowMs()), () => resolve(true));
        room = () => {
          stop();
          resolve(false);
        };
      });
      if (late) return false;
    }
    return true;
  }

  /** What there is, or a comment when it is time for one; `undefined` for a stream that has ended. */
  async function next(): Promise<PulledDelivery | "comment" | undefined> {
    if (!begun) {
      begun = true;
      return "comment";
    }
    const untilMs = gateway.nowMs() + beatMs;
    if (!await roomBy(untilMs)) {
      await engine.renew(lease);
      return "comment";
    }
    if (signal.aborted) return undefined;
    const waitMs = Math.max(0, untilMs - gateway.nowMs());
    const [delivery] = await engine.pull(lease, { max: 1, waitMs, signal, streams: true });
    return delivery ?? "comment";
  }

  function send(sink: Sink, one: PulledDelivery | "comment"): void {
    if (one === "comment") return sink.enqueue(COMMENT);
    const { ticket, leaseMs } = one;
    const gone = () => {
      open.delete(ticket);
      room();
    };
    open.set(ticket, gateway.tickets.hold(ticket, leaseMs, gone));
    sink.enqueue(encoder.encode(`event: delivery\ndata: ${toJson(one)}\n\n`));
  }

  function close(sink: Sink): void {
    end();
    try {
      sink.close();
    } catch {
      // The reader has gone.
    }
  }

  return new ReadableStream<Uint8Array>({
    start(sink) {
      gateway.signal?.addEventListener("abort", () => close(sink), { signal });
      if (gateway.signal?.aborted) close(sink);
    },
    async pull(sink) {
      try {
        const one = await next();
        if (one !== undefined && !signal.aborted) return send(sink, one);
        // The reader went in the very moment: nobody has seen it.
        if (typeof one === "object") await engine.putBack(one.ticket);
        close(sink);
      } catch (error) {
        if (signal.aborted) return;
        const code = error instanceof BellhopError ? error.code : "internal";
        sink.enqueue(encoder.encode(`event: ended\ndata: ${JSON.stringify({ code })}\n\n`));
        close(sink);
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
