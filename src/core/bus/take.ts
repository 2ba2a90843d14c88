/**
 * A delivery is taken to be tried: from `accept.ts` (or a wait that is over) to the transport; `settle.ts` hears of it.
 *
 * @module
 */
import { end } from "./end.ts";
import type { Flight } from "./flight.ts";
import { runOf } from "./message.ts";
import { type BusState, list, plan, trace } from "./_state.ts";
import type { Target } from "./target.ts";
import { On, step } from "./transitions.ts";

/**
 * Takes the next delivery that may be tried, by the round of its target, targets in turn.
 *
 * @param leaseMs milliseconds until the attempt counts as failed if nobody settles it; `Infinity` for one that is
 * settled, or extended to an end, before anything else happens
 * @param receiver take from this target alone
 * @returns `undefined` if nothing may be tried now
 */
export function take(state: BusState, nowMs: number, leaseMs: number, receiver?: string): Flight | undefined {
  if (state.draining) return undefined;
  if (receiver !== undefined) {
    const target = state.targets.get(receiver);
    return target === undefined ? undefined : takeFrom(state, nowMs, leaseMs, target);
  }
  for (let number = state.turn.shift(); number !== -1; number = state.turn.shift()) {
    const target = state.targetList[number];
    if (target === undefined) {
      state.freeTargets.push(number);
      continue;
    }
    target.listed = false;
    if (target.held) continue;
    const flight = takeFrom(state, nowMs, leaseMs, target);
    list(state, target);
    if (flight !== undefined) return flight;
  }
  return undefined;
}

function takeFrom(state: BusState, nowMs: number, leaseMs: number, target: Target): Flight | undefined {
  while (target.inFlight < target.maxInFlight) {
    const slot = target.queue.pop();
    if (slot === -1) return undefined;
    const message = state.messages[state.deliveries.message[slot]]!;
    if (message.expiresMs <= nowMs) end(state, nowMs, slot, "expired", "expired");
    else if (message.givesUpMs <= nowMs) end(state, nowMs, slot, "exhausted", "max-elapsed");
    else return begin(state, nowMs, leaseMs, target, slot);
  }
  return undefined;
}

function begin(state: BusState, nowMs: number, leaseMs: number, target: Target, slot: number): Flight {
  const { deliveries, freeFlights } = state;
  const message = state.messages[deliveries.message[slot]]!;
  const attempt = deliveries.attemptsOf(slot) + 1;
  deliveries.setState(slot, step(deliveries.stateOf(slot), On.take, message.rank === 3));
  deliveries.setAttempts(slot, attempt);
  target.inFlight++;
  const free = freeFlights.shift();
  const place = free === -1 ? state.flights.length : free;
  const flight: Flight = {
    lease: ++state.leaseCount * FLIGHT_PLACES + place,
    envelope: message.envelope!,
    message,
    target,
    attempt,
    run: runOf(message, deliveries.place[slot]),
    startedMs: nowMs,
    instance: undefined,
    avoid: attempt === 1 ? undefined : state.history.last(deliveries.history[slot])?.instance || undefined,
    slot,
    doom: undefined,
  };
  state.flights[place] = flight;
  state.flightCount++;
  if (leaseMs !== Infinity) plan(state, state.leases, place, nowMs + leaseMs);
  return flight;
}

/** The attempt is about to be made, at this instance. */
export function assign(state: BusState, nowMs: number, flight: Flight, instance: string): void {
  flight.instance = instance;
  if (!state.tracing) return;
  const { message, target, run, attempt } = flight;
  trace(state, nowMs, attempt === 1 ? "attempt" : "retry", message, { receiver: target.name, run, attempt, instance });
}

/** Leases name a place among the flights and a turn at it: 2^20 places, 2^33 turns. */
const FLIGHT_PLACES = 1_048_576;

/** The place that a lease names. */
export function placeOf(lease: number): number {
  return lease & (FLIGHT_PLACES - 1);
}
