import { assertEquals, assertStringIncludes } from "@std/assert";
import { RECORDS } from "../../../testing/stores/make_durable_object_1.ts";
import type { Found } from "../../../testing/workers/schema_worker.ts";
import { bundled, workerd } from "../../../testing/workers/workerd.ts";

Deno.test("durableObject() keeps the store contract in workerd", async () => {
  await using worker = await workerd(await bundled("testing/workers/store_worker.ts"), {
    objects: { CONTRACT: "Contract" },
  });
  const { held, broken } = await (await fetch(worker.url)).json();
  assertEquals(broken, []);
  assertEquals(held > 15, true);
});

Deno.test("durableObject() reads what schema version 1 wrote, and rejects with store-version what a later one wrote", async () => {
  const fixture = await Deno.readTextFile(
    new URL("../../../testing/stores/durable_object_1.json", import.meta.url),
  );
  await using worker = await workerd(await bundled("testing/workers/schema_worker.ts"), {
    objects: { SCHEMA: "Schema" },
  });
  const answer = await fetch(`${worker.url}/found`, { method: "POST", body: fixture });
  const { records, again, later }: Found = await answer.json();
  for (const [keyspace, found] of Object.entries(records)) {
    const written = RECORDS.filter((record) => record.keyspace === keyspace);
    assertEquals(found, written.map(({ key, value }) => ({ key, value })), keyspace);
  }
  assertEquals(again, [{ key: "added", value: "today" }, ...records.messages]);
  assertEquals(later.code, "store-version");
  assertStringIncludes(later.message, "schema version 2");
});
