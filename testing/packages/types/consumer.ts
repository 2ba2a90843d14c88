// What a user's compiler must infer from the declarations, and must refuse.
import { connect, type Receipt } from "@bellhop/bellhop/client";
import { retry } from "@bellhop/bellhop/retry";
import { defineEvent, type StandardSchema } from "@bellhop/bellhop/schema";
import { gateway, service, sqlite } from "@bellhop/bellhop/server";

export const bus = gateway({ store: sqlite("bus.db"), open: true });
declare const document: StandardSchema<{ readonly id: string }>;
const created = defineEvent("document.created", document);
export const search = service({ name: "search", version: "1.0.0" }).on(created, (event) => {
  const id: string = event.data.id;
  return id === "" ? Promise.reject(new Error("empty")) : undefined;
});

export async function run(): Promise<Receipt> {
  const client = await connect({ gateway: "http://127.0.0.1:8000" });
  const three: number = await retry(({ attempt }) => attempt, { retries: 3, jitter: "full" });
  // @ts-expect-error a priority is one of four words
  await client.publish("count.taken", three, { priority: "URGENT" });
  // @ts-expect-error the data does not fit the event
  await client.publish(created, { id: 42 });
  // @ts-expect-error headers are no number
  await client.call("search", "GET /", { headers: 7 });
  return await (await client.publish(created, { id: "42" })).receipt();
}
