/**
 * Events with a type and, if wanted, a schema: handlers and publishers infer their data from them.
 *
 * @module
 */
export type { Envelope } from "../core/envelope/envelope.ts";
export type { Priority } from "../core/priority/table.ts";
export * from "./check_data.ts";
export * from "./define_event.ts";
export * from "./standard_schema.ts";
