/**
 * Bellhop for pages and service workers: a client, and an outbox in IndexedDB.
 *
 * @module
 */
export { indexeddb, type IndexedDbOptions } from "../../adapters/stores/indexed_db.ts";
export * from "../../client/mod.ts";
export type * from "../../client/outbox/mod.ts";
export { BellhopError } from "../../core/error.ts";
export { defineEvent } from "../../schema/define_event.ts";
export { type BrowserOutboxOptions, outbox } from "./outbox.ts";
