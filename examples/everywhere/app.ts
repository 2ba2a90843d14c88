/**
 * One app, for every runtime: a service that takes orders, beside whatever gateway the runtime has.
 *
 * @module
 */
import { systemClock } from "@bellhop/bellhop/clocks/system";
import { serviceRoutes } from "@bellhop/bellhop/hono";
import { Hono } from "hono";
import { orders } from "./orders.ts";

/** The gateway at `/bus`, the service at `/bellhop`. @param secretOf what deliveries are signed with, of what is bound */
export function app<Env>(bus: Hono, secretOf: (env: Env) => string): Hono {
  return new Hono()
    .route("/bus", bus)
    .route(
      "/bellhop",
      serviceRoutes(orders("orders"), (env) => ({ clock: systemClock(), signingSecret: secretOf(env as Env) })),
    );
}
