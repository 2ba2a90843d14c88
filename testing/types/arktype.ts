/**
 * What is inferred from a schema of arktype, and what is refused before anything runs: `deno check` is the test.
 *
 * @module
 */
import type { Client } from "@bellhop/bellhop/client";
import { defineEvent } from "@bellhop/bellhop/schema";
import { service, type ServiceDefinition } from "@bellhop/bellhop/service";
import { type } from "npm:arktype@2.2.9";

/** An amount that travels as a text and is handled as a number, and a note that may be left out. */
export const placed = defineEvent(
  "order.placed",
  type({
    id: "string",
    amount: "string.integer.parse",
    note: "string = ''",
  }),
);

/** A service that takes what was placed. */
export const shop: ServiceDefinition = service({ name: "shop", version: "1.0.0" })
  .on(placed, async (event, ctx) => {
    const given: { id: string; amount: number; note: string } = event.data;
    const type: "order.placed" = event.type;
    // @ts-expect-error TS2322 the handler gets the number that the text was made into
    const text: string = event.data.amount;
    // @ts-expect-error TS2339 the schema has no such member
    void [given, type, text, event.data.price];

    const sent = await ctx.publish(placed, { id: "1", amount: "9" }, { priority: "HIGH" });
    await ctx.publish(placed, { id: "1", amount: "9", note: "soon" });
    // @ts-expect-error TS2769 the text is sent, not what is made of it
    await ctx.publish(placed, { id: "1", amount: 9 });
    // @ts-expect-error TS2769 the amount is missing
    await ctx.publish(placed, { id: "1" });
    // @ts-expect-error TS2769 what was handled is not what is sent
    await ctx.publish(placed, event.data);
    // @ts-expect-error TS2769 there is no such priority
    await ctx.publish(placed, { id: "1", amount: "9" }, { priority: "URGENT" });
    // @ts-expect-error TS2339 a message that was taken has no data
    void sent.data;
  });

/** A client publishes what the schema takes, and nothing that merely might be. */
export async function publishes(client: Client, named: { id: string }, anything: unknown): Promise<void> {
  await client.publish(placed, { id: "1", amount: "9" }, { priority: "CRITICAL" });
  // @ts-expect-error TS2769 the text is sent, not what is made of it
  await client.publish(placed, { id: "1", amount: 9 });
  // @ts-expect-error TS2769 the amount is missing
  await client.publish(placed, { id: "1" });
  // @ts-expect-error TS2769 the schema has no such member
  await client.publish(placed, { id: "1", amount: "9", price: 1 });
  // @ts-expect-error TS2769 what has too little is no data of the event
  await client.publish(placed, named);
  // @ts-expect-error TS2769 nothing is known of it
  await client.publish(placed, anything);
  // @ts-expect-error TS2345 the data is missing
  await client.publish(placed);
}
