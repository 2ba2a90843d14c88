/**
 * An event without a schema whose data the compiler alone knows, and what it says of a wrong one: `deno check` is the
 * test.
 *
 * @module
 */
import type { Client } from "@bellhop/bellhop/client";
import { defineEvent } from "@bellhop/bellhop/schema";
import { service, type ServiceDefinition } from "@bellhop/bellhop/service";

interface Order {
  readonly id: string;
  readonly amount: number;
}

const placed = defineEvent<"order.placed", Order>("order.placed");
const anything = defineEvent("order.seen");
// @ts-expect-error TS2345 it is called otherwise
void defineEvent<"order.placed", Order>("order.paid");

export const shop: ServiceDefinition = service({ name: "shop", version: "1.0.0" })
  .on(placed, (event) => {
    const given: Order = event.data;
    const type: "order.placed" = event.type;
    // @ts-expect-error TS2339 there is no such member
    void [given, type, event.data.price];
  })
  // @ts-expect-error TS18046 nothing is known of it
  .on(anything, ({ data }) => void data.id);

export async function publishes(client: Client): Promise<void> {
  await client.publish(placed, { id: "1", amount: 9 });
  await client.publish(anything, "whatever");
  // @ts-expect-error TS2769 the amount is a number
  await client.publish(placed, { id: "1", amount: "9" });
  // @ts-expect-error TS2345 the data is missing
  await client.publish(placed);
}
