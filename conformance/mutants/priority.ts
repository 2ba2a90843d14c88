/**
 * Mutants of the chapter Priorities.
 *
 * @module
 */
import type { Mutant } from "./mutant.ts";

/** Faults that break its sentences. */
export const PRIORITY_MUTANTS: readonly Mutant[] = [
  {
    id: "fifo-takes-newest",
    requirement: "PRI-018",
    check: "vectors/order-002",
    file: "core/priority/queue.ts",
    find: "const item = line.shift();",
    replace: "const item = line.pop();",
  },
  {
    id: "round-other-order",
    requirement: "PRI-020",
    check: "priority/round-of-15",
    file: "core/priority/queue.ts",
    find: "ROUND: readonly Rank[] = [3, 2, 3, 1, 3, 2, 3, 0, 3, 2, 3, 1, 3, 2, 3]",
    replace: "ROUND: readonly Rank[] = [3, 2, 3, 1, 3, 2, 3, 1, 3, 2, 3, 0, 3, 2, 3]",
  },
  {
    id: "evicts-oldest",
    requirement: "PRI-037",
    check: "priority/capacity",
    file: "core/priority/queue.ts",
    find: "const item = line.pop();",
    replace: "const item = line.shift();",
  },
  {
    id: "evicts-highest-below",
    requirement: "PRI-037",
    check: "priority/capacity",
    file: "core/priority/queue.ts",
    find: "for (let lower = 0; lower < rank; lower++) {",
    replace: "for (let lower = rank - 1; lower >= 0; lower--) {",
  },
  {
    id: "capacity-one-more",
    requirement: "PRI-034",
    check: "priority/capacity",
    file: "core/bus/_overflow.ts",
    find: "if (target.unfinished < state.options.capacity) continue;",
    replace: "if (target.unfinished <= state.options.capacity) continue;",
  },
  {
    id: "evicts-equals",
    requirement: "PRI-038",
    check: "priority/capacity",
    file: "core/bus/_overflow.ts",
    find: "target.queue.canEvictBelow(rank) ?",
    replace: "target.queue.canEvictBelow((rank + 1) as Rank) ?",
  },
  {
    id: "capacity-never",
    requirement: "PRI-034",
    check: "priority/capacity",
    file: "core/bus/accept.ts",
    find: "if (targets[i].unfinished >= capacity) return true;",
    replace: "",
  },
  {
    id: "critical-broadcast-in-part",
    requirement: "PRI-040",
    check: "priority/critical-broadcast-all-or-nothing",
    file: "core/bus/_overflow.ts",
    find: "(rank === 3 || refused.length === targets.length)",
    replace: "(refused.length === targets.length)",
  },
  {
    id: "broadcast-refused-for-one",
    requirement: "PRI-039",
    check: "priority/broadcast-meets-a-full-queue",
    file: "core/bus/_overflow.ts",
    find: "(rank === 3 || refused.length === targets.length)",
    replace: "true",
  },
  {
    id: "fifo-broken-by-a-retry",
    requirement: "PRI-019",
    check: "priority/retry-joins-the-tail",
    file: "core/bus/settle.ts",
    find: "if (waitMs === 0) return rejoin(state, slot, On.retryNow);",
    replace:
      "if (waitMs === 0) {\n    const later: number[] = [];\n    while (flight.target.queue.sizeOf(message.rank) > 0 && later.length < 100) later.push(flight.target.queue.pop());\n    rejoin(state, slot, On.retryNow);\n    for (const one of later) flight.target.queue.push(one, state.messages[deliveries.message[one]]!.rank);\n    return;\n  }",
  },
  {
    id: "slots-never-freed-by-a-wait",
    requirement: "PRI-013",
    check: "priority/slots",
    file: "core/bus/settle.ts",
    find: "flight.target.inFlight--;",
    replace: "if (state.deliveries.attemptsOf(flight.slot) !== 1) flight.target.inFlight--;",
  },
  {
    id: "slots-63-by-default",
    requirement: "PRI-014",
    check: "priority/64-slots-by-default",
    file: "core/bus/options.ts",
    find: "maxInFlight: 64,",
    replace: "maxInFlight: 63,",
  },
];
