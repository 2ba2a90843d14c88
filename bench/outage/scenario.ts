/**
 * What is simulated, as plain data: clients, a server, and what happens to it when.
 *
 * @module
 */
import { PRIORITIES, type Priority } from "../../mod.ts";

/** A scenario. Times are whole virtual milliseconds from 0. */
export interface Scenario {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  readonly clients: number;
  /** Of each client. An operation begins when it is due, however those before it fare. */
  readonly operations: number;
  /** From one operation of a client to its next. */
  readonly everyMs: number;
  /** The first operations begin spread evenly over so long; 0: all at once. */
  readonly spreadMs: number;
  /** Parts of the clients, by any weights. */
  readonly mix: Readonly<Record<Priority, number>>;
  /** First attempts per second, as a share of what the server can do: it grows with the clients. */
  readonly utilisation: number;
  readonly serviceMs: number;
  /** The queue holds what the server does in so long; what finds it full is refused. */
  readonly queueMs: number;
  /** One way, least and most, evenly spread. */
  readonly networkMs: readonly [low: number, high: number];
  /** A client waits so long for an answer. */
  readonly timeoutMs: number;
  /** In the order of time; before the first all is well. */
  readonly phases: readonly Phase[];
}

/** A stretch of time, until the next phase. */
export interface Phase {
  readonly fromMs: number;
  /** Share of the capacity that is there; 0: the server is down, and what waits in its queue is lost. */
  readonly capacity: number;
  /** The share at the end of the phase; absent: it does not change. */
  readonly growsTo?: number;
  /** Share of the requests that are served and fail all the same. */
  readonly failing?: number;
  /** A server that is down says nothing, so that clients wait for their timeout; else it refuses at once. */
  readonly silent?: boolean;
}

const DAY_MS = 86_400_000;
const MAX_OPERATIONS = 100_000_000;

/** Requests that the whole server does in a second when all is well. */
export function capacityPerSecond({ clients, everyMs, utilisation }: Scenario): number {
  return clients * 1_000 / everyMs / utilisation;
}

export function isDown({ capacity, growsTo }: Phase): boolean {
  return capacity === 0 && !growsTo;
}

/** When the last outage ends, or the last brown-out if the server is never down; `undefined` if nothing happens. */
export function recoveryMs({ phases }: Scenario): number | undefined {
  const after = (is: (phase: Phase) => boolean) => phases[phases.findLastIndex(is) + 1]?.fromMs;
  if (phases.some(isDown)) return after(isDown);
  const isBad = ({ capacity, failing = 0 }: Phase) => capacity < 1 || failing > 0;
  return phases.some(isBad) ? after(isBad) : undefined;
}

/** Whether a thing is a scenario: the first fault, with the field and what is wanted; `undefined` if there is none. */
export function scenarioFault(given: unknown): string | undefined {
  if (typeof given !== "object" || given === null) return "a scenario must be an object";
  const scenario = given as Scenario;
  for (const field of ["name", "about"] as const) {
    if (typeof scenario[field] !== "string") return `${field} must be a text`;
  }
  for (const [field, low, high, whole] of RANGES) {
    const fault = rangeFault(field, scenario[field], low, high, whole);
    if (fault !== undefined) return fault;
  }
  const { clients, operations, mix, networkMs, timeoutMs, phases } = scenario;
  if (clients * operations > MAX_OPERATIONS) return `clients x operations must be at most ${MAX_OPERATIONS}`;
  if (typeof mix !== "object" || mix === null) return `mix must have a weight for each of ${PRIORITIES.join(", ")}`;
  for (const priority of PRIORITIES) {
    const fault = rangeFault(`mix.${priority}`, mix[priority], 0, 1_000_000);
    if (fault !== undefined) return fault;
  }
  if (!PRIORITIES.some((priority) => mix[priority] > 0)) return "mix must have one weight above 0";
  if (!Array.isArray(networkMs) || networkMs.length !== 2) return "networkMs must be [least, most]";
  const [low, high] = networkMs;
  return rangeFault("networkMs[0]", low, 1, 60_000, true) ?? rangeFault("networkMs[1]", high, low, 60_000, true) ??
    rangeFault("timeoutMs", timeoutMs, 2 * high, 3_600_000, true) ?? phasesFault(phases);
}

const RANGES = [
  ["clients", 1, 1_000_000, true],
  ["operations", 1, 10_000, true],
  ["everyMs", 1, DAY_MS, true],
  ["spreadMs", 0, DAY_MS, true],
  ["utilisation", 0.001, 100, false],
  ["serviceMs", 0, 600_000, false],
  ["queueMs", 0, 3_600_000, false],
] as const;

function phasesFault(phases: readonly Phase[]): string | undefined {
  if (!Array.isArray(phases)) return "phases must be a list";
  let lastMs = -1;
  for (const [index, phase] of phases.entries()) {
    const name = `phases[${index}]`;
    if (typeof phase !== "object" || phase === null) return `${name} must be an object`;
    const fault = rangeFault(`${name}.fromMs`, phase.fromMs, lastMs + 1, 30 * DAY_MS, true) ??
      rangeFault(`${name}.capacity`, phase.capacity, 0, 1) ??
      rangeFault(`${name}.growsTo`, phase.growsTo ?? 0, 0, 1) ??
      rangeFault(`${name}.failing`, phase.failing ?? 0, 0, 1);
    if (fault !== undefined) return fault;
    lastMs = phase.fromMs;
  }
  // Else an operation without an end to its retries would have none.
  const last = phases.at(-1);
  const ends = last === undefined || ((last.growsTo ?? last.capacity) > 0 && (last.failing ?? 0) < 1);
  return ends ? undefined : "the last phase must let requests through: capacity above 0, failing below 1";
}

function rangeFault(field: string, value: unknown, low: number, high: number, whole = false): string | undefined {
  const fits = typeof value === "number" && value >= low && value <= high && !(whole && value % 1 !== 0);
  const wanted = `${field} must be ${whole ? "a whole number" : "a number"} from ${low} to ${high}`;
  return fits ? undefined : `${wanted}: ${JSON.stringify(value)}`;
}
