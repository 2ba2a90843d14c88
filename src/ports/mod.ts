/**
 * What the core needs from the world, as types: time, a store, one hop out; and who runs it all.
 *
 * @module
 */
export * from "./clock.ts";
export * from "./engine.ts";
export * from "./store.ts";
export * from "./transport.ts";
