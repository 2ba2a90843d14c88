import type { Priority } from "../priority/table.ts";
import type { Outcome } from "./outcome.ts";

/** What the bus did, one word a step, in the words of the seed's flow (spec BUS, "Trace"). */
export const TRACE_KINDS = [
  "accepted",
  "delayed",
  "duplicate",
  "refused",
  "attempt",
  "failed",
  "retry",
  "stored",
  "waiting",
  "deferred",
  "delivered",
  "ended",
  "receipt",
  "dead-letter",
  "redriven",
  "recovered",
] as const;

/** A step of the bus. */
export type TraceKind = typeof TRACE_KINDS[number];

/**
 * One step of one message. `stored` follows a flush that happened: it is made from the store's own answer, never from
 * the intention to write.
 */
export interface TraceEvent {
  /** What happened. */
  readonly kind: TraceKind;
  /** When, epoch milliseconds. */
  readonly atMs: number;
  /** `source` of the message. */
  readonly source: string;
  /** `id` of the message. */
  readonly id: string;
  /** Type of the message. */
  readonly type: string;
  /** Priority of the message. */
  readonly priority: Priority;
  /** The service that it is for. */
  readonly receiver?: string;
  /** The instance that was called. */
  readonly instance?: string;
  /** 1, and one more per redrive. */
  readonly run?: number;
  /** Of the attempt that this step is about; 1 = the first. */
  readonly attempt?: number;
  /** Stable word for what went wrong. */
  readonly reason?: string;
  /** Milliseconds that the delivery waits from now on. */
  readonly delayMs?: number;
  /** How the delivery ended. */
  readonly outcome?: Outcome;
}
