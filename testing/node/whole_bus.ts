/**
 * The whole of it on Node: a gateway in memory, a service and a client over HTTP, and the disk store where Node has one.
 * Prints what came of it as one line of JSON.
 *
 * @module
 */
import { connect, gateway, memory, serve, service, sqlite } from "@bellhop/bellhop/server";
import { Hono } from "hono";

const bus = gateway({ store: memory(), open: true });
const front = await serve(new Hono().route("/bus", bus), { port: 0 });
const heard: unknown[] = [];
const listener = service({ name: "listener", version: "1.0.0" }).on("greeting.*", (event) => {
  heard.push(event.data);
});
const side = await serve(new Hono().route("/bellhop", listener), { port: 0 });
const client = await connect(listener, { gateway: `${front.url}/bus`, endpoint: `${side.url}/bellhop` });
const sent = await client.publish("greeting.sent", { to: "node" });
const receipt = await sent.receipt({ timeoutMs: 10_000 });
await client.close();
await side.close();
await bus.close();
await front.close();

const disk = await sqlite(process.argv[2])().then(
  async (store) => {
    await store.close();
    return "opened";
  },
  (error) => error.code,
);
process.stdout.write(`${JSON.stringify({ heard, outcome: receipt.outcome, disk })}\n`);
