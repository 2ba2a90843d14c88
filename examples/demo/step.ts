import type { TraceEvent } from "@bellhop/bellhop/bus";

/** A trace event of a message, as the gateway streams it. */
export type MessageStep = TraceEvent;

/** A trace event of the registry. */
export interface RegistryStep {
  readonly kind: "registered";
  readonly atMs: number;
  readonly service: string;
}

/** What the demo reads from `GET /trace`. */
export type Step = MessageStep | RegistryStep;

/** Whether a step is one of the registry. */
export function isRegistryStep(step: Step): step is RegistryStep {
  return "service" in step;
}
