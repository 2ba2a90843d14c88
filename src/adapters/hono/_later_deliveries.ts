/**
 * The answer to a request for deliveries that waits for the first.
 *
 * @module
 */
import type { Engine } from "../../ports/engine.ts";
import type { Gateway } from "./_gateway.ts";
import { listJson } from "./_pulled_json.ts";

interface Waiting {
  readonly engine: Engine;
  readonly gateway: Pick<Gateway, "after" | "nowMs" | "signal">;
  readonly lease: string;
  readonly max: number;
  readonly waitMs: number;
  readonly renewEveryMs: number;
  /** Counts the request out. */
  readonly leave: () => void;
}

const encoder = new TextEncoder();

/**
 * A body that comes when there is something, and meanwhile keeps the lease: its reader's end is told by `cancel` on every
 * platform, and `signal` of the request needs no look.
 */
export function laterDeliveries(
  { engine, gateway, lease, max, waitMs, renewEveryMs, leave }: Waiting,
): ReadableStream<Uint8Array> {
  const ended = new AbortController();
  const { signal } = ended;
  // From when it was asked, however late the connection takes the answer.
  const untilMs = gateway.nowMs() + waitMs;
  let stopKeeping = () => {};

  function end(): void {
    gateway.signal?.removeEventListener("abort", end);
    ended.abort();
    stopKeeping();
    leave();
  }

  /** Somebody is there, who waits. */
  function keepLease(): void {
    stopKeeping = gateway.after(renewEveryMs, () => {
      engine.renew(lease).then(() => signal.aborted || keepLease(), () => {});
    });
  }

  return new ReadableStream<Uint8Array>({
    // Nothing is taken before the connection asks for it.
    async pull(sink) {
      gateway.signal?.addEventListener("abort", end);
      if (gateway.signal?.aborted) end();
      else keepLease();
      const leftMs = Math.max(0, untilMs - gateway.nowMs());
      // Whose lease has ended meanwhile is told so by the next answer.
      const taken = await engine.pull(lease, { max, waitMs: leftMs, signal }).catch(() => []);
      end();
      try {
        sink.enqueue(encoder.encode(listJson(taken)));
        sink.close();
      } catch {
        // The reader went in the very moment: nobody has seen them.
        for (const { ticket } of taken) await engine.putBack(ticket);
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
