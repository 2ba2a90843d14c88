/**
 * What goes out of a service: publishing and calling, as a handler does it and as a client does it for everybody.
 *
 * @module
 */
import type { Outcome } from "../core/bus/outcome.ts";
import type { DeliveryStatus } from "../core/bus/status.ts";
import type { Envelope } from "../core/envelope/envelope.ts";
import type { Priority } from "../core/priority/table.ts";
import type { EventDefinition } from "../schema/define_event.ts";

/** What publishes and calls: a client of a gateway is one. */
export interface Outlet {
  /**
   * Publishes an event of whose data nothing is known, and resolves when the gateway has taken it: a CRITICAL when it is
   * flushed.
   */
  publish(type: string, data?: unknown, options?: PublishOptions): Promise<Sent>;
  // The last, for the compiler explains a refusal by the last alone: which member is wrong.
  /** As above, with the data that the event says. */
  publish<Type extends string, Input, Output>(
    event: EventDefinition<Type, Input, Output>,
    // The event alone says what its data is: inferred from both, data with too little would make the event fit it.
    data: NoInfer<Input>,
    options?: PublishOptions,
  ): Promise<Sent>;
  /** Calls a service by its name and gives its response, whatever the status. */
  call(service: string, request: CallRequest, options?: CallOptions): Promise<Response>;
}

/** Attributes of the envelope, under their names there, and how to send it. All may be left out. */
export interface PublishOptions extends
  Pick<
    Partial<Envelope>,
    | "id"
    | "source"
    | "time"
    | "subject"
    | "datacontenttype"
    | "dataschema"
    | "priority"
    | "target"
    | "correlationid"
    | "causationid"
    | "deliverat"
    | "expirytime"
    | "partitionkey"
    | "replyto"
    | "traceparent"
    | "tracestate"
  > {
  /** Extension attributes: names of lower-case letters and digits. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Have the gateway keep it for so long first, by its own clock: up to 7 days. `deliverat` names a time instead. */
  readonly delayMs?: number;
  /** How long to try to reach the gateway, retries included: 1 to 3,600,000 ms; default 30,000. */
  readonly timeoutMs?: number;
  /** Have the gateway answer only when every delivery has ended, or after so long: 0 to 60,000 ms; default 0. */
  readonly waitMs?: number;
  /** Ends the trying at once; the gateway may have the message all the same. */
  readonly signal?: AbortSignal;
}

/** A message that the gateway has taken. */
export interface Sent {
  /** Who sent it. */
  readonly source: string;
  /** Names it together with `source`. */
  readonly id: string;
  /** What it has been made safe against: `flushed` for a CRITICAL on a disk. */
  readonly durability: "memory" | "flushed" | "replicated";
  /** The services that get it. */
  readonly receivers: readonly string[];
  /** Whether the gateway knew it already, as after a retry whose first answer was lost. */
  readonly duplicate: boolean;
  /**
   * Resolves when every delivery has ended.
   *
   * @throws {BellhopError} `timeout` if that takes longer than `timeoutMs` (default 30,000), `message-unknown` if the
   * gateway has forgotten the message
   */
  receipt(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<Receipt>;
}

/** What a receipt says: how the deliveries ended. */
export interface Receipt {
  /**
   * Of one receiver: its outcome. Of several: `delivered` if it was to all, otherwise the first other outcome. Of none:
   * `no-subscriber`.
   */
  readonly outcome: Outcome;
  /** The most attempts that any receiver took. */
  readonly attempts: number;
  /** Each receiver's outcome and attempts, and its last error. */
  readonly deliveries: readonly DeliveryStatus[];
}

/** Method and path with query, as in the first line of a request: `GET /users/7`. */
export type CallRequest = `${string} /${string}`;

/** How to call. All may be left out. */
export interface CallOptions {
  /** How long the whole call may take, retries included, until the headers of its answer: 1 to 3,600,000; default 15,000. */
  readonly deadlineMs?: number;
  /** Headers of the request. One named `idempotency-key` makes any method worth a retry. */
  readonly headers?: NonNullable<RequestInit["headers"]>;
  /** A stream can be sent only once, so that a call with one is never retried. */
  readonly body?: NonNullable<RequestInit["body"]>;
  /** Whose retry budget it has; default `NORMAL`. A call cannot be `CRITICAL`: nothing stores it. */
  readonly priority?: Exclude<Priority, "CRITICAL">;
  /** Whether to call the instance itself; `false` goes through the gateway, as a page must. Default true. */
  readonly direct?: boolean;
  /** Ends the call at once. */
  readonly signal?: AbortSignal;
}
