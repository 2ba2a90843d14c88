import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import { announce, parseManifest } from "./manifest.ts";
import { parseRecord } from "./record.ts";
import { isInstanceId, isServiceName, parseRegistration, registrationFaults } from "./registration.ts";

const valid = { name: "users", version: "1", endpoint: "http://127.0.0.1:8001/bellhop", subscriptions: ["user.*"] };
const member = fc.oneof(
  fc.constantFrom<unknown>(null, true, "users", "1", "http://a/b", "health", 1_000, 30_000, "push", "../x"),
  fc.jsonValue(),
);
const anything = fc.oneof(
  fc.jsonValue(),
  fc.record({
    name: member,
    version: member,
    instance: member,
    endpoint: member,
    subscriptions: fc.oneof(member, fc.array(fc.oneof(fc.constant("a.>"), fc.string()), { maxLength: 70 })),
    leaseMs: member,
    ephemeral: member,
    receipts: member,
    maxInFlight: member,
    health: member,
    delivery: member,
  }, { requiredKeys: [] }).map((part) => ({ ...valid, ...part })),
);

Deno.test("parseRegistration() reads data or throws every fault, and reads its own result as the same", () => {
  fc.assert(fc.property(anything, (data) => {
    const faults = registrationFaults(data);
    if (faults.length > 0) {
      const error = assertThrows(() => parseRegistration(data), BellhopError);
      assertEquals([error.code, error.faults], ["registration-invalid", faults]);
      return;
    }
    const registration = parseRegistration(data);
    assertEquals(parseRegistration(registration), registration);
    assert(isServiceName(registration.name) && registration.subscriptions.length <= 64);
    assert(registration.leaseMs >= 1_000 && registration.leaseMs <= 3_600_000);
  }));
});

Deno.test("parseManifest() and parseRecord() take any data without another error than their own", () => {
  fc.assert(fc.property(anything, (data) => {
    parseRecord({ ...(data as object), v: 1, kind: "service" });
    parseRecord(data);
    try {
      announce(parseManifest(data), valid.endpoint, "x");
    } catch (error) {
      assert(error instanceof BellhopError && error.code === "discovery-failed", String(error));
    }
  }));
});

Deno.test("registrationFaults() finds all faults at once", () => {
  const data = {
    name: "-users",
    version: "",
    instance: "a b",
    endpoint: "ftp://x",
    subscriptions: ["ok", "a..b", 3],
    leaseMs: 999,
    ephemeral: "yes",
    receipts: 1,
    maxInFlight: 0,
    health: "//evil",
    delivery: "pull",
  };
  assertEquals(registrationFaults(data).map((fault) => `${fault.field} ${fault.code}`), [
    "name character",
    "version length",
    "instance character",
    "subscriptions[1] token-empty",
    "subscriptions[2] type",
    "leaseMs range",
    "ephemeral type",
    "receipts type",
    "maxInFlight range",
    "health character",
    "endpoint scheme",
    "delivery unsupported",
  ]);
  assertEquals(registrationFaults(null).map((fault) => fault.reason), ["wanted an object, got null"]);
  assertEquals(registrationFaults({}).map((fault) => fault.code), ["missing", "missing", "missing", "missing"]);
});

Deno.test("registrationFaults() reads endpoints in one pass", () => {
  const rules: [string, string | undefined][] = [
    ["http://127.0.0.1:8001/bellhop", undefined],
    ["https://users.example/b?tenant=1", undefined],
    ["http://[::1]:80", undefined],
    ["http://", "host"],
    ["http:///path", "host"],
    ["http://?q", "host"],
    ["http://:80/", "host"],
    ["HTTP://a", "scheme"],
    ["javascript:alert(1)", "scheme"],
    ["http://user:secret@a/", "credentials"],
    ["http://a/@b", undefined],
    ["http://a/#b", "fragment"],
    ["http://a/ b", "character"],
    ["http://a\\@b/", "character"],
    ["http://a/\r\nx: y", "character"],
    ["http://ü/", "character"],
    ["http://a/" + "b".repeat(2_039), undefined],
    ["http://a/" + "b".repeat(2_040), "too-long"],
  ];
  for (const [endpoint, code] of rules) {
    assertEquals(registrationFaults({ ...valid, endpoint })[0]?.code, code, endpoint.slice(0, 40));
  }
});

Deno.test("isServiceName() and isInstanceId() are the protocol's expressions", () => {
  const text = fc.oneof(fc.string({ unit: fc.constantFrom(..."aZ09-._@[`{/:é "), maxLength: 8 }), fc.string());
  fc.assert(fc.property(text, (text) => {
    assertEquals(isServiceName(text), /^[a-z0-9][a-z0-9-]{0,62}$/.test(text) && !text.endsWith("\n"));
    assertEquals(isInstanceId(text), /^[A-Za-z0-9._-]{1,128}$/.test(text) && !text.endsWith("\n"));
  }));
  assertEquals(["a".repeat(63), "a".repeat(64)].map(isServiceName), [true, false]);
  assertEquals(["a".repeat(128), "a".repeat(129)].map(isInstanceId), [true, false]);
});

Deno.test("parseRegistration() fills in what may be left out and drops repeated patterns", () => {
  assertEquals(parseRegistration({ ...valid, subscriptions: ["a", "b", "a"], leaseMs: null, color: "red" }, 5_000), {
    name: "users",
    version: "1",
    endpoint: "http://127.0.0.1:8001/bellhop",
    subscriptions: ["a", "b"],
    leaseMs: 5_000,
    ephemeral: false,
    receipts: false,
    health: "health",
  });
});
