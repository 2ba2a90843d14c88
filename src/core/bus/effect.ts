import type { BusMessage } from "./message.ts";
import type { StoreOperation } from "./operation.ts";
import type { Outcome } from "./outcome.ts";
import type { TraceEvent } from "./trace.ts";

/** Write this; then tell the bus `flushed(token)` or `flushFailed(token)`, in the order of the tokens. */
export interface WriteEffect {
  /** Which of the effects this is. */
  readonly kind: "write";
  /** Names the write in the answer. */
  readonly token: number;
  /** What to write, in this order. */
  readonly operations: readonly StoreOperation[];
}

/** A delivery of a watched message has ended. */
export interface EndedEffect {
  /** Which of the effects this is. */
  readonly kind: "ended";
  /** The message whose delivery has ended. */
  readonly message: BusMessage;
  /** The service that it was for. */
  readonly receiver: string;
  /** How it ended. */
  readonly outcome: Outcome;
}

/** A step to show; made only while the bus is told to trace. */
export interface TraceEffect {
  /** Which of the effects this is. */
  readonly kind: "trace";
  /** The step. */
  readonly event: TraceEvent;
}

/** What the bus asks of the world. */
export type BusEffect = WriteEffect | EndedEffect | TraceEffect;
