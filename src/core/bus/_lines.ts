import { type BusMessage, runOf } from "./message.ts";
import { type BusState, list, plan, trace } from "./_state.ts";
import { createTarget, type Target } from "./target.ts";
import { On, State, step } from "./transitions.ts";

/** Lets all deliveries of a message line up, or wait for its time: on acceptance, or when it is on disk. */
export function enter(state: BusState, nowMs: number, message: BusMessage, event: number): void {
  const { targets, progress } = message;
  const delayMs = message.notBeforeMs - nowMs;
  if (delayMs > 0 && message.runs === undefined && targets.length > 0) {
    trace(state, nowMs, "delayed", message, { delayMs });
  }
  for (let place = 0; place < targets.length; place++) {
    if (progress[place] < 0 && state.deliveries.stateOf(~progress[place]) <= State.flushing) {
      // Another run is asked for now, whatever was asked for the first.
      if (delayMs > 0 && runOf(message, place) === 1) hold(state, message, ~progress[place]);
      else lineUp(state, message, targets[place], ~progress[place], event);
    }
  }
}

/** Keeps one delivery until the time of its message: it takes no place in a line or a lane before. */
export function hold(state: BusState, message: BusMessage, slot: number): void {
  const { deliveries, backoffs } = state;
  deliveries.setState(slot, step(deliveries.stateOf(slot), On.delay, message.rank === 3));
  plan(state, backoffs, slot, message.notBeforeMs);
  message.targets[deliveries.place[slot]].delayed++;
}

/** The time of a message has come: the delivery lines up as if it had been accepted now. */
export function release(state: BusState, slot: number): void {
  const message = state.messages[state.deliveries.message[slot]]!;
  const target = message.targets[state.deliveries.place[slot]];
  target.delayed--;
  lineUp(state, message, target, slot, On.due);
}

/** Lets one delivery line up, behind the head of its lane if there is one. */
export function lineUp(state: BusState, message: BusMessage, target: Target, slot: number, event: number): void {
  const { deliveries } = state;
  const durable = message.rank === 3;
  if (message.lane !== undefined) {
    if (!target.lanes.enter(message.lane, slot)) {
      deliveries.setState(slot, step(deliveries.stateOf(slot), On.follow, durable));
      return;
    }
    deliveries.setHoldsLane(slot);
  }
  deliveries.setState(slot, step(deliveries.stateOf(slot), event, durable));
  target.queue.push(slot, message.rank);
  if (!target.listed) list(state, target);
}

/** Lets a delivery that holds its lane join its class's tail again. */
export function rejoin(state: BusState, slot: number, event: number): void {
  const { deliveries } = state;
  const message = state.messages[deliveries.message[slot]]!;
  const target = message.targets[deliveries.place[slot]];
  deliveries.setState(slot, step(deliveries.stateOf(slot), event, message.rank === 3));
  target.queue.push(slot, message.rank);
  if (!target.listed) list(state, target);
}

/** The head of a lane has ended: the next one lines up. */
export function releaseLane(state: BusState, target: Target, lane: string): void {
  const next = target.lanes.release(lane);
  if (next === -1) return;
  state.deliveries.setHoldsLane(next);
  rejoin(state, next, On.laneFree);
}

/** The target of that name, made if there is none yet. */
export function targetOf(state: BusState, name: string): Target {
  let target = state.targets.get(name);
  if (target === undefined) {
    const free = state.freeTargets.shift();
    const number = free === -1 ? state.targetList.length : free;
    target = createTarget(name, number, state.options.maxInFlight);
    state.targetList[number] = target;
    state.targets.set(name, target);
  }
  return target;
}

/** Lets go of the target of a service that has deregistered, once nothing is under way to it. */
export function retire(state: BusState, target: Target): void {
  target.gone = true;
  state.lastReceivers = undefined;
  if (target.unfinished > 0 || state.targets.get(target.name) !== target) return;
  state.targets.delete(target.name);
  state.targetList[target.number] = undefined;
  // One that still stands in the round gives its number back when its turn comes.
  if (!target.listed) state.freeTargets.push(target.number);
}

/** The targets of a frozen receiver set; the same set gives the same array. */
export function targetsOf(state: BusState, receivers: readonly string[]): readonly Target[] {
  if (receivers !== state.lastReceivers) {
    state.lastTargets = receivers.map((name) => calledTarget(state, name));
    state.lastReceivers = receivers;
  }
  return state.lastTargets;
}

/** The target of a service that is registered now, whatever it was before. */
export function calledTarget(state: BusState, name: string): Target {
  const target = targetOf(state, name);
  target.gone = false;
  return target;
}
