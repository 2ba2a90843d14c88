/**
 * One app, for every runtime: a service that takes orders, beside whatever gateway the runtime has.
 *
 * @module
 */
import { systemClock } from "@bellhop/bellhop/clocks/system";
import { serviceRoutes } from "@bellhop/bellhop/hono";
import { Nak, service, Term } from "@bellhop/bellhop/service";
import { Hono } from "hono";

/** What is ordered, and how badly it goes. */
export interface Order {
  /** How often the handler is not ready for it before it is. */
  readonly failures?: number;
  /** Whether it is one that nobody can fulfil. */
  readonly impossible?: boolean;
}

/** The gateway at `/bus`, the service at `/bellhop`. */
export function app(bus: Hono, signingSecret: string): Hono {
  const orders = service({ name: "orders", version: "1.0.0" }).on("order.placed", ({ data }, { attempt }) => {
    const { failures = 0, impossible = false } = (data ?? {}) as Order;
    if (impossible) return new Term("impossible");
    if (attempt <= failures) return new Nak();
  });
  return new Hono()
    .route("/bus", bus)
    .route("/bellhop", serviceRoutes(orders, { clock: systemClock(), signingSecret }));
}
