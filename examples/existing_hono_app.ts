// An app that was there before, with its own CORS, logger and auth, becomes a service. Deno: deno run -A existing_hono_app.ts
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
import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { cors } from "hono/cors";
import { logger } from "hono/logger";

/** By hand; a schema of valibot, zod or arktype does as well. */
const order: StandardSchema<{ id: string }> = {
  "~standard": {
    version: 1,
    vendor: "by-hand",
    validate: (value: unknown) =>
      typeof (value as { id?: unknown } | null)?.id === "string"
        ? { value: value as { id: string } }
        : { issues: [{ message: "wanted an id" }] },
  },
};
const placed = defineEvent("order.placed", order);

await using bus = gateway({ store: sqlite("bus.db"), open: true });
await using front = await serve(bus, { port: 0 });

const orders = service({ name: "orders", version: "1.0.0" }).on(placed, ({ data }, { attempt }) => {
  console.log("orders: attempt", attempt, "of", data.id);
  return attempt === 1 ? new Nak({ reason: "the warehouse is shut" }) : undefined;
});

// The app as it was: its auth guards what is its own. Deliveries have their own proof, the signature.
const app = new Hono();
app.use(logger((line) => console.log("log:", line.trim())));
app.use(cors({ origin: "https://shop.example" }));
app.use("/api/*", bearerAuth({ token: "the-app-has-its-own" }));
app.post("/api/orders", async (c) => {
  const sent = await client.publish(placed, await c.req.json(), { priority: "CRITICAL" });
  const { outcome, attempts } = await sent.receipt();
  return c.json({ durability: sent.durability, outcome, attempts });
});
app.route("/bellhop", orders); // the one line that is new

await using side = await serve(app, { port: 0 });
await using client = await connect(orders, { gateway: front.url, endpoint: `${side.url}/bellhop` });

const post = (headers: HeadersInit) =>
  fetch(`${side.url}/api/orders`, { method: "POST", body: '{"id":"42"}', headers });
console.log("a stranger gets", (await post({})).status);
const answer = await post({ authorization: "Bearer the-app-has-its-own", origin: "https://shop.example" });
console.log("cors:", answer.headers.get("access-control-allow-origin"));
console.log("receipt:", JSON.stringify(await answer.json()));
