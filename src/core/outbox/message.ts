/**
 * What an outbox keeps: messages, how each stands, and what failed for good.
 *
 * @module
 */
import type { Priority } from "../priority/table.ts";

/** A message as it is handed to an outbox. */
export interface OutboxMessage {
  /** `source` of the envelope. */
  readonly source: string;
  /** `id` of the envelope: made once, and the same in every attempt. */
  readonly id: string;
  /** Its priority. */
  readonly priority: Priority;
  /** Its `partitionkey`, if it has one. */
  readonly partitionkey?: string | undefined;
  /** Its `expirytime`, epoch milliseconds; `Infinity` if it has none. */
  readonly expiresMs: number;
  /** The whole envelope as JSON: what is sent. */
  readonly json: string;
}

/**
 * Where a message stands: `storing` until it is flushed, `following` while another of its lane goes first, `ready` to be
 * sent, `sending`, or `waiting` for its next retry.
 */
export type OutboxState = "storing" | "following" | "ready" | "sending" | "waiting";

/** A message that has no final answer yet. */
export interface OutboxEntry {
  /** The message. */
  readonly message: OutboxMessage;
  /** Where it stands. */
  readonly state: OutboxState;
  /** Answers so far that asked for another attempt: what its budget is charged with. */
  readonly attempts: number;
  /** Stable word for the last thing that went wrong; empty at first. */
  readonly reason: string;
  /** When it was taken, epoch milliseconds. */
  readonly acceptedMs: number;
  /** While it waits: when it is tried again, epoch milliseconds. */
  readonly dueMs: number;
}

/** How a message ended: the gateway took it, or why not. */
export type OutboxOutcome = "accepted" | "rejected" | "exhausted" | "expired" | "cancelled";

/** A message that has ended. */
export interface OutboxEnd {
  /** The message. */
  readonly message: OutboxMessage;
  /** How it ended. */
  readonly outcome: OutboxOutcome;
  /** Stable word for why: the gateway's error code, or what was last wrong; empty if it was taken. */
  readonly reason: string;
  /** What its budget was charged with. */
  readonly attempts: number;
  /** When it was taken, epoch milliseconds. */
  readonly acceptedMs: number;
  /** When it ended, epoch milliseconds. */
  readonly endedMs: number;
}

/** What came of an attempt. */
export type OutboxAnswer =
  /** Any 2xx of a gateway. */
  | { readonly kind: "accepted" }
  /** A problem that says `retry: false`. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Any other answer: it is charged to the budget. */
  | { readonly kind: "again"; readonly reason: string; readonly retryAfterMs?: number | undefined }
  /** No answer at all, which says nothing of the message: nothing is charged. */
  | { readonly kind: "silence"; readonly reason: string };
