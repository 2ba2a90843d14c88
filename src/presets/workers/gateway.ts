/**
 * `gateway()` for Workers: the way to the Durable Object in which bus and registry run.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import { basePath } from "hono/route";
import { executionContext } from "../../adapters/hono/execution_context.ts";
import { problemResponse } from "../../adapters/hono/problem_response.ts";
import { BellhopError } from "../../core/error.ts";
import type { ObjectNamespace } from "./object_namespace.ts";

export type { ObjectNamespace } from "./object_namespace.ts";

/** Where the gateway runs. */
export interface WorkersGatewayOptions {
  /** The binding to the class that `gatewayObject()` made. */
  readonly object?: ObjectNamespace | undefined;
  /** Which object of that class: each name is a bus of its own. Default `bus`. */
  readonly name?: string;
}

/** By which the object learns where the app has the gateway mounted. Never believed from outside. */
export const MOUNT_HEADER = "bellhop-mount";

const WANTED = 'wrangler.jsonc lacks: "durable_objects": { "bindings": [{ "name": "BUS", "class_name": "Bus" }] }, ' +
  '"migrations": [{ "tag": "v1", "new_sqlite_classes": ["Bus"] }]';

/**
 * A gateway as a Hono app, to be the Worker itself or mounted in one: `app.route("/bus", gateway(…))`. It keeps nothing:
 * each request goes to the object, which is asked for by name.
 *
 * Without the binding every request is refused with `engine-required`, and the lines of configuration that are missing.
 *
 * @example
 * ```ts
 * import { gateway } from "@bellhop/bellhop/workers";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 * const bus = gateway<{ BUS?: never }>((env) => ({ object: env.BUS }));
 * const problem = await (await bus.request("/messages", {}, {})).json();
 * assertEquals(problem.code, "engine-required");
 * assertStringIncludes(problem.detail, "new_sqlite_classes");
 * ```
 */
export function gateway<Env>(options: (env: Env, context: unknown) => WorkersGatewayOptions): Hono {
  return new Hono().all("*", (c) => {
    const { object, name = "bus" } = options(c.env as Env, executionContext(c));
    const mount = mountOf(c);
    if (typeof object?.idFromName !== "function") {
      return problemResponse(new BellhopError("engine-required", WANTED), `${mount}/errors`);
    }
    const request = new Request(c.req.raw);
    request.headers.set(MOUNT_HEADER, mount);
    return object.get(object.idFromName(name) as never).fetch(request);
  });
}

function mountOf(c: Context): string {
  return basePath(c).replace(/\/+$/, "");
}
