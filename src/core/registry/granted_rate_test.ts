import { assertEquals } from "@std/assert";
import { createRegistry } from "./registry.ts";

const USERS = { name: "users", version: "1", endpoint: "http://127.0.0.1:8001/b", subscriptions: [] };

Deno.test("pass() keeps to the rate of each instance by itself, and lets those without one through", () => {
  const registry = createRegistry();
  registry.register(0, USERS, "t1", "slow", 2);
  registry.register(0, USERS, "t2", "other", 2);
  registry.register(0, USERS, "t3", "free");
  assertEquals(registry.pass(1_000, "users", "slow"), 1_000);
  assertEquals(registry.pass(1_000, "users", "slow"), 31_000);
  assertEquals(registry.pass(1_000, "users", "other"), 1_000);
  for (let i = 0; i < 100; i++) assertEquals(registry.pass(1_000, "users", "free"), 1_000);
  assertEquals(registry.pass(1_000, "users", "unknown"), 1_000);
});

Deno.test("register() with the same rate gives no new burst, with another it begins anew, without one it ends", () => {
  const registry = createRegistry();
  registry.register(0, USERS, "t1", "a", 1);
  assertEquals(registry.pass(0, "users", "a"), 0);
  registry.register(1_000, USERS, "t2", "a", 1);
  assertEquals(registry.pass(1_000, "users", "a"), 60_000);
  registry.register(2_000, USERS, "t3", "a", 5);
  assertEquals(registry.pass(2_000, "users", "a"), 2_000);
  registry.register(3_000, USERS, "t4", "a");
  assertEquals(registry.pass(3_000, "users", "a"), 3_000);
  assertEquals(registry.pass(3_000, "users", "a"), 3_000);
});

Deno.test("restore() keeps the granted rate, and drops a record whose rate is none", () => {
  const before = createRegistry();
  before.register(0, USERS, "t1", "a", 7);
  before.register(0, USERS, "t2", "b");
  const records = before.takeWrites().map(({ record }) => JSON.parse(JSON.stringify(record)));
  const after = createRegistry();
  after.restore(0, records);
  const rates = after.get("users")?.instances.map(({ instance, ratePerMinute }) => [instance, ratePerMinute]);
  assertEquals(rates, [["a", 7], ["b", undefined]]);
  for (const ratePerMinute of [0, -1, 1.5, "7", null]) {
    const spoilt = records.map((record) => record.instance === "a" ? { ...record, ratePerMinute } : record);
    assertEquals(createRegistry().restore(0, spoilt).dropped, 1);
  }
});
