/**
 * A delivery ends: from `settle.ts`, `wake.ts` or a command; the message leaves when its last delivery has ended.
 *
 * @module
 */
import { bury } from "./_dead_letters.ts";
import { releaseLane, retire } from "./_lines.ts";
import { type BusMessage, runOf } from "./message.ts";
import { letGo } from "./_messages.ts";
import { type Outcome, packOutcome } from "./outcome.ts";
import { lastFailure, writeOutcome } from "./_outcome_write.ts";
import { acceptReceipt } from "./_receipts.ts";
import { type BusState, trace } from "./_state.ts";
import { On, State, step } from "./transitions.ts";

/**
 * Ends a delivery that is not in flight, or whose attempt has just settled.
 *
 * On disk the outcome and the receipt are written first: it has ended when `settled` hears of the flush.
 */
export function end(state: BusState, nowMs: number, slot: number, outcome: Outcome, reason: string): void {
  const { deliveries } = state;
  const message = state.messages[deliveries.message[slot]]!;
  const place = deliveries.place[slot];
  const durable = message.rank === 3;
  leaveLine(state, message, place, slot);
  deliveries.setState(
    slot,
    step(deliveries.stateOf(slot), outcome === "delivered" ? On.ack : On.end, durable),
  );
  message.undecided--;
  const letter = outcome === "delivered" ? undefined : bury(state, nowMs, message, place, slot, outcome, reason);
  if (durable) {
    writeOutcome(state, nowMs, message, place, slot, outcome, reason, letter);
    return;
  }
  if (message.replyTo !== undefined) {
    const lastReason = reason === "" ? lastFailure(state, slot) : reason;
    acceptReceipt(state, nowMs, message, place, outcome, deliveries.attemptsOf(slot), lastReason);
  }
  finish(state, nowMs, message, place, slot, outcome, reason);
}

/** The outcome of a delivery on disk has been written. */
export function settled(
  state: BusState,
  nowMs: number,
  message: BusMessage,
  slot: number,
  outcome: Outcome,
  reason: string,
): void {
  const { deliveries } = state;
  deliveries.setState(slot, step(deliveries.stateOf(slot), On.flushed, true));
  finish(state, nowMs, message, deliveries.place[slot], slot, outcome, reason);
  if (message.open === 0) state.rememberedDurable.touch(nowMs, message);
}

function finish(
  state: BusState,
  nowMs: number,
  message: BusMessage,
  place: number,
  slot: number,
  outcome: Outcome,
  reason: string,
): void {
  const { deliveries } = state;
  const target = message.targets[place];
  const attempts = deliveries.attemptsOf(slot);
  const heldLane = deliveries.holdsLane(slot);
  message.progress[place] = packOutcome(outcome, attempts);
  message.open--;
  target.unfinished--;
  if (deliveries.history[slot] !== -1) state.history.drop(deliveries.history[slot]);
  deliveries.release(slot);
  if (state.tracing) {
    trace(state, nowMs, "ended", message, {
      receiver: target.name,
      run: runOf(message, place),
      attempt: attempts,
      outcome,
      ...(reason === "" ? {} : { reason }),
    });
  }
  if (message.watched) state.effects.push({ kind: "ended", message, receiver: target.name, outcome });
  if (heldLane) releaseLane(state, target, message.lane!);
  if (target.gone) retire(state, target);
  if (message.open === 0) letGo(state, message);
}

function leaveLine(state: BusState, message: BusMessage, place: number, slot: number): void {
  const target = message.targets[place];
  switch (state.deliveries.stateOf(slot)) {
    case State.queued:
      target.queue.remove(slot, message.rank);
      break;
    case State.blocked:
      target.lanes.drop(message.lane!, slot);
      break;
    case State.delayed:
      target.delayed--;
      state.backoffs.cancel(slot);
      break;
    case State.storing:
    case State.waiting:
    case State.deferred:
      state.backoffs.cancel(slot);
      break;
  }
}
