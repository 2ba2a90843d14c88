/**
 * An attempt has an answer: from the transport, on to `end.ts`, or back into the line after a backoff.
 *
 * @module
 */
import { backoffDelay, retryAllowed, withRetryAfter } from "../retry/backoff.ts";
import { end } from "./end.ts";
import type { Flight } from "./flight.ts";
import { rejoin } from "./_lines.ts";
import { deliveryKey, type DeliveryRecord, writeRecord } from "./record.ts";
import { type BusState, list, plan, priorityOf, trace, write } from "./_state.ts";
import { placeOf } from "./take.ts";
import { On, State, step } from "./transitions.ts";

/** A receiver's answer to an attempt. */
export type Settlement =
  | { readonly verdict: "ack" }
  /** Try again, not before `delayMs` if it is given. */
  | { readonly verdict: "nak"; readonly reason: string; readonly delayMs?: number | undefined }
  /** Never again. */
  | { readonly verdict: "term"; readonly reason: string };

/**
 * Settles an attempt.
 *
 * @returns whether the lease was still held; if not, nothing happens: the attempt has been counted as failed
 */
export function settle(state: BusState, nowMs: number, lease: number, verdict: Settlement): boolean {
  const flight = flightOf(state, lease);
  if (flight === undefined) return false;
  land(state, flight);
  if (state.tracing && flight.instance === undefined) {
    trace(state, nowMs, beginning(flight), flight.message, about(flight));
  }
  if (verdict.verdict === "ack") {
    if (state.tracing) trace(state, nowMs, "delivered", flight.message, about(flight));
    end(state, nowMs, flight.slot, "delivered", "");
    if (flight.doom === "cancelled" && flight.message.rank === 3) forgetCancelled(state, flight);
  } else {
    fail(state, nowMs, flight, verdict);
  }
  list(state, flight.target);
  return true;
}

/** The receiver is still at it: the lease now ends `leaseMs` from now. @returns whether it was held */
export function extend(state: BusState, nowMs: number, lease: number, leaseMs: number): boolean {
  if (flightOf(state, lease) === undefined) return false;
  plan(state, state.leases, placeOf(lease), nowMs + leaseMs);
  return true;
}

/**
 * The attempt cannot be made now (breaker open, rate used up): it costs nothing and comes back at `untilMs`.
 *
 * @returns whether the lease was held
 */
export function defer(state: BusState, nowMs: number, lease: number, untilMs: number, reason: string): boolean {
  const flight = flightOf(state, lease);
  if (flight === undefined) return false;
  land(state, flight);
  const { slot, message } = flight;
  const { deliveries } = state;
  deliveries.setAttempts(slot, flight.attempt - 1);
  if (flight.doom !== undefined) {
    end(state, nowMs, slot, flight.doom, flight.doom);
  } else {
    deliveries.setState(slot, step(deliveries.stateOf(slot), On.defer, message.rank === 3));
    plan(state, state.backoffs, slot, untilMs);
    trace(state, nowMs, "deferred", message, { ...about(flight), reason, delayMs: untilMs - nowMs });
  }
  list(state, flight.target);
  return true;
}

/** The attempt under way that a lease names, if it is still held. */
export function flightOf(state: BusState, lease: number): Flight | undefined {
  const flight = state.flights[placeOf(lease)];
  return flight?.lease === lease ? flight : undefined;
}

function land(state: BusState, flight: Flight): void {
  const place = placeOf(flight.lease);
  state.flights[place] = undefined;
  state.freeFlights.push(place);
  state.leases.cancel(place);
  state.flightCount--;
  flight.target.inFlight--;
}

function fail(state: BusState, nowMs: number, flight: Flight, verdict: Exclude<Settlement, { verdict: "ack" }>): void {
  const { message, slot, attempt } = flight;
  const { deliveries, history } = state;
  const { reason } = verdict;
  deliveries.history[slot] = history.append(
    deliveries.history[slot],
    nowMs - message.acceptedMs,
    reason,
    flight.instance,
  );
  if (state.tracing) trace(state, nowMs, "failed", message, { ...about(flight), reason });
  if (flight.doom !== undefined) return end(state, nowMs, slot, flight.doom, flight.doom);
  if (verdict.verdict === "term") return end(state, nowMs, slot, "rejected", reason);

  const policy = state.options.policies[priorityOf(message)];
  if (!retryAllowed(policy, attempt)) return end(state, nowMs, slot, "exhausted", reason);
  if (message.givesUpMs <= nowMs) return end(state, nowMs, slot, "exhausted", "max-elapsed");
  const computedMs = backoffDelay(policy, attempt, state.options.random);
  const waitMs = verdict.delayMs === undefined ? computedMs : withRetryAfter(computedMs, verdict.delayMs);
  if (waitMs === 0) return rejoin(state, slot, On.retryNow);

  const dueMs = nowMs + waitMs;
  const next = step(State.inFlight, On.retryLater, message.rank === 3);
  deliveries.setState(slot, next);
  plan(state, state.backoffs, slot, dueMs);
  if (next === State.storing) storeRetryState(state, flight, dueMs, waitMs);
  else trace(state, nowMs, "waiting", message, { ...about(flight), delayMs: waitMs });
}

/** Lets a cancellation outlive the process while the attempt under way may still be acknowledged. */
export function storeCancelled(state: BusState, nowMs: number, flight: Flight): void {
  const { message, slot, attempt, run } = flight;
  const history = state.history.read(state.deliveries.history[slot], message.acceptedMs, attempt - 1);
  const record: DeliveryRecord = { run, attempts: attempt, dueMs: nowMs, waitMs: 0, doom: "cancelled", history };
  const key = deliveryKey(message.sequence, flight.target.name);
  write(state, [{ keyspace: "deliveries", key, value: writeRecord(record) }], { kind: "none" });
}

/** The ack has won over the cancellation. */
function forgetCancelled(state: BusState, { message, target }: Flight): void {
  const key = deliveryKey(message.sequence, target.name);
  write(state, [{ keyspace: "deliveries", key, value: undefined }], { kind: "none" });
}

function storeRetryState(state: BusState, flight: Flight, dueMs: number, waitMs: number): void {
  const { message, slot, attempt, run } = flight;
  const record: DeliveryRecord = {
    run,
    attempts: attempt,
    dueMs,
    waitMs,
    history: state.history.read(state.deliveries.history[slot], message.acceptedMs, attempt),
  };
  const key = deliveryKey(message.sequence, flight.target.name);
  write(state, [{ keyspace: "deliveries", key, value: writeRecord(record) }], {
    kind: "retry-state",
    message,
    slot,
    waitMs,
  });
}

function about(flight: Flight): { receiver: string; run: number; attempt: number; instance?: string } {
  const { target, run, attempt, instance } = flight;
  return { receiver: target.name, run, attempt, ...(instance === undefined ? {} : { instance }) };
}

/** An attempt that never was assigned, for there was no instance, is traced when it has failed. */
function beginning(flight: Flight): "attempt" | "retry" {
  return flight.attempt === 1 ? "attempt" : "retry";
}
