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
export {
  Ack,
  type Handler,
  type HandlerContext,
  type HandlerResult,
  type HealthReport,
  Nak,
  type NakOptions,
  type ServiceDefinition,
  type Subscription,
  Term,
} from "../../service/mod.ts";
export * from "./gateway.ts";
export * from "./serve.ts";
export * from "./service.ts";
