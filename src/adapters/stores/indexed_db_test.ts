import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BellhopError } from "../../core/error.ts";
import { indexeddb } from "./indexed_db.ts";

// What a browser makes of it is in `indexed_db_browser_test.ts`.

Deno.test("indexeddb() throws argument-invalid for a name or a bound that cannot be", () => {
  const fields = [
    [() => indexeddb(""), "name"],
    [() => indexeddb(undefined as unknown as string), "name"],
    [() => indexeddb("a", { maxRecordBytes: 98_303 }), "maxRecordBytes"],
    [() => indexeddb("a", { maxRecordBytes: 67_108_865 }), "maxRecordBytes"],
    [() => indexeddb("a", { openTimeoutMs: 0 }), "openTimeoutMs"],
    [() => indexeddb("a", { openTimeoutMs: 600_001 }), "openTimeoutMs"],
  ] as const;
  for (const [call, field] of fields) {
    const error = assertThrows(call, BellhopError);
    assertEquals([error.code, error.field], ["argument-invalid", field]);
  }
});

Deno.test("indexeddb() rejects with store-unavailable where there is no IndexedDB, and says what to take", async () => {
  const error = await indexeddb("outbox")().catch((error: BellhopError) => error) as BellhopError;
  assertEquals(error.code, "store-unavailable");
  assertStringIncludes(error.message, "sqlite()");
});
