import { assert, assertEquals, assertNotEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError, type ErrorCode } from "../error.ts";
import { announce, parseManifest } from "./manifest.ts";
import { createRegistry, type Registry } from "./registry.ts";
import type { RegistryOptions } from "./options.ts";

const LEASE_MS = 30_000;
const DAY_MS = 86_400_000;

function data(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { name, version: "1", endpoint: "http://127.0.0.1:8001/b", subscriptions: [`${name}.*`], ...more };
}

function quiet(options: RegistryOptions = {}): Registry {
  return createRegistry({ healthIntervalMs: 0, ...options });
}

function kinds(registry: Registry): string[] {
  return registry.takeEvents().map((event) => `${event.kind} ${event.instance ?? event.service} (${event.reason})`);
}

function code(act: () => unknown): ErrorCode {
  return assertThrows(act, BellhopError).code;
}

Deno.test("wake() makes a silent instance suspect at its lease's end, removes it one lease later, and ends the service after 7 days", () => {
  const registry = quiet();
  registry.register(0, data("users"), "t1", "a");
  assertEquals(registry.nextWakeMs(), LEASE_MS);
  registry.wake(LEASE_MS - 1);
  assertEquals(registry.get("users")?.instances[0].state, "live");
  registry.wake(LEASE_MS);
  assertEquals(registry.choose(LEASE_MS, "users", 0).kind, "chosen"); // suspect, but callable
  assertEquals(registry.nextWakeMs(), 2 * LEASE_MS);
  registry.wake(2 * LEASE_MS);
  assertEquals(kinds(registry), ["registered a (new)", "suspect a (lease-ended)", "removed a (lease-ended)"]);
  assertEquals(registry.choose(2 * LEASE_MS, "users", 0).kind, "absent");
  assertEquals(registry.receivers("users.created"), ["users"]); // its subscriptions outlive it

  assertEquals(registry.nextWakeMs(), LEASE_MS + 7 * DAY_MS);
  registry.wake(LEASE_MS + 7 * DAY_MS);
  assertEquals(kinds(registry), ["service-gone users (expired)"]);
  assertEquals([registry.known("users"), registry.receivers("users.created")], [false, []]);
  assertEquals(registry.nextWakeMs(), Infinity);
});

Deno.test("wake() gives a lease of grace when it comes late, as after the gateway slept", () => {
  const registry = quiet();
  registry.register(0, data("users"), "t1", "a");
  registry.wake(DAY_MS);
  assertEquals(registry.get("users")?.instances[0].state, "suspect");
  registry.renew(DAY_MS + LEASE_MS - 1, "t1");
  registry.wake(DAY_MS + LEASE_MS);
  assertEquals(registry.get("users")?.instances[0].state, "live");
});

Deno.test("wake() takes a bounded number of steps and asks to be called again", () => {
  const registry = quiet({ wakeBatch: 10 });
  for (let i = 0; i < 25; i++) registry.register(0, data("users"), `t${i}`, `i${i}`);
  registry.takeEvents();
  const seen: number[] = [];
  while (registry.nextWakeMs() <= LEASE_MS) {
    registry.wake(LEASE_MS);
    seen.push(registry.takeEvents().length);
  }
  assertEquals(seen, [10, 10, 5]);
});

Deno.test("renew() clears neither health nor breaker, and a verdict or a passed check renews", () => {
  const registry = quiet({ breakerFailures: 1 });
  registry.register(0, data("users"), "t1", "a");
  for (let i = 0; i < 3; i++) registry.health(0, "users", "a", "fail");
  registry.verdict(0, "users", "a", false, false);
  registry.renew(10, "t1");
  const [instance] = registry.get("users")!.instances;
  assertEquals([instance.healthy, instance.breaker, instance.leaseEndMs], [false, "open", 10 + LEASE_MS]);

  const endMs = (): number => registry.get("users")!.instances[0].leaseEndMs - LEASE_MS;
  registry.health(20, "users", "a", "warn");
  assertEquals(endMs(), 20);
  registry.health(30, "users", "a", "fail");
  assertEquals(endMs(), 20);
  registry.verdict(40, "users", "a", true, false);
  assertEquals(endMs(), 40);
  registry.verdict(50, "users", "a", false, false); // a timeout, say
  assertEquals(endMs(), 40);
  registry.verdict(60, "users", "a", false, false, true); // a nak in so many words
  assertEquals(endMs(), 60);
});

