/**
 * Bellhop for Deno, Bun and Node: a gateway, services and clients with the defaults of a server.
 *
 * @module
 */
export type { Hono } from "hono";
export { memory } from "../../adapters/stores/memory.ts";
export { sqlite, type SqliteOptions } from "../../adapters/stores/sqlite.ts";
export * from "../../client/mod.ts";
export { BellhopError } from "../../core/error.ts";
export * from "../../schema/mod.ts";
export { Ack, type HandlerResult, Nak, type NakOptions, type ReceiverOptions, Term } from "../../service/mod.ts";
export type { EmbeddedOptions } from "../../adapters/engines/embedded.ts";
export type { GatewayLimits, GatewayRoutesOptions, ServiceRoutesOptions } from "../../adapters/hono/mod.ts";
export type { BusOptions } from "../../core/bus/options.ts";
export type { EnvelopeLimits } from "../../core/envelope/limits.ts";
export type { RegistryOptions } from "../../core/registry/options.ts";
export type { Engine, MessageStore, OpenStore, Transport } from "../../ports/mod.ts";
export { connect, type ServerConnectOptions } from "./connect.ts";
export * from "./gateway.ts";
export * from "./read_credentials.ts";
export * from "./serve.ts";
export * from "./service.ts";
