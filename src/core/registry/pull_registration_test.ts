import { assertEquals, assertThrows } from "@std/assert";
import { BellhopError } from "../error.ts";
import { parseRecord } from "./record.ts";
import { createRegistry, type Registry } from "./registry.ts";

const PULL = { name: "users", version: "1", subscriptions: ["user.*"], delivery: "pull" };
const PUSH = { name: "users", version: "1", subscriptions: ["user.*"], endpoint: "http://127.0.0.1:1" };
let tokens = 0;

function register(registry: Registry, data: object, instance: string) {
  return registry.register(0, { ...data, instance }, `lease-${++tokens}`, "x");
}

function records(registry: Registry): unknown[] {
  return registry.takeWrites().map(({ record }) => JSON.parse(JSON.stringify(record)));
}

Deno.test("register() takes instances that pull, asks none for its health, and shows them", () => {
  const registry = createRegistry({ healthIntervalMs: 1_000 });
  register(registry, PULL, "a");
  const [view] = registry.list();
  assertEquals([view.delivery, view.instances[0].endpoint], ["pull", undefined]);
  assertEquals([...registry.dueHealthChecks(3_600_000)], []);
  register(registry, { ...PUSH, name: "others" }, "a");
  assertEquals(registry.get("others")?.delivery, undefined);
  assertEquals([...registry.dueHealthChecks(3_600_000)].length, 1);
});

Deno.test("register() refuses who pulls beside who is called, and the other way; the only instance may change", () => {
  for (const [first, second] of [[PULL, PUSH], [PUSH, PULL]]) {
    const registry = createRegistry();
    const { lease } = register(registry, first, "a");
    const error = assertThrows(() => register(registry, second, "b"), BellhopError);
    assertEquals([error.code, error.faults?.[0].field, error.faults?.[0].code], [
      "registration-invalid",
      "delivery",
      "mixed",
    ]);
    assertEquals(registry.renew(0, lease).instance, "a");
    register(registry, first, "b");
    assertThrows(() => register(registry, second, "a"), BellhopError);
    registry.deregister(0, register(registry, first, "b").lease);
    register(registry, second, "a");
    assertEquals(registry.settings("users")?.delivery, "delivery" in second ? "pull" : undefined);
    register(registry, second, "b");
  }
});

Deno.test("restore() brings back who pulls, still asked for no health", () => {
  const registry = createRegistry();
  const { lease } = register(registry, PULL, "a");
  const found = records(registry);
  const restored = createRegistry({ healthIntervalMs: 1_000 });
  restored.restore(5, found);
  assertEquals(restored.get("users")?.delivery, "pull");
  assertEquals(restored.renew(6, lease).instance, "a");
  assertEquals([...restored.dueHealthChecks(3_600_000)], []);
  assertThrows(() => register(restored, PUSH, "b"), BellhopError);
});

Deno.test("parseRecord() takes the records of one that pulls, and refuses a pull with an endpoint", () => {
  const registry = createRegistry();
  register(registry, PULL, "a");
  const [service, instance] = records(registry) as Record<string, unknown>[];
  assertEquals(parseRecord(service), service as never);
  assertEquals(parseRecord(instance), instance as never);
  assertEquals(parseRecord({ ...service, delivery: "poll" }), undefined);
});
