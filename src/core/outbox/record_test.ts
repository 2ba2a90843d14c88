import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import { PRIORITIES } from "../priority/table.ts";
import type { OutboxEnd } from "./message.ts";
import {
  endRecord,
  messageRecord,
  outboxKey,
  outboxMessage,
  readEndRecord,
  readMessageRecord,
  readRetriesRecord,
  retriesRecord,
} from "./record.ts";

const timesMs = fc.nat(4_102_444_800_000);

const messages = fc.record({
  specversion: fc.constant("1.0"),
  id: fc.string({ minLength: 1 }),
  source: fc.string({ minLength: 1 }),
  type: fc.string({ minLength: 1 }),
  priority: fc.constantFrom(...PRIORITIES),
  partitionkey: fc.string(),
  expirytime: fc.constant("2026-01-01T00:00:00Z"),
  data: fc.jsonValue(),
}, { requiredKeys: ["specversion", "id", "source", "type"] })
  .map((envelope) => outboxMessage(JSON.stringify(envelope), Date.parse));

Deno.test("outboxMessage() takes out of the JSON what an outbox goes by", () => {
  const json = `{"specversion":"1.0","id":"1","source":"/a","type":"t"}`;
  const never = () => {
    throw new Error("there is no time to read");
  };
  assertEquals(
    outboxMessage(json, never),
    { source: "/a", id: "1", priority: "NORMAL", partitionkey: undefined, expiresMs: Infinity, json },
  );
  const full = `{"id":"2","source":"/b","priority":"HIGH","partitionkey":"k","expirytime":"2026-01-01T00:00:00Z"}`;
  const expiresMs = 1_767_225_600_000;
  assertEquals(
    outboxMessage(full, Date.parse),
    { source: "/b", id: "2", priority: "HIGH", partitionkey: "k", expiresMs, json: full },
  );
});

Deno.test("records come back as they were written", () => {
  fc.assert(fc.property(messages, timesMs, timesMs, fc.nat(), fc.string(), (message, acceptedMs, ms, n, reason) => {
    assertEquals(readMessageRecord(messageRecord(message, acceptedMs)), { message, acceptedMs });
    const retries = { attempts: n, dueMs: ms, waitMs: n, reason };
    assertEquals(readRetriesRecord(retriesRecord(retries)), retries);
    const end: OutboxEnd = { message, outcome: "rejected", reason, attempts: n, acceptedMs, endedMs: ms };
    assertEquals(readEndRecord(endRecord(end)), end);
  }));
});

Deno.test("outboxKey() sorts as numbers do", () => {
  assertEquals(outboxKey(42), "0000000000000042");
  const numbers = fc.nat(Number.MAX_SAFE_INTEGER);
  fc.assert(fc.property(numbers, numbers, (a, b) => {
    assertEquals(outboxKey(a) < outboxKey(b), a < b);
  }));
});

Deno.test("records say what is wrong with them: damaged, of somebody else, of another version", () => {
  for (const read of [readMessageRecord, readRetriesRecord, readEndRecord]) {
    const faultOf = (value: string) => {
      const { code, message, cause } = assertThrows(() => read(value), BellhopError);
      return [code, message, cause instanceof SyntaxError];
    };
    assertEquals(faultOf("[1,0,nu"), ["store-failed", "this record is damaged", true]);
    assertEquals(faultOf("{}"), ["store-failed", "no outbox wrote this record", false]);
    assertEquals(faultOf("[2]"), ["store-version", "an outbox wrote version 2, not 1", false]);
  }
});
