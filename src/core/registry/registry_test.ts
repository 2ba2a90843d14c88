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

Deno.test("createRegistry() tells of each change its kind, its time and why", () => {
  const registry = quiet({ breakerFailures: 1 });
  const told = (): unknown[] =>
    registry.takeEvents().map(({ kind, atMs, instance, reason }) => [kind, atMs, instance, reason]);
  registry.register(1, data("users"), "t1", "a");
  registry.register(2, data("users", { instance: "a" }), "t2", "");
  registry.renew(3, "t2");
  assertEquals(told(), [
    ["registered", 1, "a", "new"],
    ["registered", 2, "a", "replaced"],
    ["renewed", 3, "a", "request"],
  ]);
  assertEquals(registry.touch(4, "users", "a"), true);
  registry.verdict(4, "users", "a", true, false);
  registry.health(4, "users", "a", "pass");
  registry.wake(LEASE_MS + 3); // the timer of the first lease, which was renewed since
  assertEquals(told(), []);
  for (
    const [at, [renew, reason]] of ([
      [() => registry.touch(0, "users", "a"), "request"],
      [() => registry.verdict(0, "users", "a", true, false), "verdict"],
      [() => registry.health(0, "users", "a", "warn"), "health"],
    ] as const).entries()
  ) {
    registry.wake((at + 1) * DAY_MS);
    renew();
    assertEquals(told(), [["suspect", (at + 1) * DAY_MS, "a", "lease-ended"], ["renewed", 0, "a", reason]]);
  }
  assertEquals(registry.removeInstance(9, "users", "a"), true);
  assertEquals(registry.removeService(9, "users"), true);
  assertEquals(told(), [["removed", 9, "a", "endpoint-gone"], ["service-gone", 9, undefined, "deregistered"]]);
});

Deno.test("createRegistry() is indifferent to what is reported of services and instances that it does not know", () => {
  const registry = quiet();
  registry.register(0, data("users"), "t1", "a");
  const before = JSON.stringify(registry.list());
  registry.takeEvents();
  for (const [service, instance] of [["users", "b"], ["nobody", "a"]]) {
    assertEquals([registry.touch(1, service, instance), registry.knownInstance(service, instance)], [false, false]);
    registry.began(1, service, instance);
    registry.ended(1, service, instance);
    registry.verdict(1, service, instance, true, true);
    registry.health(1, service, instance, "fail");
    assertEquals(registry.removeInstance(1, service, instance), false);
  }
  assertEquals([registry.get("nobody"), registry.settings("nobody"), registry.known("nobody")], [
    undefined,
    undefined,
    false,
  ]);
  assertEquals([registry.known("users"), registry.knownInstance("users", "a")], [true, true]);
  assertEquals([registry.removeService(1, "nobody"), JSON.stringify(registry.list())], [false, before]);
  assertEquals([registry.takeEvents(), quiet().dueHealthChecks(1), quiet().nextWakeMs()], [[], [], Infinity]);
});

Deno.test("takeEvents() drops what nobody depends on while nobody takes it, and never an end", () => {
  const registry = quiet({ maxQueued: 4 });
  registry.register(0, data("users"), "t1", "a");
  registry.register(0, data("users"), "t2", "b");
  registry.takeWrites();
  for (let i = 0; i < 9; i++) registry.renew(0, "t1");
  registry.deregister(0, "t1");
  registry.removeInstance(0, "users", "b");
  registry.removeService(0, "users");
  const events = registry.takeEvents();
  assertEquals(events.map((event) => "instance" in event), [...Array(6).fill(true), false]);
  assertEquals(events.map(({ kind, instance, service, reason }) => `${kind} ${instance ?? service} (${reason})`), [
    "registered a (new)",
    "registered b (new)",
    "renewed a (request)",
    "renewed a (request)",
    "deregistered a (request)",
    "removed b (endpoint-gone)",
    "service-gone users (deregistered)",
  ]);
});

