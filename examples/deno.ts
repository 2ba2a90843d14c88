// A gateway and two services in one process. Deno: deno run -A deno.ts
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

/** By hand; a schema of valibot, zod or arktype does as well. */
const document: StandardSchema<{ id: string }> = {
  "~standard": {
    version: 1,
    vendor: "by-hand",
    validate: (value: unknown) =>
      typeof (value as { id?: unknown } | null)?.id === "string"
        ? { value: value as { id: string } }
        : { issues: [{ message: "wanted an id" }] },
  },
};
const created = defineEvent("document.created", document);
const indexed = defineEvent("document.indexed", document);

await using bus = gateway({ store: sqlite("bus.db"), open: true });
await using front = await serve(new Hono().route("/bus", bus), { port: 0 });

const search = service({ name: "search", version: "1.0.0" }).on(created, async ({ data }, { attempt, publish }) => {
  console.log("search: attempt", attempt, "of", data.id);
  if (attempt === 1) return new Nak({ reason: "the index is not open yet" });
  await publish(indexed, { id: data.id }, { priority: "HIGH" });
});
let heard = (_id: string) => {};
const done = new Promise<string>((resolve) => heard = resolve);
const mail = service({ name: "mail", version: "1.0.0" }).on(indexed, ({ data }) => heard(data.id));

const at = `${front.url}/bus`;
await using searchSide = await serve(search, { port: 0 });
await using mailSide = await serve(mail, { port: 0 });
await using client = await connect(search, { gateway: at, endpoint: searchSide.url });
await using _mailClient = await connect(mail, { gateway: at, endpoint: mailSide.url });

const sent = await client.publish(created, { id: "42" }, { priority: "CRITICAL" });
const receipt = await sent.receipt();
console.log("receipt:", sent.durability, receipt.outcome, "after", receipt.attempts, "attempts");
console.log("mail: heard of", await done);
