import type { Delivery } from "../ports/transport.ts";
import type { TraceStep } from "./trace_step.ts";

/** Remembers which attempts failed on purpose until the trace tells of them: a failure that one made is to look it. */
export interface Injections {
  add(delivery: Delivery, left: number): void;
  /** The step, with what was done if it is the failure of such an attempt. */
  mark(step: TraceStep): TraceStep;
}

/** The trace is close behind; what it never tells of must not stay for ever. */
const MOST = 10_000;

export function injections(): Injections {
  const waiting = new Map<string, string>();
  const keyOf = (...parts: readonly unknown[]) => JSON.stringify(parts);
  return {
    add({ envelope: { source, id }, receiver, attempt }, left) {
      if (waiting.size >= MOST) waiting.delete(waiting.keys().next().value as string);
      const rest = left === Infinity ? "as all" : left === 0 ? "the last" : `${left} left`;
      waiting.set(keyOf(source, id, receiver, attempt), `--fail, ${rest}`);
    },
    mark(step) {
      if (step.kind !== "failed") return step;
      const key = keyOf(step.source, step.id, step.receiver, step.attempt);
      const injected = waiting.get(key);
      return injected !== undefined && waiting.delete(key) ? { ...step, injected } : step;
    },
  };
}
