// A gateway, a service and a publisher in one process. Node 22.13 or newer: node node.mjs
// deno-lint-ignore-file no-console
import { connect, defineEvent, gateway, Nak, serve, service, sqlite } from "@bellhop/bellhop/server";

/** By hand; a schema of valibot, zod or arktype does as well. */
const created = defineEvent("document.created", {
  "~standard": {
    version: 1,
    vendor: "by-hand",
    validate: (value) => typeof value?.id === "string" ? { value } : { issues: [{ message: "wanted an id" }] },
  },
});

const bus = gateway({ store: sqlite("bus.db"), open: true });
const front = await serve(bus, { port: 0 });

const search = service({ name: "search", version: "1.0.0" }).on(created, ({ data }, { attempt }) => {
  console.log("search: attempt", attempt, "of", data.id);
  return attempt === 1 ? new Nak({ reason: "the index is not open yet" }) : undefined;
});
const side = await serve(search, { port: 0 });
const member = await connect(search, { gateway: front.url, endpoint: side.url });
const publisher = await connect({ gateway: front.url });

// Wrong data is refused before anything is sent.
await publisher.publish(created, { id: 42 }).catch((error) => console.log("refused:", error.code));

const sent = await publisher.publish(created, { id: "42" }, { priority: "CRITICAL" });
const receipt = await sent.receipt();
console.log("receipt:", sent.durability, receipt.outcome, "after", receipt.attempts, "attempts");

// Node 22 has no `await using`: what was opened last is closed first.
for (const open of [publisher, member, side, bus, front]) await open.close();