Deno.test("verdict() charged to health makes the instance unhealthy at the third", () => {
  const registry = quiet();
  registry.register(0, data("users"), "t1", "a");
  registry.takeEvents();
  for (let i = 0; i < 3; i++) registry.verdict(0, "users", "a", false, true);
  registry.health(0, "users", "a", "pass");
  registry.health(0, "users", "a", "pass");
  assertEquals(kinds(registry), ["unhealthy a (verdicts)", "healthy a (checks)"]);
});

Deno.test("register() replaces an instance: the old lease is void, health begins anew, deliveries stay counted", () => {
  const registry = quiet();
  registry.register(0, data("users", { instance: "a" }), "t1", "");
  registry.began(0, "users", "a");
  for (let i = 0; i < 3; i++) registry.health(0, "users", "a", "fail");
  const again = registry.register(5, data("users", { instance: "a", leaseMs: 1_000 }), "t2", "");
  assertEquals([again.newService, again.newInstance, again.renewEveryMs], [false, false, 333]);
  assertEquals(code(() => registry.renew(5, "t1")), "lease-unknown");
  const [instance] = registry.get("users")!.instances;
  assertEquals([instance.healthy, instance.inFlight, instance.leaseEndMs], [true, 1, 1_005]);
  assertEquals(registry.nextWakeMs(), 1_005); // a shorter lease is noticed in time
});

Deno.test("register() lets the newest registration decide for the service", () => {
  const registry = quiet();
  registry.register(0, data("users", { subscriptions: ["a", "b"] }), "t1", "one");
  const before = registry.settings("users");
  registry.register(0, data("users", { subscriptions: ["b", "c"], version: "2", maxInFlight: 5 }), "t2", "two");
  assertEquals(["a", "b", "c"].map((type) => registry.receivers(type)), [[], ["users"], ["users"]]);
  assertNotEquals(registry.settings("users"), before);
  assertEquals([registry.settings("users")?.version, registry.settings("users")?.maxInFlight], ["2", 5]);
  assertEquals(registry.get("users")?.instances.map((instance) => instance.version), ["1", "2"]);
});

Deno.test("register() refuses bad data, a token in use and what goes over a bound, and changes nothing", () => {
  const registry = quiet({ maxServices: 2, maxInstancesPerService: 2, maxInstances: 3 });
  registry.register(0, data("a"), "t1", "1");
  registry.register(0, data("a"), "t2", "2");
  registry.register(0, data("b"), "t3", "1");
  const before = JSON.stringify(registry.list());
  registry.takeWrites();
  assertEquals(code(() => registry.register(0, { name: "A" }, "t4", "1")), "registration-invalid");
  assertEquals(code(() => registry.register(0, data("b"), "t1", "2")), "argument-invalid");
  assertEquals(code(() => registry.register(0, data("b"), "", "2")), "argument-invalid");
  assertEquals(code(() => registry.register(0, data("b"), "t4", "no id")), "argument-invalid");
  assertEquals(code(() => registry.register(0, data("a"), "t4", "3")), "registry-full");
  assertEquals(code(() => registry.register(0, data("b"), "t4", "2")), "registry-full");
  assertEquals(code(() => registry.register(0, data("c"), "t4", "1")), "registry-full");
  assertEquals([JSON.stringify(registry.list()), registry.takeWrites()], [before, []]);
  registry.register(0, data("a", { version: "2" }), "t4", "2"); // replacing needs no room
});

