// A gateway, and two services that ask one another. Bun: bun bun.ts
// deno-lint-ignore-file no-console
import {
  connect,
  defineEvent,
  gateway,
  Nak,
  serve,
  service,
  sqlite,
  type StandardSchema,
} from "@bellhop/bellhop/server";

/** By hand; a schema of valibot, zod or arktype does as well. */
const item: StandardSchema<{ item: string }> = {
  "~standard": {
    version: 1,
    vendor: "by-hand",
    validate: (value: unknown) =>
      typeof (value as { item?: unknown } | null)?.item === "string"
        ? { value: value as { item: string } }
        : { issues: [{ message: "wanted an item" }] },
  },
};
const priceAsked = defineEvent("price.asked", item);

await using bus = gateway({ store: sqlite("bus.db"), open: true });
await using front = await serve(bus, { port: 0 });

const prices = service({ name: "prices", version: "1.0.0" })
  .on(priceAsked, async ({ data }, { reply }) => {
    await reply({ item: data.item, cents: 250 });
  })
  .on("price.changed", (_event, { attempt }) => {
    console.log("prices: attempt", attempt);
    return attempt === 1 ? new Nak({ reason: "the table is locked" }) : undefined;
  });
const shop = service({ name: "shop", version: "1.0.0" });

await using pricesSide = await serve(prices, { port: 0 });
await using shopSide = await serve(shop, { port: 0 });
await using _pricesClient = await connect(prices, { gateway: front.url, endpoint: pricesSide.url });
await using client = await connect(shop, { gateway: front.url, endpoint: shopSide.url });

const answer = await client.request(priceAsked, { item: "tea" });
console.log("reply:", JSON.stringify(answer.data));

const sent = await client.publish("price.changed", { item: "tea", cents: 275 }, { priority: "CRITICAL" });
const receipt = await sent.receipt();
console.log("receipt:", sent.durability, receipt.outcome, "after", receipt.attempts, "attempts");
