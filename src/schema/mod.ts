/**
 * Events with a type and, if wanted, a schema: handlers and publishers infer their data from them.
 *
 * @module
 */
export * from "./check_data.ts";
export * from "./define_event.ts";
export * from "./standard_schema.ts";