Deno.test("register() and renew() say what could not be done, and in which argument", () => {
  const registry = quiet({ maxServices: 2, maxInstancesPerService: 1, maxInstances: 2, maxQueued: 4 });
  registry.register(0, data("a"), "t1", "1");
  registry.takeWrites();
  const said = (run: () => unknown): unknown[] => {
    const { field, message } = assertThrows(run, BellhopError);
    return [field, message];
  };
  const token = "cannot register: wanted a lease token of 1 to 256 characters of ASCII that no instance holds";
  for (const bad of ["t1", "", "é", "x".repeat(257), "a b"]) {
    assertEquals(said(() => registry.register(0, data("b"), bad, "2")), ["token", token]);
  }
  assertEquals(said(() => registry.register(0, data("b"), "t2", "no id")), [
    "instanceId",
    "cannot register: the instance id given by the gateway breaks the rule for ids",
  ]);
  const unknown = "no instance holds this lease: wanted the token of the last registration";
  assertEquals(said(() => registry.renew(0, "t9")), [undefined, unknown]);
  assertEquals(said(() => registry.register(0, data("a"), "t2", "2"))[1], "cannot register: a has 1 instances");
  registry.register(0, data("b"), "x".repeat(256), "1");
  assertEquals(said(() => registry.register(0, data("c"), "t3", "1"))[1], "cannot register: 2 services are registered");
  assertEquals(
    said(() => registry.register(0, data("b"), "t3", "2"))[1],
    "cannot register: 2 instances are registered",
  );
  registry.takeEvents();
  registry.register(0, data("a", { version: "2" }), "t4", "1"); // the fourth write, of as many as may wait
  assertEquals(said(() => registry.register(0, data("a"), "t5", "1")), [
    undefined,
    "cannot register: 4 events or writes wait to be taken",
  ]);
  assertEquals(said(() => registry.restore(0, [])), ["records", "cannot restore: wanted an empty registry"]);
});

Deno.test("register() refuses while nobody takes what is queued", () => {
  const registry = quiet({ maxQueued: 3 });
  for (let i = 0; i < 3; i++) registry.register(0, data("users", { instance: "a" }), `t${i}`, "");
  assertEquals(code(() => registry.register(0, data("users"), "t3", "b")), "registry-full");
  for (let i = 0; i < 10; i++) registry.renew(0, "t2");
  assertEquals(registry.takeEvents().length, 3);
  registry.register(0, data("users"), "t3", "b");
});

Deno.test("deregister() takes out the instance, or with it the service", () => {
  const registry = quiet();
  registry.register(0, data("users"), "t1", "a");
  registry.register(0, data("users"), "t2", "b");
  registry.register(0, data("tasks", { ephemeral: true }), "t3", "c");
  registry.takeEvents();
  assertEquals(registry.deregister(1, "t1"), { name: "users", instance: "a", serviceGone: false });
  assertEquals(code(() => registry.deregister(1, "t1")), "lease-unknown");
  assertEquals(registry.deregister(1, "t3"), { name: "tasks", instance: "c", serviceGone: true });
  registry.register(1, data("users"), "t4", "d");
  assertEquals(registry.deregister(1, "t4", { service: true }).serviceGone, true);
  assertEquals(kinds(registry), [
    "deregistered a (request)",
    "deregistered c (request)",
    "service-gone tasks (ephemeral)",
    "registered d (new)",
    "deregistered d (request)",
    "removed b (service-gone)",
    "service-gone users (deregistered)",
  ]);
  assertEquals(registry.counts(), { services: 0, instances: 0 });
  assertEquals([registry.removeService(1, "users"), registry.removeInstance(1, "users", "b")], [false, false]);
});

Deno.test("receivers() gives the same array until a subscription changes, each service once", () => {
  const registry = quiet();
  registry.register(0, data("b", { subscriptions: ["user.*", "user.>", "user.created"] }), "t1", "1");
  registry.register(0, data("a", { subscriptions: [">"] }), "t2", "1");
  const receivers = registry.receivers("user.created");
  assertEquals(receivers, ["b", "a"]); // in order of registration
  registry.register(0, data("a", { subscriptions: [">"] }), "t3", "2"); // changes no subscription
  assertStrictEquals(registry.receivers("user.created"), receivers);
  registry.register(0, data("c", { subscriptions: ["user.created"] }), "t4", "1");
  assertEquals(registry.receivers("user.created"), ["b", "a", "c"]);
  assertEquals(receivers, ["b", "a"]);
});

