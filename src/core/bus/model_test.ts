import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SEEN } from "./_model_test.ts";
import { TRANSITIONS } from "./transitions.ts";
import { COMMANDS, JOINED, type Step, World } from "./_world_test.ts";

const number = fc.nat({ max: 0xf_ffff });
const step = fc.tuple(fc.nat({ max: COMMANDS.length - 1 }), number, number, number) as fc.Arbitrary<Step>;
const bounds = fc.record({
  capacity: fc.constantFrom(2, 3, 6, 1_000),
  maxInFlight: fc.constantFrom(1, 2, 4),
  maxDeliveries: fc.constantFrom(7, 30, 1_000),
  maxElapsedMs: fc.constantFrom(900, 5_000, 60_000),
  baseMs: fc.constantFrom(20, 100),
  capMs: fc.constantFrom(100, 1_000),
});

const likeTheModel = fc.property(
  fc.nat({ max: 1e6 }),
  bounds,
  fc.array(step, { maxLength: 150, size: "max" }),
  (seed, limits, steps) => {
    const world = new World(seed, limits);
    world.run(steps);
    world.close();
  },
);

Deno.test("the bus does what the model does, whatever is asked of it, and gives everything back", () => {
  fc.assert(likeTheModel, { numRuns: Number(Deno.env.get("RUNS") ?? 300) });
});

Deno.test("the sequences of one seed take every transition, so that none goes untested", () => {
  fc.assert(likeTheModel, { seed: 1, numRuns: 600 });
  assert(Math.max(...JOINED) > 2, "no run let the outcomes of three messages share a record");
  // What was never seen was not tested.
  for (const { from, event, storage, to } of TRANSITIONS) {
    for (const kind of storage === "any" ? ["memory", "disk"] : [storage]) {
      assert(SEEN.has(`${from} ${kind} ${to}`), `no run took ${from} -${event}-> ${to} in ${kind}`);
    }
  }
});

Deno.test("TRANSITIONS leads out of every state but ended and refused, and into every state but new", () => {
  const ends = [...new Set(TRANSITIONS.map(({ to }) => to))].filter((to) =>
    TRANSITIONS.every(({ from }) => from !== to)
  );
  assertEquals(ends.sort(), ["ended", "refused"]);
});
