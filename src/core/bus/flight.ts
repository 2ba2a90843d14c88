import type { Envelope } from "../envelope/mod.ts";
import type { BusMessage } from "./message.ts";
import type { Outcome } from "./outcome.ts";
import type { Target } from "./target.ts";

/**
 * One attempt under way. Whoever took it holds its lease: until the lease ends it may settle, extend or defer it;
 * after that the attempt counts as failed and the lease is worth nothing.
 */
export interface Flight {
  /** Names this attempt and no other. */
  readonly lease: number;
  /** What is to be delivered. */
  readonly envelope: Envelope;
  /** The message that it belongs to. */
  readonly message: BusMessage;
  /** The receiver. */
  readonly target: Target;
  /** 1 = the first attempt of the run. */
  readonly attempt: number;
  /** 1, and one more per redrive. */
  readonly run: number;
  /** When it was taken, epoch milliseconds. */
  readonly startedMs: number;
  /** The instance that is called, once chosen. */
  instance: string | undefined;
  /** The instance that failed last time: prefer another. */
  readonly avoid: string | undefined;
  /** Slot of its delivery. */
  readonly slot: number;
  /** How it ends if this attempt is not acknowledged: cancelled, expired, or the receiver gone meanwhile. */
  doom: Exclude<Outcome, "delivered"> | undefined;
}
