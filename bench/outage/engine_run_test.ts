import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { PRIORITIES, PRIORITY_POLICIES, type ResolvedPolicy } from "../../mod.ts";
import type { RetryEngine } from "../retry/engine.ts";
import { loadedEngine } from "../retry/engines.ts";
import { runEngine } from "./engine_run.ts";
import { expressed, wantedPolicy } from "./expressible.ts";
import { measured } from "./measures.ts";
import { type Policies, runPolicies } from "./policy_run.ts";
import { END, type Run } from "./run.ts";
import { namedScenario, SCENARIOS } from "./scenarios.ts";

const sizes = { clients: 40, outageMs: 20_000 };

Deno.test("runEngine() and runPolicies() agree in every operation, for bellhop in every scenario", async () => {
  const bellhop = await loadedEngine("bellhop");
  for (const { name } of SCENARIOS) {
    const scenario = namedScenario(name, sizes)!;
    assertSame(await plugged(bellhop, scenario, PRIORITY_POLICIES), runPolicies(scenario, PRIORITY_POLICIES, 7));
  }
});

Deno.test("runEngine() and runPolicies() agree in every operation, for bellhop with every jitter", async () => {
  const bellhop = await loadedEngine("bellhop");
  const scenario = namedScenario("brown-out", sizes)!;
  for (const jitter of ["none", "equal", "decorrelated"] as const) {
    for (const firstRetry of ["immediate", "backoff"] as const) {
      const policies = changed({ jitter, firstRetry });
      assertSame(await plugged(bellhop, scenario, policies), runPolicies(scenario, policies, 7));
    }
  }
});

Deno.test("runEngine() and runPolicies() agree in every operation, for an engine under faked timers", async () => {
  const floor = await loadedEngine("floor");
  const policies = changed({ jitter: "none", firstRetry: "backoff" });
  for (const name of ["outage", "herd"]) {
    const scenario = namedScenario(name, sizes)!;
    assertSame(await plugged(floor, scenario, policies), runPolicies(scenario, policies, 7));
  }
});

Deno.test("runEngine() is near runPolicies() for an engine with chance of its own", async () => {
  const scenario = namedScenario("outage", { clients: 200, outageMs: 20_000 })!;
  const own = measured(await plugged(await loadedEngine("cockatiel"), scenario, changed({ firstRetry: "backoff" })));
  const ours = measured(runPolicies(scenario, changed({ firstRetry: "backoff" }), 7));
  assertAlmostEquals(own.done, ours.done, 0.03);
  assertAlmostEquals(own.attempts, ours.attempts, 0.05 * ours.attempts);
});

Deno.test("runEngine() gives the same run for the same seed, and gives the platform back", async () => {
  const { setTimeout, Date, Math: { random } } = globalThis;
  const scenario = namedScenario("herd", sizes)!;
  const cockatiel = await loadedEngine("cockatiel");
  const [one, two, other] = [
    await plugged(cockatiel, scenario, PRIORITY_POLICIES),
    await plugged(cockatiel, scenario, PRIORITY_POLICIES),
    await plugged(cockatiel, scenario, PRIORITY_POLICIES, 8),
  ];
  assertSame(one, two);
  assertNotEquals(one.latenciesMs, other.latenciesMs);
  assert(globalThis.setTimeout === setTimeout && globalThis.Date === Date && Math.random === random);
});

Deno.test("runEngine() gives up the operations for which an engine throws, tells it, and goes on with the others", async () => {
  const scenario = namedScenario("steady", sizes)!;
  const floor = await loadedEngine("floor");
  let calls = 0;
  const faulty: RetryEngine = {
    ...floor,
    run(op, policy, given) {
      if (++calls % 2 === 0) return floor.run(op, policy, given);
      // An attempt that nobody waits for must not end the process either.
      op(given);
      throw new Error(`call ${calls}`);
    },
  };
  const policies = changed({ jitter: "none", firstRetry: "backoff" });
  const thrown: unknown[] = [];
  const { ends } = await plugged(faulty, scenario, policies, 7, (error) => thrown.push(error));
  const count = (end: number) => ends.filter((one) => one === end).length;
  assertEquals([count(END.givenUp), count(END.done)], [thrown.length, ends.length - thrown.length]);
  assertEquals([thrown.length, String(thrown[0])], [ends.length / 2, "Error: call 1"]);
});

Deno.test("runEngine() comes to an end with an engine that returns nothing, and measures what there is", async () => {
  const floor = await loadedEngine("floor");
  const thrown: unknown[] = [];
  const none = { ...floor, run: () => undefined } as unknown as RetryEngine;
  const run = await plugged(none, namedScenario("outage", sizes)!, changed({}), 7, (error) => thrown.push(error));
  assertEquals([thrown.length, String(thrown[0])], [run.ends.length, "TypeError: run() returned no promise"]);
  assertEquals([measured(run).done, measured(run).wasted], [0, undefined]);
});

function plugged(
  engine: RetryEngine,
  scenario: Run["scenario"],
  wanted: Policies,
  seed = 7,
  threw?: (error: unknown) => void,
): Promise<Run> {
  const policies = PRIORITIES.map((priority) => [priority, expressed(wantedPolicy(wanted[priority]), engine).policy]);
  return runEngine(scenario, engine, Object.fromEntries(policies), seed, threw);
}

function assertSame(actual: Run, expected: Run): void {
  for (const field of ["ends", "attempts", "latenciesMs", "fates", "windows"] as const) {
    assertEquals(actual[field], expected[field], field);
  }
}

function changed(change: Partial<ResolvedPolicy>): Policies {
  return Object.fromEntries(
    PRIORITIES.map((priority) => [priority, { ...PRIORITY_POLICIES[priority], ...change }]),
  ) as unknown as Policies;
}
