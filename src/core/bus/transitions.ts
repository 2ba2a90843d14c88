/**
 * The life of a delivery as one table: every change of state in the bus is a row here, and there is no other.
 *
 * A delivery is one message on its way to one receiving service. It comes from `accept.ts` and leaves by `end.ts`;
 * the state diagram of the spec is generated from {@linkcode TRANSITIONS}.
 *
 * @module
 */
import { BellhopError } from "../error.ts";

/** The states of a delivery. */
export const STATES = [
  "new",
  "flushing",
  "blocked",
  "queued",
  "in-flight",
  "storing",
  "waiting",
  "deferred",
  "settling",
  "ended",
  "refused",
  "delayed",
] as const;

/** A state of a delivery. */
export type DeliveryState = typeof STATES[number];

/** What can happen to a delivery. */
export const EVENTS = [
  "accept",
  "flushed",
  "follow",
  "flush-failed",
  "lane-free",
  "take",
  "ack",
  "retry-now",
  "retry-later",
  "due",
  "defer",
  "end",
  "delay",
] as const;

/** Something that happens to a delivery. */
export type DeliveryEvent = typeof EVENTS[number];

/** One row of the table. `storage` tells for which priorities it holds: `disk` is CRITICAL. */
export interface Transition {
  /** The state before. */
  readonly from: DeliveryState;
  /** What happens. */
  readonly event: DeliveryEvent;
  /** For which priorities the row holds. */
  readonly storage: "memory" | "disk" | "any";
  /** The state after. */
  readonly to: DeliveryState;
  /** Why, in a few words; the label in the state diagram. */
  readonly note: string;
}

/** The table. */
export const TRANSITIONS: readonly Transition[] = [
  row("new", "accept", "memory", "queued", "accepted"),
  row("new", "follow", "memory", "blocked", "its lane has a head"),
  row("new", "accept", "disk", "flushing", "message being written"),
  row("flushing", "flushed", "disk", "queued", "on disk: acknowledged"),
  row("flushing", "follow", "disk", "blocked", "on disk, its lane has a head"),
  row("flushing", "flush-failed", "disk", "refused", "not durable"),
  row("new", "delay", "memory", "delayed", "accepted, for later"),
  row("flushing", "delay", "disk", "delayed", "on disk, for later"),
  row("delayed", "due", "any", "queued", "its time has come"),
  row("delayed", "follow", "any", "blocked", "its time has come, its lane has a head"),
  row("blocked", "lane-free", "any", "queued", "the head has ended"),
  row("queued", "take", "any", "in-flight", "attempt, with a lease"),
  row("in-flight", "ack", "memory", "ended", "delivered"),
  row("in-flight", "ack", "disk", "settling", "delivered, outcome being written"),
  row("in-flight", "retry-now", "any", "queued", "failed, no wait"),
  row("in-flight", "retry-later", "memory", "waiting", "failed, backoff"),
  row("in-flight", "retry-later", "disk", "storing", "failed, retry state being written"),
  row("storing", "flushed", "disk", "waiting", "stored, backoff"),
  row("waiting", "due", "any", "queued", "backoff is over"),
  row("in-flight", "defer", "any", "deferred", "cannot be tried now: no budget spent"),
  row("deferred", "due", "any", "queued", "may be tried"),
  ...(["delayed", "blocked", "queued", "in-flight", "waiting", "deferred"] as const).flatMap((from) => [
    row(from, "end", "memory", "ended", "a failed outcome"),
    row(from, "end", "disk", "settling", "a failed outcome, being written"),
  ]),
  row("storing", "end", "disk", "settling", "a failed outcome, being written"),
  row("settling", "flushed", "disk", "ended", "outcome on disk"),
];

/** The states as numbers, for columns. */
export const State = {
  new: 0,
  flushing: 1,
  blocked: 2,
  queued: 3,
  inFlight: 4,
  storing: 5,
  waiting: 6,
  deferred: 7,
  settling: 8,
  ended: 9,
  refused: 10,
  delayed: 11,
} as const;

/** The events as numbers. */
export const On = {
  accept: 0,
  flushed: 1,
  follow: 2,
  flushFailed: 3,
  laneFree: 4,
  take: 5,
  ack: 6,
  retryNow: 7,
  retryLater: 8,
  due: 9,
  defer: 10,
  end: 11,
  delay: 12,
} as const;

const ILLEGAL = 255;
const NEXT = table();

/**
 * The state after an event.
 *
 * @param durable whether the message is kept on disk
 * @throws {BellhopError} `internal` if the table has no such row: a fault of the bus
 */
export function step(state: number, event: number, durable: boolean): number {
  const next = NEXT[(state << 5) | (event << 1) | (durable ? 1 : 0)];
  if (next === ILLEGAL) {
    throw new BellhopError("internal", `A delivery that is ${STATES[state]} cannot ${EVENTS[event]}`);
  }
  return next;
}

function row(
  from: DeliveryState,
  event: DeliveryEvent,
  storage: Transition["storage"],
  to: DeliveryState,
  note: string,
): Transition {
  return { from, event, storage, to, note };
}

function table(): Uint8Array {
  const next = new Uint8Array(STATES.length << 5).fill(ILLEGAL);
  for (const { from, event, storage, to } of TRANSITIONS) {
    const at = (STATES.indexOf(from) << 5) | (EVENTS.indexOf(event) << 1);
    if (storage !== "disk") next[at] = STATES.indexOf(to);
    if (storage !== "memory") next[at | 1] = STATES.indexOf(to);
  }
  return next;
}