Deno.test("register() writes the service's record when the newest registration changes any setting, and only then", () => {
  const registry = quiet();
  let tokens = 0;
  const written = (more: Record<string, unknown>): string[] => {
    registry.register(0, data("users", more), `t${tokens++}`, "a");
    return registry.takeWrites().map(({ key }) => key);
  };
  let more: Record<string, unknown> = {};
  assertEquals(written(more), ["service/users", "instance/users/a"]);
  assertEquals(Object.keys(registry.settings("users")!), ["version", "subscriptions", "ephemeral", "receipts"]);
  for (
    const change of [
      { version: "2" },
      { ephemeral: true },
      { receipts: true },
      { maxInFlight: 3 },
      { subscriptions: ["users.*", "b"] },
      { subscriptions: ["b", "users.*"] },
      { subscriptions: ["b"] },
    ]
  ) {
    more = { ...more, ...change };
    assertEquals(written(more), ["service/users", "instance/users/a"], JSON.stringify(change));
    assertEquals(written(more), ["instance/users/a"]);
  }
});

Deno.test("takeWrites() gives each key once, in the order of its last write", () => {
  const registry = quiet();
  registry.register(0, data("users"), "t1", "a");
  registry.register(0, data("users", { version: "2" }), "t2", "b");
  assertEquals(registry.takeWrites().map(({ key }) => key), ["instance/users/a", "service/users", "instance/users/b"]);
});

Deno.test("a service outlives its last lease: not what ended before, not what a clock that stepped back says", () => {
  const registry = quiet();
  const endMs = (): number | undefined => registry.get("users")?.endMs;
  registry.register(0, data("users"), "t1", "a");
  registry.wake(LEASE_MS);
  registry.removeInstance(LEASE_MS + 5, "users", "a"); // suspect, but called until then
  assertEquals(endMs(), LEASE_MS + 5 + 7 * DAY_MS);
  registry.register(100_000, data("users"), "t2", "a");
  registry.register(100_000, data("users"), "t3", "b");
  registry.deregister(100_000, "t2");
  registry.deregister(50_000, "t3");
  assertEquals(endMs(), 50_000 + 7 * DAY_MS);
  const first = quiet();
  first.register(-5, data("users"), "t1", "a");
  first.deregister(0, "t1");
  first.register(3, data("users"), "t2", "a");
  first.deregister(-9, "t2");
  assertEquals(first.get("users")?.endMs, -9 + 7 * DAY_MS);
});

Deno.test("restore() takes as much as there is room for, the oldest services first, and counts the rest", () => {
  const before = quiet();
  for (const [at, name] of ["c", "b", "a"].entries()) {
    for (const id of ["1", "2", "3"]) before.register(at, data(name), `${name}${id}`, id);
  }
  const records = before.takeWrites().map(({ record }) => record).reverse();
  const room = (options: RegistryOptions): unknown[] => {
    const registry = quiet(options);
    const { services, instances, dropped } = registry.restore(9, records);
    assertEquals([registry.counts(), services + instances + dropped], [{ services, instances }, 12]);
    const deleted = registry.takeWrites().filter(({ record }) => record === undefined);
    assertEquals(deleted.length, dropped - (3 - services));
    return [registry.list().map(({ name }) => name), instances];
  };
  assertEquals(room({}), [["c", "b", "a"], 9]);
  assertEquals(room({ maxServices: 2 }), [["c", "b"], 6]);
  assertEquals(room({ maxInstancesPerService: 2 }), [["c", "b", "a"], 6]);
  assertEquals(room({ maxInstances: 4 }), [["c", "b", "a"], 4]);
  assertEquals(room({ maxInstances: 5, maxInstancesPerService: 1 }), [["c", "b", "a"], 3]);
  const twice = quiet();
  assertEquals(twice.restore(9, [...records, ...records]), { services: 3, instances: 9, dropped: 12 });
});

