/**
 * Wrote `deno_kv_1.kv`, the store of schema version 1 that every later version must open; kept to show what is in it.
 *
 *     deno run -A testing/stores/make_deno_kv_1.ts <file>
 *
 * @module
 */
import { denoKv } from "@bellhop/bellhop/stores/deno-kv";
import type { StoreOperation } from "@bellhop/bellhop/bus";

/** What the fixture holds: a record in each keyspace, every kind of text, and one of several parts. */
export const RECORDS: readonly StoreOperation[] = [
  { keyspace: "messages", key: "msg_1", value: '{"envelope":{"id":"1","data":"é\u{1F600}\\u0000"}}' },
  { keyspace: "messages", key: "msg_2", value: "long ".repeat(30_000) },
  { keyspace: "deliveries", key: "msg_1 target", value: "\uFEFF\0\uFFFF" },
  { keyspace: "outcomes", key: "a", value: "" },
  { keyspace: "registry", key: "~", value: "{}" },
];

if (import.meta.main) {
  const store = await denoKv(Deno.args[0])();
  await store.write(RECORDS);
  await store.close();
  await Deno.remove(`${Deno.args[0]}-lock`);
}
