import { assertEquals } from "@std/assert";
import { createRegistry } from "./registry.ts";

const USERS = { name: "users", version: "1", endpoint: "http://127.0.0.1:8001/b", subscriptions: [] };

Deno.test("pass() keeps to the rate of each instance by itself, and lets those without one through", () => {
  const registry = createRegistry();
  registry.register(0, USERS, "t1", "slow", 2);
  registry.register(0, USERS, "t2", "other", 2);
  registry.register(0, USERS, "t3", "free");
  assertEquals(registry.pass(1_000, "users", "slow"), 1_000);
  for (let i = 0; i < 3; i++) assertEquals(registry.pass(1_000, "users", "slow"), 31_000);
  assertEquals(registry.pass(1_000, "users", "other"), 1_000);
  for (let i = 0; i < 100; i++) assertEquals(registry.pass(1_000, "users", "free"), 1_000);
  assertEquals(registry.pass(1_000, "users", "unknown"), 1_000);
});

for (const strategy of ["least-loaded-of-two", "round-robin"] as const) {
  Deno.test(`choose() takes whom it may call now before one whose rate is used up (${strategy})`, () => {
    const registry = createRegistry({ strategy });
    registry.register(0, USERS, "t1", "slow", 1);
    registry.register(0, USERS, "t2", "slower", 1);
    registry.register(0, USERS, "t3", "other", 60);
    const place = (draw: number, avoid?: string) => {
      const choice = registry.choose(1_000, "users", draw / 16, avoid);
      return choice.kind === "chosen" ? choice.instance : choice.kind;
    };
    assertEquals(registry.pass(1_000, "users", "slow"), 1_000);
    registry.pass(1_000, "users", "slower");
    for (let draw = 0; draw < 16; draw++) {
      assertEquals(place(draw), "other");
      // It failed a moment ago, but the others would let it wait for a minute.
      assertEquals(place(draw, "other"), "other");
      assertEquals(place(draw, "slow"), "other");
    }
    // Nobody may be called now: the one that may be first is told, and its rate says when.
    for (let begun = 0; begun < 6; begun++) assertEquals(registry.pass(1_000, "users", "other"), 1_000);
    for (let draw = 0; draw < 16; draw++) assertEquals(place(draw), "other");
    const againMs = registry.pass(1_000, "users", "other");
    assertEquals(againMs > 1_000 && againMs < 61_000, true);
    // Health stands before the rate.
    for (let failed = 0; failed < 10; failed++) registry.verdict(1_000, "users", "other", false, true);
    assertEquals(registry.get("users")?.instances[2].healthy, false);
    assertEquals(place(3), "slow");
  });
}

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
