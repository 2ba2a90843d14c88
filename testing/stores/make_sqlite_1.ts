/**
 * Wrote `sqlite_1.db`, the store of schema version 1 that every later version must open; kept to show what is in it.
 * Version 1 had no checksums: run it again and it writes the schema of today.
 *
 *     deno run -A testing/stores/make_sqlite_1.ts <file>
 *
 * @module
 */
import { sqlite } from "@bellhop/bellhop/stores/sqlite";
import type { StoreOperation } from "@bellhop/bellhop/bus";

/** What the fixture holds: a record in each keyspace, every kind of text, and one that overflows its page. */
export const RECORDS: readonly (StoreOperation & { readonly value: string })[] = [
  { keyspace: "messages", key: "msg_1", value: '{"envelope":{"id":"1","data":"é\u{1F600}\\u0000"}}' },
  { keyspace: "messages", key: "msg_2", value: "long ".repeat(5_000) },
  { keyspace: "deliveries", key: "msg_1 target", value: "\uFEFF\0\uFFFF" },
  { keyspace: "outcomes", key: "a", value: "" },
  { keyspace: "registry", key: "~", value: "{}" },
];

if (import.meta.main) {
  const store = await sqlite(Deno.args[0])();
  await store.write(RECORDS);
  await store.close();
}
