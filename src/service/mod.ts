/**
 * One definition of a service: its name, its version, and a handler for each event it subscribes to.
 *
 * @module
 */
export type { Envelope } from "../core/envelope/envelope.ts";
export type { Outcome } from "../core/bus/outcome.ts";
export type { DeliveryStatus } from "../core/bus/status.ts";
export type { BellhopError, ErrorCode, Fault } from "../core/error.ts";
export type { Priority } from "../core/priority/table.ts";
export type { Manifest } from "../core/registry/manifest.ts";
export type { EventDefinition, TypedEnvelope } from "../schema/define_event.ts";
export type {
  StandardIssue,
  StandardProps,
  StandardResult,
  StandardSchema,
  StandardTypes,
} from "../schema/standard_schema.ts";
export { Ack, type HandlerResult, Nak, type NakOptions, Term } from "./answer.ts";
export type { Delivery } from "./context.ts";
export * from "./definition.ts";
export type { Log, LogLevel, LogRecord, LogSink, LogWriter } from "./log.ts";
export type { CallOptions, CallRequest, Outlet, PublishOptions, Receipt, Sent } from "./outgoing.ts";
export * from "./receiver.ts";
export type { ServiceRuntime } from "./runtime.ts";
