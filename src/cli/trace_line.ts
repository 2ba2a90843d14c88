import { type Paint, plain, type Style } from "./colour.ts";
import { printable } from "./printable.ts";
import type { TraceStep } from "./trace_step.ts";

const STYLES: ReadonlyMap<string, Style> = new Map(Object.entries<Style>({
  accepted: "cyan",
  registered: "cyan",
  delivered: "green",
  healthy: "green",
  duplicate: "yellow",
  stored: "yellow",
  retry: "yellow",
  waiting: "yellow",
  deferred: "yellow",
  delayed: "yellow",
  suspect: "yellow",
  redriven: "yellow",
  recovered: "yellow",
  failed: "red",
  refused: "red",
  ended: "red",
  "dead-letter": "red",
  unhealthy: "red",
  removed: "red",
  dropped: "red",
  attempt: "dim",
  receipt: "dim",
}));
const PRIORITY_STYLES: ReadonlyMap<string, Style> = new Map([["CRITICAL", "magenta"], ["HIGH", "bold"], [
  "LOW",
  "dim",
]]);

const KIND = 11;
const PRIORITY = 8;
const ID = 9;
/** What a column grows to at most: one long name must not push all lines off the screen. */
const WIDEST_TYPE = 32;
const WIDEST_RECEIVER = 24;

/** Instances remembered, so that lines tell of them where a service has several. */
const MOST_RECEIVERS = 1_000;

/**
 * Writes steps as short lines that stand under each other: time, kind, priority, id, type, receiver, the rest. The
 * columns of types and receivers grow as needed, so that a line is never held back for those after it.
 */
export function traceLines(paint: Paint = plain): (step: TraceStep) => string {
  let typeWidth = 16;
  let receiverWidth = 8;
  const firstInstances = new Map<string, string>();

  /** The instance, if it is not the first that was seen of its service: most services have one. */
  function another({ receiver, service, instance }: TraceStep): string | undefined {
    const whose = receiver ?? service;
    if (whose === undefined || instance === undefined) return undefined;
    const first = firstInstances.get(whose);
    if (first === undefined && firstInstances.size < MOST_RECEIVERS) firstInstances.set(whose, instance);
    return first === undefined || first === instance ? undefined : instance;
  }

  return (step) => {
    const { kind, atMs, priority = "", id = "", type = "", source } = step;
    const whom = printable(step.receiver ?? step.service ?? "", WIDEST_RECEIVER);
    const what = printable(type, WIDEST_TYPE);
    typeWidth = Math.max(typeWidth, what.length);
    receiverWidth = Math.max(receiverWidth, whom.length);
    const cells = [
      paint("dim", timeOf(atMs)),
      paint(styleOf(step), printable(kind, KIND).padEnd(KIND)),
      paint(PRIORITY_STYLES.get(priority), printable(priority, PRIORITY).padEnd(PRIORITY)),
      paint("dim", printable(id, ID).padEnd(ID)),
      what.padEnd(typeWidth),
      (whom === "" ? "" : source === undefined ? `  ${whom}` : `→ ${whom}`).padEnd(receiverWidth + 2),
      detail(step, another(step)),
    ];
    return cells.join("  ").trimEnd();
  };
}

function styleOf({ kind, outcome, injected }: TraceStep): Style | undefined {
  if (injected !== undefined) return "magenta";
  return kind === "ended" && outcome === "delivered" ? "green" : STYLES.get(kind);
}

function detail(step: TraceStep, instance: string | undefined): string {
  const { kind, attempt, run, reason, outcome, delayMs, injected } = step;
  const parts: string[] = [];
  if (attempt !== undefined && attempt > 0) parts.push(`attempt ${attempt}`);
  if (run !== undefined && run > 1) parts.push(`run ${run}`);
  if (delayMs !== undefined) parts.push(`for ${duration(delayMs)}`);
  if (outcome !== undefined && outcome !== kind) parts.push(printable(outcome, 32));
  if (reason !== undefined && reason !== "") parts.push(printable(reason, 200));
  if (injected !== undefined) parts.push(`by ${printable(injected, 64)}`);
  if (instance !== undefined) parts.push(`at ${printable(instance, 24)}`);
  return parts.join(", ");
}

/** Milliseconds as one reads them. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return ms < 3_600_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** The time of day here, to the millisecond. */
function timeOf(atMs: number | undefined): string {
  const at = new Date(atMs ?? NaN);
  if (Number.isNaN(at.getTime())) return "--:--:--.---";
  const two = (part: number) => String(part).padStart(2, "0");
  const ms = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`;
}
