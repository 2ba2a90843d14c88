/**
 * Bellhop for Cloudflare Workers: a gateway in a Durable Object, services, and clients.
 *
 * @module
 */
export type { Hono } from "hono";
export * from "../../client/mod.ts";
export { BellhopError } from "../../core/error.ts";
export * from "../../schema/mod.ts";
export { gateway, type WorkersGatewayOptions } from "./gateway.ts";
export * from "./gateway_object.ts";
export type { ObjectNamespace } from "./object_namespace.ts";
