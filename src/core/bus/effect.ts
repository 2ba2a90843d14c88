import type { BusMessage } from "./message.ts";
import type { StoreOperation } from "./operation.ts";
import type { Outcome } from "./outcome.ts";
import type { TraceEvent } from "./trace.ts";

/** Write this; then tell the bus `flushed(token)` or `flushFailed(token)`, in the order of the tokens. */
export interface WriteEffect {
  readonly kind: "write";
  readonly token: number;
  readonly operations: readonly StoreOperation[];
}

/** A delivery of a watched message has ended. */
export interface EndedEffect {
  readonly kind: "ended";
  readonly message: BusMessage;
  readonly receiver: string;
  readonly outcome: Outcome;
}

/** A step to show; made only while the bus is told to trace. */
export interface TraceEffect {
  readonly kind: "trace";
  readonly event: TraceEvent;
}

/** What the bus asks of the world. */
export type BusEffect = WriteEffect | EndedEffect | TraceEffect;
