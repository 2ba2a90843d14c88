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
    delivery: "poll",
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
    "delivery unsupported",
    "endpoint scheme",
  ]);
  assertEquals(registrationFaults(null).map((fault) => fault.reason), ["wanted an object, got null"]);
  assertEquals(registrationFaults({}).map((fault) => fault.code), ["missing", "missing", "missing", "missing"]);
});

Deno.test("registrationFaults() says of each field what was wanted and what was there", () => {
  const wanted: [Record<string, unknown>, string, string][] = [
    [{ name: 3 }, "name type", "wanted a string, got number"],
    [{ name: undefined }, "name missing", "wanted a string, got nothing"],
    [{ name: "A" }, "name character", "wanted 1 to 63 of a-z, 0-9 and -, the first not -"],
    [{ version: null }, "version type", "wanted a string, got null"],
    [{ version: "\n" }, "version length", "wanted 1 to 64 characters, none a control character"],
    [{ instance: "ü" }, "instance character", "wanted 1 to 128 of A-Z, a-z, 0-9, ., _ and -"],
    [{ instance: 1 }, "instance character", "wanted 1 to 128 of A-Z, a-z, 0-9, ., _ and -"],
    [{ subscriptions: {} }, "subscriptions type", "wanted an array, got object"],
    [{ subscriptions: Array(65).fill("a") }, "subscriptions too-many", "wanted at most 64, got 65"],
    [{ subscriptions: ["a", []] }, "subscriptions[1] type", "wanted a string, got an array"],
    [{ leaseMs: 999 }, "leaseMs range", "wanted a whole number from 1000 to 3600000"],
    [{ ephemeral: 1 }, "ephemeral type", "wanted true or false, got number"],
    [{ receipts: "no" }, "receipts type", "wanted true or false, got string"],
    [{ maxInFlight: 0 }, "maxInFlight range", "wanted a whole number from 1 to 10000"],
    [{ health: "/x" }, "health character", "wanted a relative path of 1 to 256 plain characters"],
    [{ health: 3 }, "health character", "wanted a relative path of 1 to 256 plain characters"],
    [{ endpoint: true }, "endpoint type", "wanted a string, got boolean"],
    [{ endpoint: "http://a/" + "b".repeat(2_040) }, "endpoint too-long", "wanted at most 2048 characters, got 2049"],
    [{ endpoint: "a" }, "endpoint scheme", "wanted a URL that begins with http:// or https://"],
    [
      { endpoint: "http://a/ " },
      "endpoint character",
      "wanted visible ASCII without backslash, got another at character 9",
    ],
    [{ endpoint: "http://a#" }, "endpoint fragment", "wanted a URL without a fragment"],
    [{ endpoint: "http://a@b" }, "endpoint credentials", "wanted a URL without user and password"],
    [{ endpoint: "https://" }, "endpoint host", "wanted a URL with a host"],
    [{ delivery: "poll" }, "delivery unsupported", 'wanted "push" or "pull"'],
    [{ delivery: 3 }, "delivery unsupported", 'wanted "push" or "pull"'],
    [{ delivery: "pull" }, "endpoint unsupported", "wanted none: an instance that pulls is not called"],
    [{ endpoint: "pull:" }, "endpoint scheme", "wanted a URL that begins with http:// or https://"],
  ];
  for (const [part, what, reason] of wanted) {
    const faults = registrationFaults({ ...valid, ...part });
    assertEquals(faults.map((fault) => [`${fault.field} ${fault.code}`, fault.reason]), [[what, reason]]);
  }
  assertEquals(registrationFaults([])[0], { field: "data", code: "type", reason: "wanted an object, got an array" });
  assertEquals(registrationFaults(undefined)[0].reason, "wanted an object, got nothing");
});

