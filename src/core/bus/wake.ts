/**
 * Time has passed: waits end, leases run out, messages expire. One wake-up serves them all.
 *
 * @module
 */
import { end } from "./end.ts";
import { rejoin, release } from "./_lines.ts";
import type { BusMessage } from "./message.ts";
import type { Outcome } from "./outcome.ts";
import { settle, storeCancelled } from "./settle.ts";
import { type BusState, plan, writeForgotten } from "./_state.ts";
import { On, State } from "./transitions.ts";

/** Does all that is due. Early, late and repeated calls are harmless. */
export function wake(state: BusState, nowMs: number): void {
  state.presentMs = Math.max(state.presentMs, nowMs);
  state.expiries.advance(nowMs, (index) => giveUp(state, nowMs, state.messages[index]!));
  state.leases.advance(nowMs, (place) => {
    settle(state, nowMs, state.flights[place]!.lease, { verdict: "nak", reason: "lease-expired" });
  });
  state.backoffs.advance(nowMs, (slot) => {
    // Still being written: `flush.ts` finds that its wait is over.
    const at = state.deliveries.stateOf(slot);
    if (at === State.delayed) release(state, slot);
    else if (at !== State.storing) rejoin(state, slot, On.due);
  });
  state.remembered.wake(nowMs);
  state.rememberedDurable.wake(nowMs);
  writeForgotten(state);
  state.wakeMs = state.forgotten.length > 0
    ? nowMs
    : Math.min(state.backoffs.nextMs(), state.leases.nextMs(), state.expiries.nextMs());
}

/**
 * No later than this must {@linkcode wake} be called; `Infinity` if nothing waits. It is early when what was next has been
 * called off since: asked after every message, it may not cost a look into three schedules.
 */
export function nextWakeMs(state: BusState): number {
  return Math.min(state.wakeMs, state.remembered.nextWakeMs(), state.rememberedDurable.nextWakeMs());
}

/**
 * Ends every delivery of a message that is under way. One in flight is marked instead: its ack still wins.
 *
 * @returns how many it found
 */
export function endAll(
  state: BusState,
  nowMs: number,
  message: BusMessage,
  outcome: Exclude<Outcome, "delivered">,
  reason: string,
): number {
  let found = 0;
  for (let place = 0; place < message.progress.length; place++) {
    if (message.progress[place] < 0 && endOne(state, nowMs, ~message.progress[place], outcome, reason)) found++;
  }
  return found;
}

/** Ends one delivery that is under way, as {@linkcode endAll} does. @returns whether it could */
export function endOne(
  state: BusState,
  nowMs: number,
  slot: number,
  outcome: Exclude<Outcome, "delivered">,
  reason: string,
): boolean {
  switch (state.deliveries.stateOf(slot)) {
    case State.inFlight: {
      const flight = state.flights.find((flight) => flight?.slot === slot);
      if (outcome === "exhausted") return false;
      if (flight === undefined) return false;
      if (flight.doom !== undefined) return true;
      flight.doom = outcome;
      // Of all dooms this one cannot be found out again after a restart.
      if (outcome === "cancelled" && flight.message.rank === 3) storeCancelled(state, nowMs, flight);
      return true;
    }
    case State.flushing:
      if (!state.doomed.has(slot)) state.doomed.set(slot, outcome);
      return true;
    case State.delayed:
    case State.blocked:
    case State.queued:
    case State.storing:
    case State.waiting:
    case State.deferred:
      end(state, nowMs, slot, outcome, reason);
      return true;
    default:
      return false;
  }
}

function giveUp(state: BusState, nowMs: number, message: BusMessage): void {
  if (message.expiresMs <= nowMs) endAll(state, nowMs, message, "expired", "expired");
  else if (message.givesUpMs <= nowMs) {
    endAll(state, nowMs, message, "exhausted", "max-elapsed");
    // One in flight may still succeed, or expire.
    if (message.index !== -1 && message.expiresMs !== Infinity) {
      plan(state, state.expiries, message.index, message.expiresMs);
    }
  } // The schedule cuts a wait of more than 24 days: look again.
  else plan(state, state.expiries, message.index, Math.min(message.expiresMs, message.givesUpMs));
}
