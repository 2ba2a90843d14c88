/**
 * Deliveries as Server-Sent Events: as many as the reader has room for, and another for each that it has answered.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import type { Engine, PulledDelivery } from "../../ports/engine.ts";
import type { Gateway } from "./_gateway.ts";
import { toJson } from "./_pulled_json.ts";

interface Opening {
  readonly engine: Engine;
  readonly gateway: Pick<Gateway, "after" | "limits" | "signal" | "tickets">;
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
  let room = () => {};
  let flow = () => {};

  function end(): void {
    if (signal.aborted) return;
    ended.abort();
    gateway.signal?.removeEventListener("abort", end);
    for (const forget of open.values()) forget();
    open.clear();
    room();
    flow();
    leave();
  }

  /** Waits until one is answered or its lease has run out, and meanwhile shows that somebody is there. */
  async function untilRoom(sink: Sink): Promise<void> {
    while (open.size >= max && !signal.aborted) {
      const beat = await new Promise<boolean>((resolve) => {
        const stop = gateway.after(beatMs, () => resolve(true));
        room = () => {
          stop();
          resolve(false);
        };
      });
      if (!beat || signal.aborted) continue;
      await engine.renew(lease);
      comment(sink);
    }
  }

  /** A reader that does not read is given nothing more, nor is its lease renewed. */
  async function untilRead(sink: Sink): Promise<void> {
    while ((sink.desiredSize ?? 0) <= 0 && !signal.aborted) await new Promise<void>((resolve) => flow = resolve);
  }

  function comment(sink: Sink): void {
    if (!signal.aborted && (sink.desiredSize ?? 0) > 0) sink.enqueue(COMMENT);
  }

  async function send(sink: Sink): Promise<void> {
    sink.enqueue(COMMENT);
    while (!signal.aborted) {
      await untilRead(sink);
      await untilRoom(sink);
      if (signal.aborted) return;
      const taken = await engine.pull(lease, { max: max - open.size, waitMs: beatMs, signal });
      if (signal.aborted) return await giveBack(taken);
      if (taken.length === 0) comment(sink);
      for (const [at, delivery] of taken.entries()) {
        // To write the one before may have shown that the reader has gone.
        if (signal.aborted) return await giveBack(taken.slice(at));
        const { ticket, leaseMs } = delivery;
        const gone = () => {
          open.delete(ticket);
          room();
        };
        open.set(ticket, gateway.tickets.hold(ticket, leaseMs, gone));
        sink.enqueue(encoder.encode(`event: delivery\ndata: ${toJson(delivery)}\n\n`));
      }
    }
  }

  /** The reader went in the very moment: nobody has seen them. */
  async function giveBack(taken: readonly PulledDelivery[]): Promise<void> {
    for (const { ticket } of taken) await engine.answer(lease, ticket, { verdict: "unseen" });
  }

  return new ReadableStream<Uint8Array>({
    start(sink) {
      if (gateway.signal?.aborted) end();
      gateway.signal?.addEventListener("abort", end);
      send(sink).catch((error) => {
        if (signal.aborted) return;
        const code = error instanceof BellhopError ? error.code : "internal";
        sink.enqueue(encoder.encode(`event: ended\ndata: ${JSON.stringify({ code })}\n\n`));
      }).finally(() => {
        end();
        try {
          sink.close();
        } catch {
          // The reader has gone.
        }
      });
    },
    pull: () => flow(),
    cancel: end,
  }, { highWaterMark: 2 });
}
