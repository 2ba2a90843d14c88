/**
 * One definition of a service: its name, its version, and a handler for each event it subscribes to.
 *
 * @module
 */
export type { Envelope } from "../core/envelope/envelope.ts";
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
export * from "./definition.ts";
export * from "./receiver.ts";
