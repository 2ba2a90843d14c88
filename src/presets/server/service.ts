/**
 * `service()` for servers: the definition and its routes in one, so that an app mounts it as it is.
 *
 * @module
 */
import type { Hono } from "hono";
import { serviceRoutes, type ServiceRoutesOptions } from "../../adapters/hono/service.ts";
import { systemClock } from "../../adapters/clocks/system.ts";
import type { EventDefinition } from "../../schema/define_event.ts";
import {
  type Handler,
  service as define,
  type ServiceDefinition,
  type ServiceOptions,
} from "../../service/definition.ts";

/** What a service is, and the bounds of its routes. */
export interface ServiceAppOptions extends ServiceOptions, Partial<ServiceRoutesOptions> {}

/** A definition that is a Hono app. Its `on` takes handlers of events, and routes as Hono's own does. */
export interface ServiceApp extends Hono, Omit<ServiceDefinition, "on"> {
  /** As `ServiceDefinition.on`; with a method, a path and handlers, as Hono's. */
  on: {
    <Type extends string, Input, Output>(
      event: EventDefinition<Type, Input, Output>,
      handler: Handler<Type, Output>,
    ): ServiceApp;
    (pattern: string, handler: Handler): ServiceApp;
    // deno-lint-ignore no-explicit-any
    (method: string | string[], path: string | string[], ...handlers: any[]): any;
  };
}

/**
 * Defines a service that can be mounted: `new Hono().route("/bellhop", documents)`.
 *
 * What handlers throw is written to the console, unless `onError` is given.
 *
 * @throws {BellhopError} `registration-invalid` with every fault of the options
 *
 * @example
 * ```ts
 * import { service, Term } from "@bellhop/bellhop/server";
 * import { Hono } from "hono";
 * import { assertEquals } from "@std/assert";
 * const users = service({ name: "users", version: "1.0.0" })
 *   .on("user.*", (event) => event.data ? undefined : new Term("no data"));
 * const app = new Hono().route("/bellhop", users);
 * const manifest = await (await app.request("/bellhop")).json();
 * assertEquals(manifest.subscriptions, ["user.*"]);
 * ```
 */
export function service(options: ServiceAppOptions): ServiceApp {
  const definition = define({ onError: logged, ...options });
  const app = serviceRoutes(definition, { clock: systemClock(), ...options });
  const route = app.on as (...args: unknown[]) => unknown;
  const { settings, subscriptionFor, manifest } = definition;
  const on = (...args: unknown[]) => {
    if (args.length > 2 || typeof args[1] !== "function") return route(...args);
    (definition.on as (...args: unknown[]) => unknown)(...args);
    return app;
  };
  return Object.assign(app, { on, settings, subscriptionFor, manifest }) as unknown as ServiceApp;
}

function logged(error: unknown): void {
  // deno-lint-ignore no-console
  console.error(error);
}
