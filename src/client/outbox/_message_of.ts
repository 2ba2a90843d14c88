import { type OutboxMessage, outboxMessage } from "../../core/outbox/mod.ts";

/** The message in an envelope's JSON. The platform reads timestamps: a reader of our own would be a kilobyte of a page. */
export function messageOf(json: string): OutboxMessage {
  return outboxMessage(json, Date.parse);
}