Deno.test("receivers() answers rightly from a cache that is far too small", () => {
  fc.assert(fc.property(fc.array(fc.nat(9), { maxLength: 40 }), (order) => {
    const registry = quiet({ receiverCacheSize: 2 });
    registry.register(0, data("odd", { subscriptions: ["1", "3", "5", "7", "9"] }), "t1", "1");
    registry.register(0, data("low", { subscriptions: ["0", "1", "2", "3"] }), "t2", "1");
    for (const n of order) {
      assertEquals(registry.receivers(`${n}`), [...n % 2 ? ["odd"] : [], ...n < 4 ? ["low"] : []]);
    }
  }));
});

Deno.test("dueHealthChecks() asks each instance once per interval", () => {
  const registry = createRegistry({ healthIntervalMs: 1_000 });
  registry.register(0, data("users", { health: "up" }), "t1", "a");
  registry.register(500, data("users"), "t2", "b");
  assertEquals([registry.nextWakeMs(), registry.dueHealthChecks(999)], [1_000, []]);
  assertEquals(registry.dueHealthChecks(1_000), [
    { service: "users", instance: "a", endpoint: "http://127.0.0.1:8001/b", health: "up" },
  ]);
  assertEquals(registry.dueHealthChecks(1_000), []);
  assertEquals(registry.dueHealthChecks(2_000, 1).map((check) => check.instance), ["b"]);
  registry.deregister(2_000, "t1");
  assertEquals(registry.dueHealthChecks(2_000), []);
  assertEquals(registry.dueHealthChecks(3_000), []); // the last check is still without a result
  registry.health(3_500, "users", "b", "pass");
  assertEquals(registry.dueHealthChecks(4_000).length, 1);
  assertEquals(registry.dueHealthChecks(63_999), []);
  assertEquals(registry.dueHealthChecks(64_999).length, 1); // and by now it is lost
});

Deno.test("restore() brings services back with suspect, callable instances and their leases", () => {
  const before = quiet();
  before.register(0, data("users", { receipts: true, maxInFlight: 3 }), "t1", "a");
  before.register(0, data("gone"), "t2", "b");
  before.deregister(1_000, "t2");
  const records = before.takeWrites().map(({ record }) => JSON.parse(JSON.stringify(record ?? null)));

  const after = quiet();
  assertEquals(after.restore(DAY_MS, [...records, { v: 1, kind: "service", name: "?" }, 7]), {
    services: 2,
    instances: 1,
    dropped: 3, // the deleted key's null, and the two that are no records
  });
  assertEquals(kinds(after), ["suspect a (restored)"]);
  assertEquals(after.choose(DAY_MS, "users", 0).kind, "chosen");
  assertEquals(after.settings("users"), before.settings("users"));
  assertEquals(after.get("gone")?.endMs, 1_000 + 7 * DAY_MS);
  assertEquals(after.renew(DAY_MS, "t1").instance, "a"); // the client never noticed
  assertEquals(code(() => after.restore(DAY_MS, [])), "argument-invalid");
});

Deno.test("takeWrites() holds no lease token, and what it holds does not serve as one", () => {
  const registry = quiet();
  const token = "lse_Zk3TsecretZk3Tsecret";
  assertEquals(registry.register(0, data("users"), token, "a").lease, token);
  const written = JSON.stringify(registry.takeWrites());
  assert(!written.includes(token));
  const kept = /"leaseSha256":"([0-9a-f]{64})"/.exec(written)?.[1] ?? "";
  assertEquals(kept.length, 64);
  for (const forged of [kept, "", `${token}x`, token.slice(1), "é".repeat(20)]) {
    assertEquals(code(() => registry.renew(1, forged)), "lease-unknown");
    assertEquals(code(() => registry.deregister(1, forged)), "lease-unknown");
  }
  assertEquals(registry.renew(1, token).instance, "a");
});

