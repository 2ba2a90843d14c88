/**
 * The outbox of a client as a pure machine.
 *
 * @module
 */
export * from "./machine.ts";
export * from "./message.ts";
export { outboxMessage } from "./record.ts";
