/**
 * The store has answered: from `adapters/stores`, by way of the engine; a CRITICAL lines up, waits or ends from here.
 *
 * @module
 */
import { settled } from "./end.ts";
import { enter, rejoin } from "./_lines.ts";
import { deliveryId } from "./delivery_id.ts";
import type { BusMessage } from "./message.ts";
import { drop } from "./_messages.ts";
import { undoRedrive } from "./redrive.ts";
import { charge } from "./_quota.ts";
import { type BusState, trace } from "./_state.ts";
import { On, State, step } from "./transitions.ts";

/** The write of that token is as durable as the store makes it. */
export function flushed(state: BusState, nowMs: number, token: number): void {
  const pending = state.pending.get(token);
  if (pending === undefined) return;
  state.pending.delete(token);
  switch (pending.kind) {
    case "accept":
      arrive(state, nowMs, pending.message);
      if (pending.receipt !== undefined) arrive(state, nowMs, pending.receipt);
      break;
    case "redrive":
      arrive(state, nowMs, pending.message);
      break;
    case "retry-state": {
      if (!isStoring(state, pending.message, pending.slot)) break;
      const { message, slot, waitMs } = pending;
      const place = state.deliveries.place[slot];
      const about = { receiver: message.targets[place].name, attempt: state.deliveries.attemptsOf(slot) };
      trace(state, nowMs, "stored", message, about);
      wait(state, message, slot);
      trace(state, nowMs, "waiting", message, { ...about, delayMs: waitMs });
      break;
    }
    case "outcome":
      settled(state, nowMs, pending.message, pending.slot, pending.outcome, pending.reason);
      if (pending.receipt !== undefined) arrive(state, nowMs, pending.receipt);
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
      refuse(state, nowMs, pending.message);
      if (pending.receipt !== undefined) refuse(state, nowMs, pending.receipt);
      break;
    case "redrive":
      undoRedrive(state, nowMs, pending.message, pending.kept, pending.replaced);
      break;
    case "retry-state":
      if (isStoring(state, pending.message, pending.slot)) wait(state, pending.message, pending.slot);
      break;
    case "outcome":
      settled(state, nowMs, pending.message, pending.slot, pending.outcome, pending.reason);
      if (pending.receipt !== undefined) arrive(state, nowMs, pending.receipt);
      break;
  }
}

function arrive(state: BusState, nowMs: number, message: BusMessage): void {
  message.token = 0;
  if (message.runs === undefined) trace(state, nowMs, "accepted", message);
  enter(state, message, On.flushed);
}

function refuse(state: BusState, nowMs: number, message: BusMessage): void {
  trace(state, nowMs, "refused", message, { reason: "not-durable" });
  const unsubscribed = deliveryId(message.source, message.id, "", 1);
  const kept = state.deadLetters.get(unsubscribed);
  if (kept !== undefined) {
    charge(state, kept.principal, -kept.bytes);
    state.deadLetters.delete(unsubscribed);
  }
  drop(state, message);
}

function isStoring(state: BusState, message: BusMessage, slot: number): boolean {
  return message.index !== -1 && state.deliveries.message[slot] === message.index &&
    state.deliveries.stateOf(slot) === State.storing;
}

function wait(state: BusState, message: BusMessage, slot: number): void {
  state.deliveries.setState(slot, step(State.storing, On.flushed, message.rank === 3));
  // A flush that took longer than the backoff leaves nothing to wait for.
  if (!state.backoffs.has(slot)) rejoin(state, slot, On.due);
}
