/**
 * Bellhop over HTTP, as routes for Hono apps: the gateway's, and those of a service.
 *
 * @module
 */
export * from "./gateway.ts";
export * from "./service.ts";
export * from "./problem_response.ts";
