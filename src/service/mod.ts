/**
 * One definition of a service: its name, its version, and a handler for each event it subscribes to.
 *
 * @module
 */
export type { Fault } from "../core/error.ts";
export { Ack, type HandlerResult, Nak, type NakOptions, Term } from "./answer.ts";
export * from "./definition.ts";
export * from "./receiver.ts";
