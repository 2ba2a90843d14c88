/**
 * The OpenAPI document of a gateway, made by `hono-openapi` from the routes that are served.
 *
 * The gateway loads this module when the document is first asked for: no other request pays for it.
 *
 * @module
 */
import { Hono } from "hono";
import { describeRoute, type DescribeRouteOptions, generateSpecs } from "hono-openapi";
import { BellhopError } from "../../core/error.ts";
import type { Described } from "./_gateway.ts";
import { BEARER } from "./_openapi_bearer.ts";
import type { Operation } from "./_openapi_operation.ts";
import { OPERATIONS, proxied, PROXIED_METHODS, PROXY } from "./_openapi_operations.ts";
import { SCHEMAS } from "./_openapi_schemas.ts";

/**
 * The document without `servers`, which depend on where it is asked for.
 *
 * @throws {BellhopError} `internal` for a route that nobody has described
 */
export async function openapiOf(
  { name, version, secured, routes }: Described,
): Promise<Readonly<Record<string, unknown>>> {
  // The library describes a route by a middleware before its handler, which every request would run through. These stand
  // before nothing: they are read, and never asked.
  const described = new Hono();
  const describe = (method: string, path: string, { operation, open }: Operation): void => {
    const security = secured && !open ? { security: [{ bearer: [] }] } : {};
    described.on(method, path, describeRoute({ ...operation, ...security } as DescribeRouteOptions));
  };
  for (const { method, path } of routes) {
    const known = OPERATIONS[`${method} ${path}`];
    if (known !== undefined) describe(method, path, known);
    else if (path === PROXY.route) { for (const each of PROXIED_METHODS) describe(each, PROXY.path, proxied(each)); }
    // What answers any method refuses all that the routes before it did not take.
    else if (method !== "ALL") throw new BellhopError("internal", `${method} ${path} is not described`);
  }
  return await generateSpecs(described, {
    excludeStaticFile: false,
    excludeMethods: [],
    documentation: {
      openapi: "3.1.0",
      info: {
        title: name,
        version,
        description: "A Bellhop gateway: message bus, service registry and proxy under one mount.",
        license: { name: "MIT", identifier: "MIT" },
      },
      tags: [],
      components: {
        schemas: SCHEMAS as Record<string, object>,
        ...(secured ? { securitySchemes: { bearer: BEARER } } : {}),
      },
    },
  }) as unknown as Readonly<Record<string, unknown>>;
}