Deno.test("takeWrites() keeps the service's record true: an end is set when the last instance leaves and taken back", () => {
  const registry = quiet();
  const ends = (): unknown[] =>
    registry.takeWrites().map(({ key, record }) => [key, record && "endMs" in record ? record.endMs : null]);
  registry.register(0, data("users"), "t1", "a");
  registry.register(0, data("users"), "t2", "b");
  registry.renew(1, "t1");
  assertEquals(ends(), [["service/users", null], ["instance/users/a", null], ["instance/users/b", null]]);
  registry.deregister(2, "t1");
  registry.deregister(2, "t2");
  assertEquals(ends().at(-1), ["service/users", 2 + 7 * DAY_MS]);
  registry.register(3, data("users"), "t3", "a");
  assertEquals(ends(), [["service/users", null], ["instance/users/a", null]]);
  registry.renew(4, "t3");
  assertEquals(ends(), []); // a renewal writes nothing
});

Deno.test("restore() sweeps what a crash between two keys left", () => {
  const before = quiet();
  before.register(0, data("users"), "t1", "a");
  before.register(0, data("tasks", { ephemeral: true }), "t2", "b");
  const [users, a, tasks, b] = before.takeWrites();
  assertEquals([users.key, a.key, tasks.key, b.key], [
    "service/users",
    "instance/users/a",
    "service/tasks",
    "instance/tasks/b",
  ]);
  const after = quiet();
  after.restore(5, [users.record, tasks.record]); // their instances' deletion had arrived alone
  assertEquals(after.get("users")?.endMs, 5 + 7 * DAY_MS);
  assertEquals(kinds(after), ["service-gone tasks (ephemeral)"]);

  const orphaned = quiet();
  orphaned.restore(5, [a.record]);
  assertEquals(orphaned.takeWrites(), [{ key: "instance/users/a", record: undefined }]);
  assertEquals(orphaned.counts(), { services: 0, instances: 0 });
});

Deno.test("restore() takes any records at all", () => {
  const real = quiet();
  real.register(0, data("users"), "t1", "a");
  const good = real.takeWrites().map((write) => write.record);
  const broken = fc.tuple(fc.constantFrom(...good), fc.string(), fc.jsonValue())
    .chain(([record, , value]) =>
      fc.constantFrom(...Object.keys(record!)).map((key) => ({ ...record, [key]: value }) as unknown)
    );
  fc.assert(fc.property(fc.array(fc.oneof(broken, fc.constantFrom(...good), fc.anything())), (records) => {
    const registry = quiet();
    registry.restore(1, records);
    const restored = JSON.stringify(registry.list());
    assert(restored.length > 0);
    registry.wake(1e15);
  }));
});

Deno.test("list() shows no lease token", () => {
  const registry = quiet();
  registry.register(0, data("users"), "secret-token", "a");
  assert(!JSON.stringify([registry.list(), registry.takeEvents()]).includes("secret-token"));
});

Deno.test("register() takes what announce() makes of a manifest", () => {
  const registry = quiet();
  const manifest = parseManifest({ name: "users", version: "1", subscriptions: ["user.*"], health: "health" });
  const first = registry.register(0, announce(manifest, "http://a/b", "from-url"), "t1", "unused");
  const second = registry.register(1, announce(manifest, "http://a/b", "from-url"), "t2", "unused");
  assertEquals([first.instance, first.newInstance, second.newInstance], ["from-url", true, false]);
});

Deno.test("createRegistry() refuses options outside their range", () => {
  for (const options of [{ maxServices: 0 }, { healthFailures: 1.5 }, { defaultLeaseMs: 10 }, { strategy: "best" }]) {
    assertEquals(code(() => createRegistry(options as RegistryOptions)), "argument-invalid");
  }
});
