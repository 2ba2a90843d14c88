/**
 * The store has answered: from `adapters/stores`, by way of the engine; a CRITICAL lines up, waits or ends from here.
 *
 * @module
 */
import { unlist } from "./_dead_letters.ts";
import { end, settled } from "./end.ts";
import { enter, lineUp, rejoin } from "./_lines.ts";
import { type BusMessage, runOf } from "./message.ts";
import { drop } from "./_messages.ts";
import { undoRedrive } from "./redrive.ts";
import { type BusState, type DeliveredWrite, type Pending, trace } from "./_state.ts";
import { On, State, step } from "./transitions.ts";

/** The write of that token is as durable as the store makes it. */
export function flushed(state: BusState, nowMs: number, token: number): void {
  const pending = state.pending.get(token);
  if (pending === undefined) return;
  state.pending.delete(token);
  switch (pending.kind) {
    case "accept":
      if (pending.letter !== undefined) pending.letter.settled = true;
      arrive(state, nowMs, pending.message);
      if (pending.receipt !== undefined) arrive(state, nowMs, pending.receipt);
      break;
    case "redrive":
      runAgain(state, nowMs, token, pending);
      break;
    case "retry-state":
      if (isStoring(state, pending.message, pending.slot)) wait(state, nowMs, pending, true);
      break;
    case "outcome":
      conclude(state, nowMs, pending);
      break;
    case "delivered":
      concludeDelivered(state, nowMs, pending);
      break;
  }
}

/**
 * The write of that token failed. What was not acknowledged is refused; what was goes on in memory, and the disk still
 * holds its last good state.
 */
export function flushFailed(state: BusState, nowMs: number, token: number): void {
  const pending = state.pending.get(token);
  if (pending === undefined) return;
  state.pending.delete(token);
  switch (pending.kind) {
    case "accept":
      if (pending.letter !== undefined) unlist(state, pending.letter);
      refuse(state, nowMs, pending.message);
      if (pending.receipt !== undefined) refuse(state, nowMs, pending.receipt);
      break;
    case "redrive":
      undoRedrive(state, nowMs, token, pending);
      break;
    case "retry-state":
      if (isStoring(state, pending.message, pending.slot)) wait(state, nowMs, pending, false);
      break;
    case "outcome":
      conclude(state, nowMs, pending);
      break;
    case "delivered":
      concludeDelivered(state, nowMs, pending);
      break;
  }
}

function arrive(state: BusState, nowMs: number, message: BusMessage): void {
  message.token = 0;
  trace(state, nowMs, "accepted", message);
  enter(state, nowMs, message, On.flushed);
  for (const place of message.targets.keys()) endDoomed(state, nowMs, message, place);
}

function runAgain(state: BusState, nowMs: number, token: number, pending: Pending & { kind: "redrive" }): void {
  const { message, place, kept } = pending;
  if (message.token === token) message.token = 0;
  const { receiver, run } = kept.letter;
  trace(state, nowMs, "redriven", message, { receiver, run: run + 1 });
  if (place === -1) enter(state, nowMs, message, On.flushed);
  else lineUp(state, message, message.targets[place], ~message.progress[place], On.flushed);
  for (const at of message.targets.keys()) if (place === -1 || place === at) endDoomed(state, nowMs, message, at);
}

/** What was to end while it was being written ends now. */
function endDoomed(state: BusState, nowMs: number, message: BusMessage, place: number): void {
  if (state.doomed.size === 0) return;
  const slot = ~message.progress[place];
  const outcome = state.doomed.get(slot);
  if (outcome === undefined) return;
  state.doomed.delete(slot);
  end(state, nowMs, slot, outcome, outcome);
}

function conclude(state: BusState, nowMs: number, pending: Pending & { kind: "outcome" }): void {
  const { message, slot, outcome, reason, receipt, letter } = pending;
  if (letter !== undefined) letter.settled = true;
  settled(state, nowMs, message, slot, outcome, reason);
  if (receipt !== undefined) arrive(state, nowMs, receipt);
}

function concludeDelivered(state: BusState, nowMs: number, { messages, slots }: DeliveredWrite): void {
  for (let i = 0; i < slots.length; i++) settled(state, nowMs, messages[i], slots[i], "delivered", "");
}

function refuse(state: BusState, nowMs: number, message: BusMessage): void {
  trace(state, nowMs, "refused", message, { reason: "not-durable" });
  drop(state, message);
}

function isStoring(state: BusState, message: BusMessage, slot: number): boolean {
  return message.index !== -1 && state.deliveries.message[slot] === message.index &&
    state.deliveries.stateOf(slot) === State.storing;
}

function wait(state: BusState, nowMs: number, pending: Pending & { kind: "retry-state" }, stored: boolean): void {
  const { message, slot, waitMs } = pending;
  const { deliveries } = state;
  const place = deliveries.place[slot];
  const about = {
    receiver: message.targets[place].name,
    run: runOf(message, place),
    attempt: deliveries.attemptsOf(slot),
  };
  if (stored) trace(state, nowMs, "stored", message, about);
  deliveries.setState(slot, step(State.storing, On.flushed, message.rank === 3));
  trace(state, nowMs, "waiting", message, { ...about, delayMs: waitMs });
  // A flush that took longer than the backoff leaves nothing to wait for.
  if (!state.backoffs.has(slot)) rejoin(state, slot, On.due);
}
