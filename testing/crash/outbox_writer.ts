/** Publishes CRITICAL into an outbox as fast as it can, and prints what was acknowledged: `outbox_crash_test.ts` kills it. */
import { outbox } from "@bellhop/bellhop/outbox";
import { sqlite } from "@bellhop/bellhop/stores/sqlite";

const [path, life] = Deno.args;
const box = await outbox({
  gateway: "http://127.0.0.1/bus",
  source: "/writer",
  store: sqlite(path),
  maxMessages: 100_000,
  fetch: () => Promise.reject(new TypeError("offline")),
});
const encoder = new TextEncoder();
let count = 0;
async function publish(): Promise<never> {
  for (;;) {
    const id = `${life}-${count++}`;
    await box.publish("order.placed", 0, { id, priority: "CRITICAL" });
    Deno.stdout.writeSync(encoder.encode(`${id}\n`));
  }
}
await Promise.all(Array.from({ length: 8 }, publish));
