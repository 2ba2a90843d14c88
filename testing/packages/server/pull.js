// Who cannot be called, by a stream and by long poll; and one that hangs up while it waits.
import process from "node:process";
import { pull } from "@bellhop/bellhop/pull";
import { connect, gateway, serve, service } from "@bellhop/bellhop/server";
import { memory } from "@bellhop/bellhop/stores/memory";

const bus = gateway({ open: true, store: memory() });
const server = await serve(bus, { port: 0 });
const { url } = server;
const heard = [];
for (const stream of [true, false]) {
  const name = stream ? "streamed" : "polled";
  const worker = service({ name, version: "1.0.0" }).on(
    name,
    ({ type }, { attempt }) => heard.push(`${type} ${attempt}`),
  );
  const client = await connect(worker, { gateway: url, delivery: pull({ stream }) });
  const sent = await client.publish(name, {});
  await sent.receipt({ timeoutMs: 10_000 });
  await client.close();
}

const registration = { name: "gone", version: "1", subscriptions: ["gone"], delivery: "pull" };
const registered = await fetch(`${url}/registry`, {
  method: "POST",
  headers: { "content-type": "application/cloudevents+json" },
  body: JSON.stringify({ specversion: "1.0", id: "1", source: "/gone", type: "service.register", data: registration }),
});
const headers = { "bellhop-lease": (await registered.json()).data.lease };
const leaving = new AbortController();
const waiting = fetch(`${url}/deliveries?wait=60`, { headers, signal: leaving.signal }).then((one) => one.text());
setTimeout(() => leaving.abort(), 100);
await waiting.catch(() => {});
await new Promise((resolve) => setTimeout(resolve, 300));
const publisher = await connect({ gateway: url });
await publisher.publish("gone", {});
const { deliveries } = await (await fetch(`${url}/deliveries?wait=5`, { headers })).json();
heard.push(...deliveries.map(({ envelope, attempt }) => `${envelope.type} ${attempt}`));
const answers = deliveries.map(({ ticket }) => ({ ticket, verdict: "ack" }));
await (await fetch(`${url}/deliveries`, { method: "POST", headers, body: JSON.stringify({ answers }) })).json();
process.stdout.write(`${JSON.stringify(heard)}\n`);
for (const open of [publisher, bus, server]) await open.close();
