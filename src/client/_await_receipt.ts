import type { MessageStatus } from "../core/bus/status.ts";
import { BellhopError } from "../core/error.ts";
import type { Receipt } from "../service/outgoing.ts";
import { ask, type Gateway } from "./_gateway.ts";
import { pause, timeLimit } from "./_time_limit.ts";

/** Shortest and longest pause between two looks at a gateway that answers at once. */
const SHORTEST_MS = 25;
const LONGEST_MS = 1_000;
/** The longest wait that a gateway grants, in seconds. */
const LONGEST_WAIT_S = 60;

/** The receipt in a status, once every delivery has ended. */
export function receiptOf(status: MessageStatus | undefined): Receipt | undefined {
  const deliveries = status?.deliveries;
  if (!Array.isArray(deliveries) || deliveries.some(({ state }) => state !== "ended")) return undefined;
  let attempts = 0;
  for (const delivery of deliveries) attempts = Math.max(attempts, delivery.attempts);
  const other = deliveries.find(({ outcome }) => outcome !== "delivered");
  return { outcome: deliveries.length === 0 ? "no-subscriber" : other?.outcome ?? "delivered", attempts, deliveries };
}

/**
 * Asks for the status until it is final. A gateway that honours `Prefer: wait` holds the answer back; any other is
 * asked again after a pause. A gateway that cannot be reached is asked again: waiting changes nothing there.
 */
export async function awaitReceipt(
  gateway: Gateway,
  source: string,
  id: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Receipt> {
  const { clock } = gateway;
  const untilMs = clock.nowMs() + timeoutMs;
  const query = `messages?source=${encodeURIComponent(source)}&id=${encodeURIComponent(id)}`;
  const late = () => new BellhopError("timeout", `no receipt within ${timeoutMs} ms`);
  const limit = timeLimit(clock, timeoutMs, late, gateway.closed, signal);
  let pauseMs = SHORTEST_MS;
  try {
    for (;;) {
      const seconds = Math.max(1, Math.min(LONGEST_WAIT_S, Math.ceil((untilMs - clock.nowMs()) / 1_000)));
      try {
        const { body } = await ask(gateway, "GET", query, limit.signal, { prefer: `wait=${seconds}` });
        const receipt = receiptOf(body as unknown as MessageStatus);
        if (receipt !== undefined) return receipt;
      } catch (error) {
        if (limit.signal.aborted || !(error instanceof BellhopError) || !error.retry) throw error;
        pauseMs = Math.max(pauseMs, Math.min(error.retryAfterMs ?? 0, 60_000));
      }
      await pause(clock, pauseMs, limit.signal);
      pauseMs = Math.min(LONGEST_MS, pauseMs * 2);
    }
  } finally {
    limit.end();
  }
}
