import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { createReceiver, type LogRecord, type LogWriter, service } from "./mod.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CANARY = "canary-4711";

/** The records of one handler. */
async function logged(say: (log: Record<string, LogWriter>, event: unknown) => void): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const users = service({ name: "users", version: "1" }).on("user.*", (event, { log }) => say({ ...log }, event));
  const receiver = createReceiver(users, { log: (record) => void records.push(record), nowMs: () => 1_000 });
  const ruling = await receiver.receive(
    {
      specversion: "1.0",
      id: "7",
      source: "/a",
      type: "user.created",
      traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
      data: { password: CANARY },
    },
    {
      signal: new AbortController().signal,
      attempt: 2,
      deliveryId: "dlv_1",
      deadlineMs: Infinity,
      env: { TOKEN: CANARY },
    },
  );
  assertEquals(ruling.verdict, "ack");
  return records;
}

Deno.test("a record names service, event, attempt and trace, which no field replaces", async () => {
  const records = await logged((log) => {
    log.debug("looked");
    log.info("indexed", { pages: 3, service: "other", draft: false, parent: null, none: undefined });
    log.warn("slow");
    log.error("lost", { error: new TypeError("no disk") });
  });
  const about = { atMs: 1_000, service: "users", event: "7", attempt: 2, trace: TRACE };
  assertEquals(records, [
    { level: "debug", message: "looked", ...about, fields: {} },
    {
      level: "info",
      message: "indexed",
      ...about,
      fields: { pages: 3, service: "other", draft: false, parent: null },
    },
    { level: "warn", message: "slow", ...about, fields: {} },
    { level: "error", message: "lost", ...about, fields: { error: "TypeError: no disk" } },
  ]);
});

Deno.test("a record shows no data, no binding and no credential that is put there by mistake", async () => {
  const records = await logged((log, event) => {
    const { data } = event as { data: unknown };
    log.info("a", { event, data, list: [data], made: () => data });
    for (const name of ["token", "accessToken", "Authorization", "set-cookie", "clientSecret", "password", "api_key"]) {
      log.info("b", { [name]: CANARY });
    }
  });
  assertEquals(records[0].fields, { event: "[object]", data: "[object]", list: "[array]", made: "[function]" });
  assertEquals(records.length, 8);
  assertEquals(JSON.stringify(records).includes(CANARY), false);
});

Deno.test("a record is bounded and can be written as JSON, whatever the fields hold", async () => {
  const deep = fc.oneof(fc.anything(), fc.bigInt(), fc.constantFrom(NaN, Infinity, "x".repeat(5_000), Symbol("s")));
  const fields = fc.dictionary(fc.string({ maxLength: 100 }), deep, { maxKeys: 60 });
  await fc.assert(fc.asyncProperty(fc.string(), fields, async (message, fields) => {
    const [record] = await logged((log) => log.info(message.repeat(1_000), fields));
    assertLessOrEqual(record.message.length, 4_096);
    assertLessOrEqual(Object.keys(record.fields).length, 32);
    assertEquals(JSON.parse(JSON.stringify(record)).fields, { ...record.fields });
    for (const [name, value] of Object.entries(record.fields)) {
      assertLessOrEqual(name.length, 64);
      assert(value === null || ["string", "number", "boolean"].includes(typeof value));
      assertLessOrEqual(String(value).length, 1_024);
    }
  }));
});

Deno.test("a log that fails does not fail the message, and without one nothing is said", async () => {
  for (
    const options of [{}, {
      log: () => {
        throw new Error("full");
      },
    }]
  ) {
    const users = service({ name: "users", version: "1", ...options }).on("user.*", (_event, { log }) => log.info("a"));
    const { verdict } = await createReceiver(users).receive(
      { specversion: "1.0", id: "7", source: "/a", type: "user.created" },
      { signal: new AbortController().signal, attempt: 1, deliveryId: "", deadlineMs: Infinity },
    );
    assertEquals(verdict, "ack");
  }
});
