/**
 * The app in a page: it orders, online or not, and it makes what was ordered anywhere, for which it asks the gateway.
 *
 * @module
 */
import { connect, outbox } from "@bellhop/bellhop/browser";
import { pull } from "@bellhop/bellhop/pull";
import { orders } from "./orders.ts";
import { token } from "./page_token.ts";

declare global {
  interface ServiceWorkerRegistration {
    /** Background Sync, where there is one. */
    readonly sync?: { register(tag: string): Promise<void> };
  }
}

const [form] = document.forms;
await navigator.serviceWorker.register("/service_worker.js");

const box = await outbox({
  gateway: "/bus",
  source: "/page",
  token,
  onSent: ({ id, envelope }) => say(id, envelope.data, "sent"),
  onFailed: ({ id, envelope, reason }) => say(id, envelope.data, reason),
});
for (const { id, envelope } of await box.list()) say(id, envelope.data, "waiting");
form.onsubmit = async (event) => {
  event.preventDefault();
  const order = { item: String(new FormData(form).get("item")) };
  form.reset();
  const { id, durability } = await box.publish("order.placed", order, { priority: "CRITICAL" });
  say(id, order, durability);
  // Should this page be closed before it is sent, the worker is woken when there is a network.
  await (await navigator.serviceWorker.ready).sync?.register("outbox");
};
form.querySelector("button")!.disabled = false;

const kitchen = orders("kitchen", ({ item }) => {
  document.querySelector("#made")!.append(Object.assign(document.createElement("li"), { textContent: item }));
});
// One page for all: over HTTP/1.1 they share six connections, and a stream holds one. The next takes over at once.
await navigator.locks.request("kitchen", async () => {
  const opening = { gateway: "/bus", source: "/page", token, timeoutMs: 3_600_000 };
  await connect(kitchen, { ...opening, delivery: pull() });
  await new Promise(() => {});
});

function say(id: string, order: unknown, state: string): void {
  let line = document.getElementById(id);
  if (line === null) {
    line = Object.assign(document.createElement("li"), { id });
    document.querySelector("#ordered")!.append(line);
  }
  line.textContent = `${(order as { item?: string }).item}: ${state}`;
}
