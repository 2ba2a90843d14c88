import { PRIORITIES, type Priority } from "../priority/table.ts";
import { deliveryId } from "./delivery_id.ts";
import { type BusMessage, runOf } from "./message.ts";
import { attemptsOf, type Outcome, outcomeOf } from "./outcome.ts";
import type { BusState } from "./_state.ts";
import { type DeliveryState, State, STATES } from "./transitions.ts";

/** Where one delivery stands. */
export interface DeliveryStatus {
  /** The receiving service; empty if there was no subscriber. */
  readonly receiver: string;
  /** 1, and one more per redrive. */
  readonly run: number;
  /** Where it stands in the table of transitions. */
  readonly state: DeliveryState;
  /** Present when it has ended. */
  readonly outcome?: Outcome;
  /** How many attempts this run has had. */
  readonly attempts: number;
  /** Stable word for the last thing that went wrong; absent if nothing did. */
  readonly lastError?: string;
  /** When it is tried, epoch milliseconds; present while it waits or is delayed. */
  readonly nextAttemptMs?: number;
}

/** Where a message stands. */
export interface MessageStatus {
  /** `source` of the envelope. */
  readonly source: string;
  /** `id` of the envelope. */
  readonly id: string;
  /** Type of the envelope. */
  readonly type: string;
  /** What was promised for it. */
  readonly priority: Priority;
  /** When it was accepted, epoch milliseconds. */
  readonly acceptedMs: number;
  /** One for each receiver, in the order of the frozen set. */
  readonly deliveries: readonly DeliveryStatus[];
}

/** Where a message and each of its deliveries stand. */
export function statusOf(state: BusState, message: BusMessage): MessageStatus {
  return {
    source: message.source,
    id: message.id,
    type: message.type,
    priority: PRIORITIES[message.rank],
    acceptedMs: message.acceptedMs,
    deliveries: message.targets.length === 0
      ? unsubscribed(message)
      : message.targets.map((_, place) => delivery(state, message, place)),
  };
}

/** Whether every delivery of the message has ended. */
export function isTerminal(message: BusMessage): boolean {
  return message.open === 0;
}

/** CRITICAL messages that have not ended, oldest first. */
export function unfinishedCritical(state: BusState, after: number, limit: number): readonly BusMessage[] {
  return state.messages
    .filter((message): message is BusMessage => message?.rank === 3 && message.order > after)
    .sort((one, other) => one.order - other.order)
    .slice(0, limit);
}

/** Messages that are kept for later, in the order of the machine's table; `after` is the last one's place in it plus 1. */
export function delayed(state: BusState, after: number, limit: number): readonly BusMessage[] {
  const page: BusMessage[] = [];
  for (let at = after; at < state.messages.length && page.length < limit; at++) {
    const message = state.messages[at];
    if (message !== undefined && message.notBeforeMs > 0 && isDelayed(state, message)) page.push(message);
  }
  return page;
}

function isDelayed(state: BusState, { progress }: BusMessage): boolean {
  return progress.some((at) => at < 0 && state.deliveries.stateOf(~at) === State.delayed);
}

function delivery(state: BusState, message: BusMessage, place: number): DeliveryStatus {
  const progress = message.progress[place];
  const receiver = message.targets[place].name;
  const run = runOf(message, place);
  if (progress >= 0) {
    const outcome = outcomeOf(progress);
    const letter = outcome === "delivered"
      ? undefined
      : state.deadLetters.get(deliveryId(message.source, message.id, receiver, run))?.letter;
    const lastError = letter === undefined ? {} : { lastError: letter.reason };
    return { receiver, run, state: "ended", outcome, attempts: attemptsOf(progress), ...lastError };
  }
  const slot = ~progress;
  const last = state.history.last(state.deliveries.history[slot]);
  const at = state.deliveries.stateOf(slot);
  const nextAttemptMs = at === State.waiting || at === State.deferred || at === State.delayed
    ? state.backoffs.dueMs(slot)
    : undefined;
  return {
    receiver,
    run,
    state: STATES[at],
    attempts: state.deliveries.attemptsOf(slot),
    ...(last === undefined ? {} : { lastError: last.reason }),
    ...(nextAttemptMs === undefined ? {} : { nextAttemptMs }),
  };
}

function unsubscribed(message: BusMessage): DeliveryStatus[] {
  if (message.rank !== 3) return [];
  return [{ receiver: "", run: 1, state: "ended", outcome: "no-subscriber", attempts: 0, lastError: "no-subscriber" }];
}