Deno.test("restore() takes back the end of a service that has an instance, and leaves an end that was set", () => {
  const before = quiet();
  before.register(0, data("users"), "t1", "a");
  const [service, instance] = before.takeWrites().map(({ record }) => record);
  const ended = { ...service, endMs: 0 };
  const alone = quiet();
  alone.restore(0, [ended]);
  assertEquals([alone.get("users")?.endMs, alone.nextWakeMs(), alone.takeWrites()], [0, 0, []]);
  alone.wake(0);
  assertEquals(kinds(alone), ["service-gone users (expired)"]);
  const both = quiet();
  both.restore(0, [ended, instance]);
  assertEquals(both.takeWrites(), [{ key: "service/users", record: service }]);
  assertEquals(both.get("users")?.endMs, undefined);
  const same = quiet();
  same.restore(0, [service, instance]);
  assertEquals(same.takeWrites(), []);
  assertEquals(same.get("users")?.instances[0].state, "suspect");
  same.wake(LEASE_MS - 1);
  assertEquals(same.counts().instances, 1);
  same.wake(LEASE_MS);
  assertEquals([same.counts().instances, kinds(same).at(-1)], [0, "removed a (lease-ended)"]);
  assertEquals(same.get("users")?.endMs, 7 * DAY_MS); // counted from the end of its last lease
  const alive = quiet();
  alive.restore(0, [service, instance]);
  alive.touch(0, "users", "a");
  assertEquals(kinds(alive), ["suspect a (restored)", "renewed a (request)"]);
  const again = quiet();
  again.restore(0, [ended]);
  again.register(0, data("users"), "t2", "a");
  assertEquals(again.takeWrites().map(({ key }) => key), ["service/users", "instance/users/a"]);
  const far = quiet();
  far.restore(5, [{ ...service, endMs: 900 * DAY_MS }]);
  assertEquals(far.get("users")?.endMs, 5 + 7 * DAY_MS);
});

Deno.test("restore() spreads the health checks over one interval, and asks none where there are none", () => {
  const before = quiet();
  for (const id of ["1", "2", "3", "4"]) before.register(0, data("users"), `t${id}`, id);
  const records = before.takeWrites().map(({ record }) => record);
  const registry = createRegistry({ healthIntervalMs: 1_000 });
  registry.restore(5_000, records);
  const asked = (nowMs: number): string[] => registry.dueHealthChecks(nowMs).map(({ instance }) => instance);
  assertEquals([5_000, 5_249, 5_250, 5_500, 5_749, 5_750].map(asked), [["1"], [], ["2"], ["3"], [], ["4"]]);
  const none = quiet();
  none.restore(5_000, records);
  assertEquals([none.dueHealthChecks(DAY_MS), none.nextWakeMs()], [[], 5_000 + LEASE_MS]);
});

Deno.test("dueHealthChecks() gives no more than was asked for, from the epoch on, and counts a check lost after a minute", () => {
  const registry = createRegistry({ healthIntervalMs: 1_000 });
  for (const id of ["a", "b", "c"]) registry.register(-1_000, data("users"), `t${id}`, id);
  const asked = (nowMs: number, limit?: number): number => registry.dueHealthChecks(nowMs, limit).length;
  assertEquals([asked(0, 1), asked(0, 2), asked(0)], [1, 2, 0]);
  assertEquals([asked(1_000), asked(59_000), asked(60_000)], [0, 0, 3]);
});

Deno.test("ended() frees a breaker's probe when nothing is in flight any more, and not before", () => {
  const registry = quiet({ breakerFailures: 1, breakerOpenMs: 1_000 });
  registry.register(0, data("users"), "t1", "a");
  registry.began(0, "users", "a");
  registry.verdict(0, "users", "a", false, false);
  registry.began(1_000, "users", "a"); // the probe, beside the delivery that failed
  registry.ended(1_000, "users", "a");
  assertEquals(registry.choose(1_000, "users", 0).kind, "deferred");
  registry.ended(1_000, "users", "a");
  assertEquals(registry.choose(1_000, "users", 0).kind, "chosen");
});

Deno.test("verdict() that is charged to nobody neither adds to what is charged nor takes it back", () => {
  const registry = quiet();
  registry.register(0, data("users"), "t1", "a");
  for (const charged of [true, false, true, false]) registry.verdict(0, "users", "a", false, charged);
  assertEquals(registry.get("users")?.instances[0].healthy, true);
  registry.verdict(0, "users", "a", false, true);
  assertEquals(registry.get("users")?.instances[0].healthy, false);
});

Deno.test("choose() defers while every one of several has an open breaker", () => {
  for (const strategy of ["least-loaded-of-two", "round-robin"] as const) {
    const registry = quiet({ breakerFailures: 1, breakerOpenMs: 1_000, strategy });
    for (const id of ["a", "b", "c"]) registry.register(0, data("users"), `t${id}`, id);
    for (const id of ["a", "b", "c"]) registry.verdict(0, "users", id, false, false);
    assertEquals(registry.choose(0, "users", 0.5), { kind: "deferred", deferUntilMs: 1_000 });
    assertEquals(registry.choose(0, "users", 0.5, "b"), { kind: "deferred", deferUntilMs: 1_000 });
  }
});
