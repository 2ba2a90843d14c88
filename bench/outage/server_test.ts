import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { capacityPerSecond, isDown, type Scenario } from "./scenario.ts";
import { createServer, FATE } from "./server.ts";
import { anyScenario } from "./testing/any_scenario.ts";

const arrivals = fc.array(fc.tuple(fc.nat(200), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), {
  maxLength: 300,
});

Deno.test("createServer() never serves above its capacity, nor while it is down, nor queues beyond its bound", () => {
  fc.assert(fc.property(anyScenario, arrivals, (scenario, arrivals) => {
    const server = createServer(scenario);
    const perMs = capacityPerSecond(scenario) / 1_000;
    const limit = Math.max(1, Math.floor(perMs * scenario.queueMs));
    const starts: number[] = [];
    let nowMs = 0;
    for (const [laterMs, u] of arrivals) {
      nowMs += laterMs;
      const fate = server.take(nowMs, u);
      assertGreaterOrEqual(server.answerMs, nowMs);
      if (server.startMs === Infinity) assert(fate === FATE.down || fate === FATE.full);
      else starts.push(server.startMs);
      assertLessOrEqual(starts.filter((startMs) => startMs > nowMs).length, limit);
    }
    const phaseAt = (ms: number) => scenario.phases.findLast(({ fromMs }) => fromMs <= ms);
    for (const [index, startMs] of starts.entries()) {
      const phase = phaseAt(startMs);
      assert(phase === undefined || !isDown(phase));
      // So no window of any length holds more than its part of the capacity, and one.
      if (index > 0) assertGreaterOrEqual(startMs - starts[index - 1], (1 - 1e-9) / perMs);
    }
  }));
});

/** One request in 100 ms; two wait at most. */
const SLOW: Scenario = {
  name: "slow",
  about: "",
  clients: 1,
  operations: 1,
  everyMs: 100,
  spreadMs: 0,
  mix: { LOW: 1, NORMAL: 0, HIGH: 0, CRITICAL: 0 },
  utilisation: 1,
  serviceMs: 30,
  queueMs: 200,
  networkMs: [1, 1],
  timeoutMs: 1_000,
  phases: [],
};

Deno.test("createServer() lets wait what its queue holds and refuses the rest at once", () => {
  const server = createServer(SLOW);
  const seen = [0, 0, 0, 0, 100].map((nowMs) => [server.take(nowMs, 0.5), server.startMs, server.answerMs]);
  assertEquals(seen, [
    [FATE.done, 0, 30],
    [FATE.done, 100, 130],
    [FATE.done, 200, 230],
    [FATE.full, Infinity, 0],
    [FATE.done, 300, 330],
  ]);
});

Deno.test("createServer() loses what waits when it goes down, and says nothing if it is silent", () => {
  const phases = [{ fromMs: 150, capacity: 0, silent: true }, { fromMs: 400, capacity: 0.5 }];
  for (const silent of [true, false]) {
    const server = createServer({ ...SLOW, phases: [{ ...phases[0], silent }, phases[1]] });
    const seen = [0, 0, 0, 200, 400, 400].map((nowMs) => [server.take(nowMs, 0.5), server.startMs, server.answerMs]);
    assertEquals(seen, [
      [FATE.done, 0, 30],
      [FATE.done, 100, 130],
      [FATE.down, Infinity, silent ? Infinity : 150],
      [FATE.down, Infinity, silent ? Infinity : 200],
      [FATE.done, 400, 430],
      [FATE.done, 600, 630],
    ]);
  }
});

Deno.test("createServer() fails the share of a phase, and grows along a ramp", () => {
  const failing = createServer({ ...SLOW, phases: [{ fromMs: 0, capacity: 1, failing: 0.25 }] });
  assertEquals([failing.take(0, 0.24), failing.take(0, 0.25)], [FATE.failed, FATE.done]);
  const ramp = [{ fromMs: 0, capacity: 0.5, growsTo: 1 }, { fromMs: 400, capacity: 1 }];
  const growing = createServer({ ...SLOW, phases: ramp });
  const starts = [0, 0, 0, 300].map((nowMs) => (growing.take(nowMs, 0.5), growing.startMs));
  assertEquals(starts.map(Math.round), [0, 200, 333, 442]);
});
