/**
 * The client of a gateway: publish, wait for receipts, call other services, and announce a service of one's own.
 *
 * @module
 */
export type { Envelope } from "../core/envelope/envelope.ts";
export type { ErrorCode, Fault } from "../core/error.ts";
export type { Manifest } from "../core/registry/manifest.ts";
export type { EventDefinition, TypedEnvelope } from "../schema/define_event.ts";
export type * from "../schema/standard_schema.ts";
export type { Ack, HandlerResult, Nak, NakOptions, Term } from "../service/answer.ts";
export type {
  Handler,
  HandlerContext,
  HealthReport,
  ServiceDefinition,
  ServiceOptions,
  Subscription,
} from "../service/definition.ts";
export type { Log, LogLevel, LogRecord, LogSink, LogWriter } from "../service/log.ts";
export type { CallOptions, CallRequest, Outlet, PublishOptions, Receipt, Sent } from "../service/outgoing.ts";
export type { ServiceRuntime } from "../service/runtime.ts";
export type { Clock } from "../ports/clock.ts";
export type { Durability } from "../ports/store.ts";
export type { Outcome } from "../core/bus/outcome.ts";
export type { DeliveryStatus, MessageStatus } from "../core/bus/status.ts";
export type { Priority } from "../core/priority/table.ts";
export * from "./connect.ts";
export type { AskOptions } from "./ask_within.ts";
export type { DeadLetterPage, DeadLetterQuery, DeadLetters, Redriven } from "./dead_letters.ts";
export type { Delayed, DelayedPage, DelayedQuery } from "./delayed.ts";
export type { DeadLetter } from "../core/bus/dead_letter.ts";
export type { AttemptRecord } from "../core/bus/history.ts";
export type { DeliveryLink, DeliveryTaker } from "./delivery.ts";
export type { Fetch } from "./fetch.ts";
export type { RequestOptions } from "./request.ts";
export type { Token } from "./token.ts";
