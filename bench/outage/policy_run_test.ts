import { assert, assertEquals, assertGreater, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { PRIORITIES, PRIORITY_POLICIES, type ResolvedPolicy, resolvePolicy } from "../../mod.ts";
import { type Policies, runPolicies } from "./policy_run.ts";
import { END, LIMIT_MS, type Run, WINDOW_MS } from "./run.ts";
import { capacityPerSecond } from "./scenario.ts";
import { namedScenario } from "./scenarios.ts";
import { anyScenario } from "./testing/any_scenario.ts";
import { createWorld } from "./world.ts";

const anyPolicies: fc.Arbitrary<Policies> = fc.tuple(
  ...PRIORITIES.map(() =>
    fc.record({
      retries: fc.nat(12),
      baseMs: fc.integer({ min: 1, max: 2_000 }),
      capMs: fc.integer({ min: 2_000, max: 60_000 }),
      factor: fc.double({ min: 1, max: 4, noNaN: true }),
      jitter: fc.constantFrom("none" as const, "full" as const, "equal" as const, "decorrelated" as const),
      firstRetry: fc.constantFrom("immediate" as const, "backoff" as const),
    }).map((policy) => resolvePolicy(policy))
  ),
).map((all) => Object.fromEntries(PRIORITIES.map((priority, rank) => [priority, all[rank]])) as Policies);

const seed = fc.integer({ min: 0, max: 0xffff_ffff });

Deno.test("runPolicies() ends every operation once, within its budget, and counts every attempt once", () => {
  fc.assert(fc.property(anyScenario, anyPolicies, seed, (scenario, policies, seed) => {
    const { ends, attempts, fates, windows, ranks } = runPolicies(scenario, policies, seed);
    const of = (end: number) => ends.filter((one) => one === end).length;
    assertEquals(of(END.none), 0);
    assertEquals(of(END.done), fates.done);
    assertEquals(of(END.done) + of(END.givenUp), ends.length);
    const tries = attempts.reduce((sum, count) => sum + count, 0);
    assertEquals(tries, Object.values(fates).reduce((sum, count) => sum + count, 0));
    const sum = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
    assertEquals([windows.arrived, windows.begun, windows.ended].map(sum), [tries, ends.length, ends.length]);
    for (const [operation, count] of attempts.entries()) {
      const { retries } = policies[PRIORITIES[ranks[operation % scenario.clients]]];
      const budget = retries === "unlimited" ? Infinity : 1 + retries;
      assert(count >= 1 && count <= budget, `operation ${operation}: ${count} attempts of ${budget}`);
      // Who gives up has tried as often as it may.
      if (ends[operation] === END.givenUp) assertEquals(count, budget);
    }
    const most = capacityPerSecond(scenario) * WINDOW_MS / 1_000 + 1;
    for (const served of windows.served) assertLessOrEqual(served, most + 1e-6);
  }));
});

Deno.test("runPolicies() gives the same run for the same seed, and another for another", () => {
  fc.assert(
    fc.property(anyScenario, anyPolicies, seed, (scenario, policies, seed) => {
      assertEquals(runPolicies(scenario, policies, seed), runPolicies(scenario, policies, seed));
    }),
    { numRuns: 20 },
  );
  const scenario = namedScenario("outage", { clients: 100, outageMs: 30_000 })!;
  const endOf = (seed: number) => runPolicies(scenario, PRIORITY_POLICIES, seed).latenciesMs.join();
  assert(endOf(1) !== endOf(2));
});

Deno.test("runPolicies() does nothing but the work when all is well", () => {
  const scenario = namedScenario("steady", { clients: 200, outageMs: 1_000 })!;
  const { fates, attempts, latenciesMs } = runPolicies(scenario, PRIORITY_POLICIES, 1);
  assertEquals(fates, { done: attempts.length, down: 0, full: 0, failed: 0, late: 0 });
  assert(latenciesMs.every((latencyMs) => latencyMs >= 22 && latencyMs < 200));
});

Deno.test("runPolicies() loses what cannot outlast the outage and keeps what can", () => {
  const scenario = namedScenario("herd", { clients: 400, outageMs: 60_000 })!;
  const { ends, ranks } = runPolicies(scenario, PRIORITY_POLICIES, 1);
  const done = (run: { ends: Uint8Array; ranks: Uint8Array }, rank: number) =>
    run.ends.filter((end, client) => run.ranks[client] === rank && end === END.done).length;
  assertEquals([0, 1].map((rank) => done({ ends, ranks }, rank)), [0, 0]);
  assertGreater(done({ ends, ranks }, 2), 0.9 * 80);
  assertEquals(done({ ends, ranks }, 3), 40);
  const impatient = changed({ retries: 0 });
  assert(runPolicies(scenario, impatient, 1).ends.every((end) => end === END.givenUp));
});

Deno.test("runPolicies() lets a client wait for its timeout, to the millisecond, when nobody answers", () => {
  const phases = [{ fromMs: 0, capacity: 0, silent: true }, { fromMs: 100_000, capacity: 1 }];
  const scenario = { ...namedScenario("herd", { clients: 50, outageMs: 1_000 })!, phases };
  const { latenciesMs, fates } = runPolicies(scenario, changed({ retries: 0 }), 1);
  assertEquals(fates.late, 50);
  assert(latenciesMs.every((latencyMs) => latencyMs === scenario.timeoutMs));
});

Deno.test("runPolicies() stops at its limit of time when no answer can come in time", () => {
  const scenario = { ...namedScenario("herd", { clients: 10, outageMs: 1_000 })!, serviceMs: 20_000 };
  const { ends, ranks, fates, endMs } = runPolicies(scenario, PRIORITY_POLICIES, 1);
  assertEquals(fates.done, 0);
  for (const [client, end] of ends.entries()) assertEquals(end, ranks[client] === 3 ? END.none : END.givenUp);
  assertLessOrEqual(endMs, LIMIT_MS);
});

Deno.test("createWorld() refuses to step back in time, and to end an operation twice", () => {
  const scenario = namedScenario("steady", { clients: 10, outageMs: 1_000 })!;
  const world = createWorld(scenario, 1, { begin() {}, answered() {} });
  world.advance(5_000);
  assertThrows(() => world.advance(4_999), RangeError, "step back from 5000 to 4999");
  world.end(0, true, 5_000);
  assertThrows(() => world.end(0, true, 5_000), Error, "operation 0 ended twice");
});

Deno.test("createWorld() tells its driver of times that never step back", () => {
  fc.assert(fc.property(anyScenario, seed, (scenario, seed) => {
    let lastMs = 0;
    const see = (nowMs: number) => {
      assert(nowMs >= lastMs && Number.isInteger(nowMs));
      lastMs = nowMs;
    };
    const world = createWorld(scenario, seed, {
      begin(operation, nowMs) {
        see(nowMs);
        world.send(operation, nowMs);
      },
      answered(operation, ok, nowMs) {
        see(nowMs);
        world.end(operation, ok, nowMs);
      },
    });
    for (let nextMs = 0; (nextMs = world.nextMs()) < Infinity;) world.advance(nextMs);
    const { run }: { run: Run } = world;
    assert(run.attempts.every((count) => count === 1));
  }));
});

function changed(change: Partial<ResolvedPolicy>): Policies {
  return Object.fromEntries(
    PRIORITIES.map((priority) => [priority, { ...PRIORITY_POLICIES[priority], ...change }]),
  ) as unknown as Policies;
}
