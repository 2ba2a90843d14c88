import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { effort } from "../../testing/effort.ts";
import { BELLHOP, contention, meanContention, PUBLISHED, type Wait } from "./contention.ts";

const TRIALS = effort(10, 20);
const SEEDS = effort([1], [1, 1_001, 2_001]);

for (const [name, waits] of Object.entries({ "the article's waits": PUBLISHED, "Bellhop's waits": BELLHOP })) {
  Deno.test(`contention() has the published order of jitters with 100 clients, over several seeds, by ${name}`, () => {
    const sums = { full: 0, equal: 0 };
    for (const seed of SEEDS) {
      const [none, full, equal, decorrelated] = ["none", "full", "equal", "decorrelated"].map((jitter) =>
        meanContention(100, waits[jitter], seed, TRIALS)
      );
      // "The no-jitter exponential backoff approach is the clear loser", in work and in time.
      for (const jittered of [full, equal, decorrelated]) {
        assertGreater(none.calls, 1.5 * jittered.calls);
        assertGreater(none.endMs, 5 * jittered.endMs);
      }
      // "we've reduced our call count by more than half"
      assertLess(full.calls, none.calls / 2);
      // "approximately the same for Full and Equal jitter, and higher for Decorrelated"
      assertAlmostEquals(equal.calls / full.calls, 1, 0.05);
      assertGreater(decorrelated.calls, 1.1 * Math.max(full.calls, equal.calls));
      // Equal "takes much longer" than full.
      assertGreater(equal.endMs, 1.15 * full.endMs);
      assertGreater(full.endMs, 0.9 * decorrelated.endMs);
      sums.full += full.calls;
      sums.equal += equal.calls;
    }
    // Equal "does slightly more work than Full".
    assertGreater(sums.equal, sums.full);
  });
}

Deno.test("contention() comes to what the published simulator printed, within 5 %", () => {
  const trials = effort(10, 60);
  // backoff_simulator.py at commit 66cb169 under Python 3, 100 trials with 100 clients: calls, time in ms.
  const printed = { "no backoff": [2_417, 2_019], full: [795, 4_901], equal: [812, 6_568], decorrelated: [997, 4_552] };
  for (const [name, [calls, endMs]] of Object.entries(printed)) {
    const ours = meanContention(100, PUBLISHED[name], 1, trials);
    assertAlmostEquals(ours.calls / calls, 1, 0.02, name);
    assertAlmostEquals(ours.endMs / endMs, 1, 0.05, name);
  }
});

Deno.test("contention() lets a client alone write at once, and each of many exactly once", () => {
  const never: Wait = () => {
    throw new Error("nothing to wait for");
  };
  const { calls, endMs } = contention(1, never, 1);
  assertEquals(calls, 1);
  assertAlmostEquals(endMs, 40, 20);
  const refused = new Map<number, number>();
  const counted: Wait = (retry) => (refused.set(retry, (refused.get(retry) ?? 0) + 1), 0);
  const all = contention(20, counted, 1);
  assertEquals(all.calls, 20 + [...refused.values()].reduce((sum, count) => sum + count, 0));
  assertEquals(contention(20, PUBLISHED.full, 5), contention(20, PUBLISHED.full, 5));
  assert(contention(20, PUBLISHED.full, 5).endMs !== contention(20, PUBLISHED.full, 6).endMs);
});
