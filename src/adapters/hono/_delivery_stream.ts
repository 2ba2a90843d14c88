/**
 * Deliveries as Server-Sent Events: as many as the reader has room for, and another for each that it has answered.
 *
 * @module
 */
import { BellhopError } from "../../core/error.ts";
import type { Engine } from "../../ports/engine.ts";
import type { After } from "./_after.ts";
import type { Gateway } from "./_gateway.ts";
import { toJson } from "./_gateway_deliveries.ts";

/** The tickets that streams have handed out, each with what its stream does when it is answered. */
export interface Tickets {
  /** Somebody has answered; who works on goes on. */
  answered(ticket: string, working: boolean): void;
  /** `ended` is called once: when it is answered, or when its lease has run out. @returns how to take that back */
  hold(ticket: string, leaseMs: number, ended: () => void): () => void;
}

export function tickets(after: After): Tickets {
  const held = new Map<string, { readonly leaseMs: number; readonly ended: () => void; stop: () => void }>();
  const end = (ticket: string): void => {
    const found = held.get(ticket);
    held.delete(ticket);
    found?.stop();
    found?.ended();
  };
  return {
    answered(ticket, working) {
      const found = held.get(ticket);
      if (found === undefined) return;
      if (!working) return end(ticket);
      found.stop();
      found.stop = after(found.leaseMs, () => end(ticket));
    },
    hold(ticket, leaseMs, ended) {
      held.set(ticket, { leaseMs, ended, stop: after(leaseMs, () => end(ticket)) });
      return () => {
        held.get(ticket)?.stop();
        held.delete(ticket);
      };
    },
  };
}

interface Opening {
  readonly engine: Engine;
  readonly gateway: Pick<Gateway, "limits" | "signal" | "tickets">;
  readonly lease: string;
  /** Most deliveries that are not answered. */
  readonly max: number;
  readonly renewEveryMs: number;
  /** Counts the stream out. */
  readonly leave: () => void;
}

const encoder = new TextEncoder();
const COMMENT = encoder.encode(":\n\n");

export function deliveryStream(
  { engine, gateway, lease, max, renewEveryMs, leave }: Opening,
): ReadableStream<Uint8Array> {
  const ended = new AbortController();
  const open = new Map<string, () => void>();
  let room = () => {};

  function end(): void {
    if (ended.signal.aborted) return;
    ended.abort();
    gateway.signal?.removeEventListener("abort", end);
    for (const forget of open.values()) forget();
    open.clear();
    room();
    leave();
  }

  async function send(stream: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    // Each question renews the lease: it must not run out while nothing comes.
    const waitMs = Math.min(gateway.limits.heartbeatMs, renewEveryMs);
    stream.enqueue(COMMENT);
    while (!ended.signal.aborted) {
      if (open.size >= max) await new Promise<void>((resolve) => room = resolve);
      if (ended.signal.aborted) return;
      const taken = await engine.pull(lease, { max: max - open.size, waitMs, signal: ended.signal });
      if (ended.signal.aborted) return;
      if (taken.length === 0) stream.enqueue(COMMENT);
      for (const delivery of taken) {
        const { ticket, leaseMs } = delivery;
        const ended = () => {
          open.delete(ticket);
          room();
        };
        open.set(ticket, gateway.tickets.hold(ticket, leaseMs, ended));
        stream.enqueue(encoder.encode(`event: delivery\ndata: ${toJson(delivery)}\n\n`));
      }
    }
  }

  return new ReadableStream<Uint8Array>({
    start(stream) {
      gateway.signal?.addEventListener("abort", end);
      send(stream).catch((error) => {
        const code = error instanceof BellhopError ? error.code : "internal";
        stream.enqueue(encoder.encode(`event: ended\ndata: ${JSON.stringify({ code })}\n\n`));
      }).finally(() => {
        end();
        try {
          stream.close();
        } catch {
          // The reader has gone.
        }
      });
    },
    cancel: end,
  });
}
