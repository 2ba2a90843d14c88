/**
 * The outbox of a client: publishing that outlives the network.
 *
 * @module
 */
export { BellhopError } from "../../core/error.ts";
export type { OutboxOutcome, OutboxState } from "../../core/outbox/mod.ts";
export type { Priority } from "../../core/priority/table.ts";
export type { Clock } from "../../ports/clock.ts";
export type { Durability, MessageStore, OpenStore } from "../../ports/store.ts";
export type { EventDefinition } from "../../schema/define_event.ts";
export type { Fetch } from "../fetch.ts";
export * from "./outbox.ts";
export * from "./rows.ts";
