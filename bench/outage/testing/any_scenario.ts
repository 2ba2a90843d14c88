import fc from "fast-check";
import { type Phase, type Scenario, scenarioFault } from "../scenario.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });

const anyPhase = fc.record({
  lastsMs: fc.integer({ min: 1, max: 60_000 }),
  capacity: fc.oneof(fc.constant(0), share),
  growsTo: share,
  failing: share,
  silent: fc.boolean(),
}, { requiredKeys: ["lastsMs", "capacity"] });

/** Small scenarios of every kind, that end with all being well. */
export const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  clients: fc.integer({ min: 1, max: 30 }),
  operations: fc.integer({ min: 1, max: 5 }),
  everyMs: fc.integer({ min: 1, max: 20_000 }),
  spreadMs: fc.integer({ min: 0, max: 20_000 }),
  mix: fc.record({
    LOW: fc.nat(3),
    NORMAL: fc.nat(3),
    HIGH: fc.nat(3),
    CRITICAL: fc.integer({ min: 1, max: 3 }),
  }),
  utilisation: fc.double({ min: 0.05, max: 5, noNaN: true }),
  serviceMs: fc.double({ min: 0, max: 500, noNaN: true }),
  queueMs: fc.integer({ min: 0, max: 5_000 }),
  networkMs: fc.tuple(fc.integer({ min: 1, max: 20 }), fc.nat(20)).map(([low, more]) => [low, low + more] as const),
  timeoutMs: fc.integer({ min: 80, max: 20_000 }),
  phases: fc.array(anyPhase, { maxLength: 5 }).map(laidOut),
}).map((scenario) => ({ name: "any", about: "", ...scenario })).filter((scenario) => !scenarioFault(scenario));

function laidOut(lasting: readonly (Omit<Phase, "fromMs"> & { lastsMs: number })[]): Phase[] {
  let fromMs = 0;
  const phases = lasting.map(({ lastsMs, ...phase }) => ({ ...phase, fromMs: (fromMs += lastsMs) - lastsMs }));
  return [...phases, { fromMs, capacity: 1 }];
}
