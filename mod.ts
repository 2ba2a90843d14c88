/**
 * Bellhop's protocol core, pure and synchronous: the envelope, the priority table and its queue, retry as data, the
 * registry, and the closed list of errors. Time and randomness are arguments.
 *
 * The parts that run it stand in entries of their own: `./server`, `./client`, `./service`, `./hono`, `./retry`, …
 *
 * @module
 */
export * from "./src/core/envelope/mod.ts";
export * from "./src/core/error.ts";
export * from "./src/core/priority/mod.ts";
export * from "./src/core/registry/mod.ts";
export * from "./src/core/retry/mod.ts";
export * from "./src/core/timestamp.ts";
