/**
 * Wrote `durable_object_1.json`, the tables of schema version 1 that every later version must open; kept to show what is
 * in them. They come from an object in workerd.
 *
 *     deno run -A testing/stores/make_durable_object_1.ts <file>
 *
 * @module
 */
import type { StoreOperation } from "@bellhop/bellhop/bus";
import { bundled, workerd } from "../workers/workerd.ts";

/** What the fixture holds: a record in each keyspace, every kind of text, and one that overflows its page. */
export const RECORDS: readonly (StoreOperation & { readonly value: string })[] = [
  { keyspace: "messages", key: "msg_1", value: '{"envelope":{"id":"1","data":"é\u{1F600}\\u0000"}}' },
  { keyspace: "messages", key: "msg_2", value: "long ".repeat(5_000) },
  { keyspace: "deliveries", key: "msg_1 target", value: "\uFEFF\0\uFFFF" },
  { keyspace: "outcomes", key: "a", value: "" },
  { keyspace: "registry", key: "~", value: "{}" },
];

if (import.meta.main) {
  await using worker = await workerd(await bundled("testing/workers/schema_worker.ts"), {
    objects: { SCHEMA: "Schema" },
  });
  const answer = await fetch(`${worker.url}/written`, { method: "POST", body: JSON.stringify(RECORDS) });
  await Deno.writeTextFile(Deno.args[0], `${JSON.stringify(await answer.json(), null, 2)}\n`);
}
