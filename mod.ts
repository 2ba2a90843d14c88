/**
 * Bellhop's protocol core: errors and timestamps; each further part joins as it is built.
 *
 * @module
 */
export * from "./src/core/error.ts";
export * from "./src/core/timestamp.ts";
export * from "./src/core/priority/mod.ts";