Deno.test("registrationFaults() takes each field at the ends of its range and nothing just outside", () => {
  const ends: [keyof typeof valid | string, unknown[], unknown[]][] = [
    ["version", ["~ü", "1 beta", "x".repeat(64)], ["x".repeat(65), "\u001f", "a\u007f"]],
    ["leaseMs", [1_000, 3_600_000, null, undefined], [999, 3_600_001, 1_000.5, "1000", NaN]],
    ["maxInFlight", [1, 10_000, null], [0, 10_001, 1.5, "1"]],
    ["subscriptions", [[], Array(64).fill("a")], [Array(65).fill("a"), "a", null]],
    ["health", ["h", "a/b-c_d.e", "Z9/", "a.", "x".repeat(256), null], [
      "",
      "x".repeat(257),
      "/a",
      "a..b",
      "a?b",
      "a@",
    ]],
    ["health", ["A", "Z", "a", "z", "0", "9"], ["[", "\`", "{", ":", "@", "\u0010", "\u0019", "%"]],
    ["instance", ["A", "Z", "a", "z", "0", "9", ".", "_", "-", null], ["[", "\`", "{", ":", "@", "/", "\u0010", ""]],
    ["ephemeral", [true, false, null], [0, "true", {}]],
    ["receipts", [true, false, null], [0, "true", {}]],
    ["delivery", ["push", null], ["pull", 1]],
    ["endpoint", ["http://a~", "https://!"], ["http://a\u007f", "http://a ", "http://a\\"]],
  ];
  for (const [field, good, bad] of ends) {
    for (const value of good) assertEquals(registrationFaults({ ...valid, [field]: value }), [], `${field} ${value}`);
    for (const value of bad) {
      assertEquals(registrationFaults({ ...valid, [field]: value }).length, 1, `${field} ${value}`);
    }
  }
});

Deno.test("parseRegistration() counts the faults and names the fields of the first five", () => {
  const error = assertThrows(() => parseRegistration({ leaseMs: 0, receipts: 0 }), BellhopError);
  assertEquals(error.message, "cannot register: 6 fault(s) in name, version, subscriptions, leaseMs, receipts");
});

Deno.test("parseManifest() says how many faults there are, or what it got instead of a manifest", () => {
  const text = (data: unknown) => assertThrows(() => parseManifest(data), BellhopError);
  assertEquals(text([]).message, "cannot read the manifest: got an array");
  assertEquals(text({}).message, "cannot read the manifest: 3 fault(s)");
  assertEquals(text({}).faults?.map(({ field }) => field), ["name", "version", "subscriptions"]);
});

Deno.test("parseManifest() keeps what is given, leaves out what is not, and announce() gives its own instance first", () => {
  const least = { name: "users", version: "1", subscriptions: ["a", "b", "a"] };
  assertEquals(parseManifest({ ...least, leaseMs: null, color: 1 }), {
    ...least,
    subscriptions: ["a", "b"],
    health: "health",
  });
  const whole = { instance: "i", health: "up", leaseMs: 1_000, ephemeral: true, receipts: false, maxInFlight: 2 };
  const manifest = parseManifest({ ...least, ...whole });
  assertEquals(manifest, { ...least, subscriptions: ["a", "b"], ...whole });
  assert(Object.isFrozen(manifest) && Object.isFrozen(manifest.subscriptions));
  assertEquals(announce(manifest, "http://a", "other").instance, "i");
  assertEquals(announce(parseManifest(least), "http://a", "other").instance, "other");
  assertEquals("instance" in announce(parseManifest(least), "http://a"), false);
});

Deno.test("registrationFaults() reads endpoints in one pass", () => {
  const rules: [string, string | undefined][] = [
    ["http://127.0.0.1:8001/bellhop", undefined],
    ["https://users.example/b?tenant=1", undefined],
    ["http://[::1]:80", undefined],
    ["http://a?b@c", undefined],
    ["http://", "host"],
    ["http:///#", "host"],
    ["http://?#", "host"],
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
  assertEquals(["a-b", "0-", "-a"].map(isServiceName), [true, true, false]);
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
  const whole = {
    ...valid,
    instance: "i",
    leaseMs: 1_000,
    ephemeral: true,
    receipts: true,
    maxInFlight: 9,
    health: "up",
  };
  const registration = parseRegistration(whole);
  assertEquals(registration, whole);
  assert(Object.isFrozen(registration) && Object.isFrozen(registration.subscriptions));
  assertEquals(parseRegistration(valid).leaseMs, 30_000);
});

Deno.test("parseRegistration() takes one that pulls without an endpoint, and keeps none", () => {
  const { endpoint: _, ...homeless } = valid;
  for (const given of [{}, { endpoint: undefined }, { endpoint: null }, { endpoint: "pull:" }]) {
    const { endpoint, delivery } = parseRegistration({ ...homeless, ...given, delivery: "pull" });
    assertEquals([endpoint, delivery], ["pull:", "pull"]);
  }
  assertEquals("delivery" in parseRegistration({ ...valid, delivery: "push" }), false);
});
