import { jsonOf } from "./ask_gateway.ts";

/** A step of the trace as it comes over the wire: of a message, or of the registry. */
export interface TraceStep {
  readonly kind: string;
  readonly atMs?: number;
  readonly source?: string;
  readonly id?: string;
  readonly type?: string;
  readonly priority?: string;
  readonly receiver?: string;
  readonly service?: string;
  readonly instance?: string;
  readonly run?: number;
  readonly attempt?: number;
  readonly reason?: string;
  readonly delayMs?: number;
  readonly outcome?: string;
  /** Why it failed on purpose: no gateway sends this, `bellhop dev` adds it. */
  readonly injected?: string;
}

const TEXTS = ["source", "id", "type", "priority", "receiver", "service", "instance", "reason", "outcome", "injected"];
const NUMBERS = ["atMs", "run", "attempt", "delayMs"];

/** Reads a step; nothing if it is none. Members that are not known stay, those of another kind than stated go. */
export function traceStep(text: string): TraceStep | undefined {
  const value = jsonOf(text);
  if (typeof value !== "object" || value === null || typeof (value as TraceStep).kind !== "string") return undefined;
  const fits = ([name, member]: [string, unknown]) =>
    TEXTS.includes(name) ? typeof member === "string" : !NUMBERS.includes(name) || typeof member === "number";
  return Object.fromEntries(Object.entries(value).filter(fits)) as unknown as TraceStep;
}
