import { assert, assertEquals, assertGreater, assertLess, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Choice } from "./choice.ts";
import { createRegistry, type Registry } from "./registry.ts";
import type { RegistryOptions } from "./options.ts";

const NOW_MS = 10_000;

interface Condition {
  healthy: boolean;
  /** Whether its breaker refuses. */
  open: boolean;
  inFlight: number;
  leaves: boolean;
}

const condition = fc.record({
  healthy: fc.boolean(),
  open: fc.boolean(),
  inFlight: fc.nat(3),
  leaves: fc.constantFrom(false, false, false, true),
});
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const strategy = fc.constantFrom("least-loaded-of-two" as const, "round-robin" as const);

function serviceIn(conditions: readonly Condition[], options: RegistryOptions = {}): Registry {
  const registry = createRegistry({ breakerFailures: 1, breakerOpenMs: 1_000, ...options });
  const data = { name: "users", version: "1", endpoint: "http://a", subscriptions: [] };
  conditions.forEach((_, i) => registry.register(NOW_MS, data, `token-${i}`, `i${i}`));
  conditions.forEach(({ healthy, open, inFlight }, i) => {
    if (!healthy) { for (let fail = 0; fail < 3; fail++) registry.health(NOW_MS, "users", `i${i}`, "fail"); }
    for (let k = 0; k < inFlight; k++) registry.began(NOW_MS, "users", `i${i}`);
    if (open) registry.verdict(NOW_MS + i, "users", `i${i}`, false, false);
  });
  conditions.forEach(({ leaves }, i) => {
    if (leaves) registry.removeInstance(NOW_MS, "users", `i${i}`);
  });
  return registry;
}

function chosenId(choice: Choice): string {
  assert(choice.kind === "chosen", choice.kind);
  return choice.instance;
}

