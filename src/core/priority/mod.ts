/**
 * The priority table, the queue that serves it and the lanes that keep order.
 *
 * @module
 */
export * from "./table.ts";
export * from "./queue.ts";
export * from "./lanes.ts";
