/**
 * Services, their subscriptions, and the instances that can be called.
 *
 * @module
 */
export type { Fault } from "../error.ts";
export * from "./choice.ts";
export * from "./event.ts";
export * from "./health.ts";
export * from "./manifest.ts";
export type { RegistryOptions } from "./options.ts";
export * from "./pattern.ts";
export * from "./record.ts";
export * from "./registration.ts";
export * from "./registry.ts";
export * from "./trie.ts";
export * from "./view.ts";
