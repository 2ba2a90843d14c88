import { Nak, service, type ServiceDefinition, Term } from "@bellhop/bellhop/service";

/** What is ordered, and how badly it goes. */
export interface Order {
  readonly item?: string;
  /** How often the handler is not ready for it before it is. */
  readonly failures?: number;
  /** How often the handler gets stuck in it. */
  readonly stuck?: number;
  /** Whether it is one that nobody can fulfil. */
  readonly impossible?: boolean;
}

/** The service of the app, on a server as in a page. @param done told of each order that is fulfilled */
export function orders(name: string, done: (order: Order) => void = () => {}): ServiceDefinition {
  return service({ name, version: "1.0.0" }).on("order.placed", async ({ data }, { attempt, signal }) => {
    const order = (data ?? {}) as Order;
    if (order.impossible) return new Term("impossible");
    if (attempt <= (order.failures ?? 0)) return new Nak();
    if (attempt <= (order.stuck ?? 0)) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    done(order);
  });
}
