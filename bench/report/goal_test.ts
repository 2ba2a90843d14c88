import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { goalState, goalText } from "./goal.ts";
import type { Goal, Measure } from "./result.ts";

const spread = (median: number) => ({ median, low: median, high: median, samples: 1 });

function aimed(goal: Goal, value: number | undefined, ratio?: number): Measure {
  const base = { id: "a", group: "g", title: "t", subject: "s", unit: "ns", better: "lower", goal } as const;
  const given = value === undefined ? undefined : spread(value);
  return { ...base, value: given, ...(ratio === undefined ? {} : { ratio: { ...spread(ratio), to: "floor" } }) };
}

Deno.test("goalState() judges the median of what the goal is about, as it was measured", () => {
  const number = fc.double({ noNaN: true });
  const judges = { "<=": (a: number, b: number) => a <= b, "<": (a: number, b: number) => a < b };
  const ops = { ...judges, ">=": (a: number, b: number) => a >= b, ">": (a: number, b: number) => a > b };
  const op = fc.constantFrom("<=" as const, "<" as const, ">=" as const, ">" as const);
  fc.assert(fc.property(number, number, number, op, (value, ratio, limit, op) => {
    for (const about of ["value", "ratio"] as const) {
      const judged = about === "value" ? value : ratio;
      const stateAt = (limit: number) => goalState(aimed({ of: about, op, limit }, value, ratio));
      assertEquals(stateAt(limit), ops[op](judged, limit) ? "met" : "missed");
      assertEquals(stateAt(judged), op.endsWith("=") ? "met" : "missed");
    }
  }));
});

Deno.test("goalState() leaves open what has no number", () => {
  assertEquals(goalState(aimed({ of: "value", op: "<", limit: 1 }, undefined)), "unmeasured");
  assertEquals(goalState(aimed({ of: "ratio", op: "<", limit: 1 }, 0.5)), "unmeasured");
  assertEquals(goalState(aimed({ of: "value", op: "<", limit: 1 }, NaN)), "unmeasured");
  const { goal: _, ...none } = aimed({ of: "value", op: "<", limit: 1 }, 0);
  assertEquals(goalState(none), undefined);
});

Deno.test("goalText() says the limit as it was chosen, in the unit that reads best", () => {
  const text = (of: Goal["of"], limit: number) => goalText(aimed({ of, op: "<=", limit }, 1, 1));
  assertEquals(text("ratio", 1), "≤ 1×");
  assertEquals(text("ratio", 0.5), "≤ 0.5×");
  assertEquals(text("ratio", 1.05), "≤ 1.05×");
  assertEquals(text("value", 5_000), "≤ 5 µs");
  assertEquals(text("value", 1_500_000), "≤ 1.5 ms");
  assertEquals(text("value", 100), "≤ 100 ns");
});
