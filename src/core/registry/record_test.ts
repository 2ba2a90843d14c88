import { assertEquals } from "@std/assert";
import { parseRecord } from "./record.ts";

const SERVICE = {
  v: 1,
  kind: "service",
  name: "users",
  version: "1",
  subscriptions: ["a"],
  ephemeral: false,
  receipts: true,
  maxInFlight: 3,
  order: 0,
  registeredMs: 0,
  endMs: 0,
};
const INSTANCE = {
  v: 1,
  kind: "instance",
  service: "users",
  instance: "A.1",
  version: "1",
  endpoint: "http://a",
  health: "up",
  leaseMs: 1_000,
  leaseSha256: "0123456789abcdef".repeat(4),
  registeredMs: 7,
  ratePerMinute: 1,
};
const NO_MOMENT = [-1, 0.5, "1", null, NaN, Infinity, 2 ** 53];

/** What each field must not be. */
const BAD: readonly (readonly [Record<string, unknown>, Readonly<Record<string, readonly unknown[]>>])[] = [
  [SERVICE, {
    v: [2, "1", undefined],
    kind: ["services", "", undefined],
    name: ["Users", 3, undefined],
    version: ["", 1, undefined],
    subscriptions: ["a", ["a..b"], undefined],
    ephemeral: ["yes"],
    receipts: [1],
    maxInFlight: [0],
    order: [...NO_MOMENT, undefined],
    registeredMs: [...NO_MOMENT, undefined],
    endMs: NO_MOMENT,
  }],
  [INSTANCE, {
    v: [0],
    kind: [undefined, "other", "service"],
    service: ["Users", 3, undefined],
    instance: ["a b", "", 3, null, undefined],
    version: ["", undefined],
    endpoint: ["ftp://a", undefined],
    health: ["/up", 3, null, undefined],
    leaseMs: [999, "1000", null, undefined],
    leaseSha256: [
      INSTANCE.leaseSha256.slice(1),
      `${INSTANCE.leaseSha256}0`,
      "g".repeat(64),
      `${"0".repeat(63)}G`,
      `G${"0".repeat(63)}`,
      [],
      null,
    ],
    registeredMs: [...NO_MOMENT, undefined],
    ratePerMinute: [...NO_MOMENT, 0],
  }],
];

Deno.test("parseRecord() reads both kinds of record as they were written, whatever else is in them", () => {
  for (const [good] of BAD) {
    assertEquals<unknown>(parseRecord(JSON.parse(JSON.stringify(good))), good);
    assertEquals<unknown>(parseRecord({ ...good, color: "red" }), good);
  }
  const { endMs: _, maxInFlight: __, ...service } = SERVICE;
  assertEquals<unknown>(parseRecord({ ...service, receipts: false }), { ...service, receipts: false });
  assertEquals<unknown>(parseRecord({ ...service, ephemeral: true }), { ...service, ephemeral: true });
  const { ratePerMinute: ___, ...instance } = INSTANCE;
  assertEquals<unknown>(parseRecord(instance), instance);
});

Deno.test("parseRecord() refuses a record with any one field that this version does not write", () => {
  for (const [good, fields] of BAD) {
    for (const [field, values] of Object.entries(fields)) {
      for (const value of values) {
        assertEquals(parseRecord({ ...good, [field]: value }), undefined, `${field} ${String(value)}`);
      }
    }
  }
  for (const none of [undefined, null, 3, "service", [], [SERVICE]]) assertEquals(parseRecord(none), undefined);
});
