import { assertEquals, assertThrows } from "@std/assert";
import { Stop } from "./exit_code.ts";
import { traceFilter } from "./trace_filter.ts";
import type { TraceStep } from "./trace_step.ts";

const STEPS: readonly TraceStep[] = [
  { kind: "accepted", type: "document.created", id: "7d1f" },
  { kind: "attempt", type: "document.created", id: "7d1f", receiver: "users" },
  { kind: "attempt", type: "order.paid", id: "81aa", receiver: "search" },
  { kind: "registered", service: "users" },
  { kind: "renewed", service: "users" },
];

function shown(values: Parameters<typeof traceFilter>[0]): number[] {
  const isWanted = traceFilter(values);
  return STEPS.flatMap((step, place) => isWanted(step) ? [place] : []);
}

Deno.test("traceFilter() shows all but renewals, and those of a service, a type or a message", () => {
  assertEquals(shown({}), [0, 1, 2, 3]);
  assertEquals(shown({ renewals: true }), [0, 1, 2, 3, 4]);
  assertEquals(shown({ service: ["users"] }), [1, 3]);
  assertEquals(shown({ service: ["users", "search"] }), [1, 2, 3]);
  assertEquals(shown({ type: ["document.*"] }), [0, 1]);
  assertEquals(shown({ type: ["document.*", "order.>"] }), [0, 1, 2]);
  assertEquals(shown({ id: ["7d"] }), [0, 1]);
  assertEquals(shown({ id: ["7d"], service: ["search"] }), []);
});

Deno.test("traceFilter() refuses a pattern that is none", () => {
  assertThrows(() => traceFilter({ type: ["document.>.x"] }), Stop, "--type");
});
