import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { recoveryMs, type Scenario, scenarioFault } from "./scenario.ts";
import { namedScenario, SCENARIOS } from "./scenarios.ts";

const outage = namedScenario("outage", { clients: 100, outageMs: 60_000 })!;

Deno.test("namedScenario() is a scenario in range and plain data, of every size", () => {
  const sizes = fc.record({
    clients: fc.integer({ min: 10, max: 100_000 }),
    outageMs: fc.integer({ min: 1_000, max: 3_600_000 }),
  });
  for (const { name } of SCENARIOS) {
    fc.assert(fc.property(sizes, (sizes) => {
      const scenario = namedScenario(name, sizes)!;
      assertEquals(scenarioFault(scenario), undefined);
      assertEquals(JSON.parse(JSON.stringify(scenario)), scenario);
      assertEquals(scenario.clients, sizes.clients);
    }));
  }
  assertEquals(namedScenario("toString", { clients: 10, outageMs: 1_000 }), undefined);
});

Deno.test("scenarioFault() names the field that is out of range, and what is wanted", () => {
  const faults: [Partial<Record<keyof Scenario, unknown>>, string][] = [
    [{ clients: 0 }, "clients must be a whole number from 1 to 1000000: 0"],
    [{ clients: 1.5 }, "clients"],
    [{ clients: 1_000_000, operations: 10_000 }, "clients x operations"],
    [{ name: 5 }, "name must be a text"],
    [{ utilisation: "half" }, `utilisation must be a number from 0.001 to 100: "half"`],
    [{ mix: { ...outage.mix, LOW: -1 } }, "mix.LOW"],
    [{ mix: { LOW: 0, NORMAL: 0, HIGH: 0, CRITICAL: 0 } }, "mix must have one weight above 0"],
    [{ mix: null }, "mix must have a weight for each of LOW"],
    [{ networkMs: [0, 5] }, "networkMs[0]"],
    [{ networkMs: [5, 4] }, "networkMs[1]"],
    [{ networkMs: 5 }, "networkMs must be [least, most]"],
    [{ timeoutMs: 9 }, "timeoutMs must be a whole number from 10"],
    [{ phases: 1 }, "phases must be a list"],
    [{ phases: [null] }, "phases[0] must be an object"],
    [
      { phases: [{ fromMs: 5, capacity: 1 }, { fromMs: 5, capacity: 1 }] },
      "phases[1].fromMs must be a whole number from 6",
    ],
    [{ phases: [{ fromMs: 5, capacity: 2 }] }, "phases[0].capacity"],
    [{ phases: [{ fromMs: 5, capacity: 0 }] }, "the last phase must let requests through"],
    [{ phases: [{ fromMs: 5, capacity: 1, failing: 1 }] }, "the last phase must let requests through"],
  ];
  for (const [change, message] of faults) assertStringIncludes(scenarioFault({ ...outage, ...change })!, message);
  assertEquals(scenarioFault(null), "a scenario must be an object");
});

Deno.test("recoveryMs() is the end of the last outage, else of the last brown-out", () => {
  const of = (name: string) => recoveryMs(namedScenario(name, { clients: 10, outageMs: 60_000 })!);
  assertEquals(["steady", "outage", "brown-out", "slow-recovery", "flapping", "herd"].map(of), [
    undefined,
    90_000,
    90_000,
    90_000,
    85_000,
    60_000,
  ]);
  assert(SCENARIOS.length >= 5);
});