Deno.test("choose() never picks an unhealthy one beside a healthy one, one with an open breaker, or the avoided one beside an equal", () => {
  fc.assert(
    fc.property(
      fc.array(condition, { maxLength: 6 }),
      fc.array(draw, { minLength: 1, maxLength: 5 }),
      fc.option(fc.nat(6).map((i) => `i${i}`), { nil: undefined }),
      strategy,
      (conditions, draws, avoid, strategy) => {
        const registry = serviceIn(conditions, { strategy });
        const all = conditions.map((condition, i) => ({ ...condition, id: `i${i}`, opensMs: NOW_MS + i + 1_000 }))
          .filter((one) => !one.leaves);
        const best = all.filter((one) => one.healthy === all.some((other) => other.healthy));
        const callable = best.filter((one) => !one.open);
        const preferred = callable.filter((one) => one.id !== avoid);
        for (const u of draws) {
          const choice = registry.choose(NOW_MS, "users", u, avoid);
          if (all.length === 0) assertEquals(choice, { kind: "absent", reason: "no-instance" });
          else if (callable.length === 0) {
            const deferUntilMs = Math.min(...best.map((one) => one.opensMs));
            assertEquals(choice, { kind: "deferred", deferUntilMs });
          } else {
            const ids = (preferred.length > 0 ? preferred : callable).map((one) => one.id);
            assert(ids.includes(chosenId(choice)), `${chosenId(choice)} of ${ids}`);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("choose() gives the less loaded of two different instances, any two with the same chance", () => {
  fc.assert(fc.property(fc.array(condition, { minLength: 2, maxLength: 6 }), (conditions) => {
    // With loads all different, the choice tells the pair's better one; over evenly spread draws each pair comes up
    // equally often: the one with k better ones above it wins as many pairs as there are worse ones.
    const loads = conditions.map((condition, i) => ({ ...condition, leaves: false, inFlight: i }));
    const registry = serviceIn(loads);
    const healthy = loads.some((one) => one.healthy);
    const callable = loads.filter((one) => one.healthy === healthy && !one.open);
    if (callable.length < 2) return;
    const pairs = callable.length * (callable.length - 1);
    const wins = new Map<string, number>();
    for (let k = 0; k < pairs; k++) {
      const id = chosenId(registry.choose(NOW_MS, "users", (k + 0.5) / pairs));
      wins.set(id, (wins.get(id) ?? 0) + 1);
    }
    callable.forEach((one, rank) => {
      assertEquals(wins.get(`i${one.inFlight}`) ?? 0, 2 * (callable.length - 1 - rank));
    });
  }));
});

Deno.test("choose() takes each in turn with round-robin", () => {
  fc.assert(fc.property(fc.array(condition, { minLength: 1, maxLength: 6 }), (conditions) => {
    const staying = conditions.map((condition) => ({ ...condition, leaves: false }));
    const registry = serviceIn(staying, { strategy: "round-robin" });
    const healthy = staying.some((one) => one.healthy);
    const callable = staying.flatMap((one, i) => one.healthy === healthy && !one.open ? [`i${i}`] : []);
    if (callable.length === 0) return;
    const turns = Array.from({ length: 3 * callable.length }, () => chosenId(registry.choose(NOW_MS, "users", 0)));
    assertEquals(turns, [...callable, ...callable, ...callable]);
  }));
});

Deno.test("choose() answers for draws outside [0, 1) too", () => {
  const good = { healthy: true, open: false, inFlight: 0, leaves: false };
  const registry = serviceIn([good, good, good]);
  for (const u of [NaN, -1, 1, 2, Infinity, 1 - 2 ** -53]) chosenId(registry.choose(NOW_MS, "users", u));
});

Deno.test("choose() calls the one instance that is asked for, whatever its health", () => {
  const registry = serviceIn([
    { healthy: true, open: false, inFlight: 0, leaves: false },
    { healthy: false, open: false, inFlight: 0, leaves: false },
    { healthy: true, open: true, inFlight: 0, leaves: false },
  ]);
  assertEquals(chosenId(registry.choose(NOW_MS, "users", 0, undefined, "i1")), "i1");
  assertEquals(registry.choose(NOW_MS, "users", 0, undefined, "i2"), {
    kind: "deferred",
    deferUntilMs: NOW_MS + 1_002,
  });
  assertEquals(registry.choose(NOW_MS, "users", 0, undefined, "i9"), { kind: "absent", reason: "no-instance" });
  assertEquals(registry.choose(NOW_MS, "nobody", 0), { kind: "absent", reason: "no-instance" });
});

Deno.test("choose() lets one probe through a breaker whose time has passed", () => {
  const registry = serviceIn([{ healthy: true, open: true, inFlight: 0, leaves: false }]);
  const dueMs = NOW_MS + 1_000;
  assertEquals(registry.choose(dueMs - 1, "users", 0), { kind: "deferred", deferUntilMs: dueMs });
  assertEquals(chosenId(registry.choose(dueMs, "users", 0)), "i0");
  registry.began(dueMs, "users", "i0");
  assertEquals(registry.choose(dueMs, "users", 0), { kind: "deferred", deferUntilMs: dueMs + 1_000 });

  registry.ended(dueMs, "users", "i0"); // without a verdict: the next may probe
  assertEquals(chosenId(registry.choose(dueMs, "users", 0)), "i0");
  registry.began(dueMs, "users", "i0");
  registry.verdict(dueMs, "users", "i0", true, false);
  registry.ended(dueMs, "users", "i0");
  assertEquals(registry.get("users")?.instances[0].breaker, "closed");
});

Deno.test("choose() gives the same object for an instance until it registers again", () => {
  const registry = serviceIn([{ healthy: true, open: false, inFlight: 0, leaves: false }]);
  const first = registry.choose(NOW_MS, "users", 0);
  assertStrictEquals(registry.choose(NOW_MS, "users", 0), first);
  const data = { name: "users", version: "1", endpoint: "http://b", subscriptions: [], instance: "i0" };
  registry.register(NOW_MS, data, "token-new", "");
  assertEquals(registry.choose(NOW_MS, "users", 0), { kind: "chosen", instance: "i0", endpoint: "http://b" });
  assertEquals(first, { kind: "chosen", instance: "i0", endpoint: "http://a" });
});

Deno.test("choose() spreads the load: nobody has more than a few above the mean", () => {
  const good = { healthy: true, open: false, inFlight: 0, leaves: false };
  const registry = serviceIn(Array.from({ length: 20 }, () => good));
  let seed = 1;
  for (let i = 0; i < 2_000; i++) {
    seed = (seed * 48_271) % 2_147_483_647;
    registry.began(NOW_MS, "users", chosenId(registry.choose(NOW_MS, "users", seed / 2_147_483_647)));
  }
  const loads = registry.get("users")!.instances.map((instance) => instance.inFlight);
  assertGreater(Math.min(...loads), 90);
  assertLess(Math.max(...loads), 110);
});
