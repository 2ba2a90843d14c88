// An app that was there before, with its own CORS, logger and auth, becomes a service. Deno: deno run -A existing_hono_app.ts
// deno-lint-ignore-file no-console
import type { StandardSchema } from "@bellhop/bellhop/schema";
import { newSigningSecret, newToken } from "@bellhop/bellhop/security";
import { connect, defineEvent, gateway, Nak, serve, service, sqlite } from "@bellhop/bellhop/server";
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

// Token and secret are made once and kept: `bellhop token`, `bellhop secret`. Here all is one process.
const [token, signingSecret] = [newToken(), newSigningSecret()];
const grant = { name: "orders", token, scopes: ["register:orders", "publish:order.*", "publish:critical", "observe"] };
const credentials = [{ ...grant, sources: ["/services/orders"] }];
const allowHosts = ["127.0.0.1"];
await using bus = gateway({ store: sqlite("bus.db"), credentials, signingSecrets: signingSecret, allowHosts });
await using front = await serve(bus, { port: 0 });

const orders = service({ name: "orders", version: "1.0.0", signingSecret }).on(placed, ({ data }, { attempt }) => {
  console.log("orders: attempt", attempt, "of", data.id);
  return attempt === 1 ? new Nak({ reason: "the warehouse is shut" }) : undefined;
});

const app = new Hono();
app.use(logger((line) => console.log("log:", line.trim())));
// The one line that is new. It stands before CORS, which would answer the handshake's OPTIONS itself, and before an
// auth for all paths: deliveries have their own proof, the signature.
app.route("/bellhop", orders);
app.use(cors({ origin: "https://shop.example" }));
app.use("/api/*", bearerAuth({ token: "the-app-has-its-own" }));
app.post("/api/orders", async (c) => {
  const sent = await client.publish(placed, await c.req.json(), { priority: "CRITICAL" });
  const { outcome, attempts } = await sent.receipt();
  return c.json({ durability: sent.durability, outcome, attempts });
});

await using side = await serve(app, { port: 0 });
await using client = await connect(orders, { gateway: front.url, endpoint: `${side.url}/bellhop`, token });

const post = (headers: HeadersInit) =>
  fetch(`${side.url}/api/orders`, { method: "POST", body: '{"id":"42"}', headers });
console.log("a stranger gets", (await post({})).status);
const answer = await post({ authorization: "Bearer the-app-has-its-own", origin: "https://shop.example" });
console.log("cors:", answer.headers.get("access-control-allow-origin"));
console.log("receipt:", JSON.stringify(await answer.json()));
