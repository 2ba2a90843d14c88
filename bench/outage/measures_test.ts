import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PRIORITY_POLICIES } from "../../mod.ts";
import { jain, measured, quantile } from "./measures.ts";
import { runPolicies } from "./policy_run.ts";
import { emptyRun, END } from "./run.ts";
import { namedScenario } from "./scenarios.ts";

Deno.test("jain() is 1 for equal shares, 1/n if one has all, and between for any", () => {
  const shares = fc.array(fc.double({ min: 0.001, max: 1_000, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(fc.property(shares, (shares) => {
    const index = jain(shares);
    assert(index <= 1 + 1e-9 && index >= 1 / shares.length - 1e-9);
    assertAlmostEquals(jain(shares.map(() => shares[0])), 1, 1e-9);
    assertAlmostEquals(jain(shares.map((_, at) => at === 0 ? 1 : 0)), 1 / shares.length, 1e-9);
  }));
  assertEquals([jain([1, 3]), jain([])], [0.8, 1]);
});

Deno.test("quantile() is the least value that as many do not exceed", () => {
  assertEquals([0, 0.5, 0.75, 0.76, 1].map((part) => quantile([1, 2, 3, 4], part)), [1, 2, 3, 4, 4]);
});

Deno.test("measured() reads peaks, drain and latency off a run made by hand", () => {
  const scenario = {
    ...namedScenario("herd", { clients: 4, outageMs: 2_000 })!,
    mix: { LOW: 0, NORMAL: 0, HIGH: 1, CRITICAL: 1 },
  };
  const run = emptyRun({ ...scenario, everyMs: 1_000, utilisation: 0.5 }, 1);
  // Eight a second can be served.
  run.ranks.set([2, 2, 3, 3]);
  run.ends.set([END.done, END.givenUp, END.done, END.done]);
  run.latenciesMs.set([2_500, 500, 2_100, 4_000]);
  run.attempts.set([3, 2, 2, 5]);
  Object.assign(run.fates, { done: 3, down: 9 });
  run.windows.arrived.push(4, 6, 2, 0, 1);
  const { doneOf, attempts, wasted, criticalMs, meanMsOf, jainPriorities, ...rest } = measured(run);
  assertEquals([doneOf.LOW, doneOf.HIGH, doneOf.CRITICAL, attempts, wasted], [undefined, 0.5, 1, 3, 0.75]);
  assertEquals(criticalMs, { p50: 2_100, p99: 4_000, max: 4_000 });
  assertEquals([meanMsOf.HIGH, meanMsOf.CRITICAL], [2_500, 3_050]);
  assertEquals([rest.peakBefore, rest.peakAfter, rest.drain99Ms, rest.drainMs], [0.75, 0.25, 2_000, 2_000]);
  assertEquals([jainPriorities, rest.jainClients], [0.9, 0.5]);
});

Deno.test("measured() drains nothing when all had given up before the recovery", () => {
  const scenario = namedScenario("herd", { clients: 4, outageMs: 2_000 })!;
  const run = emptyRun(scenario, 1);
  run.ends.fill(END.givenUp);
  run.latenciesMs.fill(1_900);
  const { drain99Ms, drainMs, done, criticalMs } = measured(run);
  assertEquals([drain99Ms, drainMs, done, criticalMs], [0, 0, 0, undefined]);
});

Deno.test("measured() has no recovery to measure when nothing happened", () => {
  const scenario = namedScenario("steady", { clients: 20, outageMs: 1_000 })!;
  const { peakAfter, drainMs, wasted, done } = measured(runPolicies(scenario, PRIORITY_POLICIES, 1));
  assertEquals([peakAfter, drainMs, wasted, done], [undefined, undefined, 0, 1]);
});
