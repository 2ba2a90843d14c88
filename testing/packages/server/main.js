// A gateway with a disk store, a service and a client in one process. Says what came of it as one line of JSON.
import { connect, gateway, serve, service, sqlite } from "@bellhop/bellhop/server";
import process from "node:process";

const bus = gateway({ store: sqlite("bus.db"), open: true });
const front = await serve(bus, { port: 0 });
const heard = [];
const listener = service({ name: "listener", version: "1.0.0" }).on("greeting.*", ({ data }) => {
  heard.push(data);
});
const side = await serve(listener, { port: 0 });
const client = await connect(listener, { gateway: front.url, endpoint: side.url });
const sent = await client.publish("greeting.sent", "hello", { priority: "CRITICAL" });
const { outcome, attempts } = await sent.receipt({ timeoutMs: 20_000 });
for (const open of [client, side, bus, front]) await open.close();
process.stdout.write(`${JSON.stringify({ heard, durability: sent.durability, outcome, attempts })}\n`);
