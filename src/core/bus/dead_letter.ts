import type { Envelope } from "../envelope/mod.ts";
import type { AttemptRecord } from "./history.ts";
import type { Outcome } from "./outcome.ts";

/** A delivery that failed for good: all that is needed to understand it, and to try again. */
export interface DeadLetter {
  /** The delivery's id, the same on every runtime. */
  readonly id: string;
  /** The message itself, unchanged. */
  readonly envelope: Envelope;
  /** The service that did not get it; empty if there was no subscriber. */
  readonly receiver: string;
  /** 1, and one more per redrive. */
  readonly run: number;
  /** How the delivery ended. */
  readonly outcome: Exclude<Outcome, "delivered">;
  /** Stable word for the last thing that went wrong. */
  readonly reason: string;
  /** How many attempts were made in this run. */
  readonly attempts: number;
  /** The first 2 and at least the last 12 failed attempts. */
  readonly history: readonly AttemptRecord[];
  /** When the message was accepted, epoch milliseconds. */
  readonly acceptedMs: number;
  /** When the delivery ended, epoch milliseconds. */
  readonly endedMs: number;
  /** Whether it survives a restart. */
  readonly durable: boolean;
}
