import type { Envelope } from "../envelope/mod.ts";
import { formatTimestamp } from "../timestamp.ts";
import { PRIORITIES } from "../priority/table.ts";
import { digest } from "./delivery_id.ts";
import type { BusMessage } from "./message.ts";
import type { Outcome } from "./outcome.ts";

/** What a receipt says of one delivery. */
export interface ReceiptData {
  /** `source` of the message. */
  readonly source: string;
  /** `id` of the message. */
  readonly id: string;
  /** Type of the message. */
  readonly type: string;
  /** The service that it was for; empty if there was no subscriber. */
  readonly receiver: string;
  /** 1, and one more per redrive. */
  readonly run: number;
  /** How the delivery ended. */
  readonly outcome: Outcome;
  /** How many attempts were made in this run. */
  readonly attempts: number;
  /** Stable word for the last thing that went wrong; absent if nothing did. */
  readonly reason?: string;
}

/**
 * The one terminal receipt of a delivery, as a protocol message to the service that sent it.
 *
 * Its id is a function of the delivery, so that sending it again after a crash is harmless.
 */
export function receiptOf(
  message: BusMessage,
  data: ReceiptData,
  nowMs: number,
  ttlMs: number,
  source: string,
): Envelope {
  return {
    specversion: "1.0",
    id: `rcpt_${digest(`${data.source}\n${data.id}\n${data.receiver}\n${data.run}`)}`,
    source,
    type: data.outcome === "delivered" ? "message.delivered" : "message.failed",
    time: formatTimestamp(nowMs),
    datacontenttype: "application/json",
    priority: PRIORITIES[message.rank],
    target: message.replyTo!,
    causationid: data.id,
    ...(message.envelope?.correlationid === undefined ? {} : { correlationid: message.envelope.correlationid }),
    expirytime: formatTimestamp(nowMs + ttlMs),
    data: { ...data },
  };
}

/** Whether a type is a receipt's: no receipt is sent about it. */
export function isReceipt(type: string): boolean {
  return type === "message.delivered" || type === "message.failed";
}
