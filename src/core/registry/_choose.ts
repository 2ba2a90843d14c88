/**
 * Choosing an instance, without allocating while nothing is wrong.
 *
 * Healthy instances stand before unhealthy ones without exception: while one is healthy, an unhealthy one gets nothing,
 * even if every healthy one has an open breaker. A suspect is chosen like any other; only its health speaks against it.
 * One that has used up the rate it granted stands behind those that have not, the one that failed last included: while
 * one may be called now, nothing waits for another's minute.
 */
import { breakerAllows, breakerNextMs, type BreakerState } from "../retry/breaker.ts";
import type { InstanceState, ServiceState } from "./_state.ts";
import { nextPassMs } from "./rate_gate.ts";
import { type Choice, type ChoiceStrategy, NO_INSTANCE } from "./choice.ts";

/** Chooses for a delivery; `u` in [0, 1) is the one draw that it costs. */
export function chooseInstance(
  service: ServiceState,
  nowMs: number,
  strategy: ChoiceStrategy,
  u: number,
  avoid: string | undefined,
): Choice {
  const { instances } = service;
  const count = instances.length;
  if (count === 0) return NO_INSTANCE;
  if (count === 1) return answer(instances[0], nowMs);
  const avoided = avoid === undefined ? undefined : service.byId.get(avoid);
  if (service.impaired > 0) return chooseAmong(service, nowMs, strategy, u, avoided);

  const skip = avoided === undefined ? count : avoided.at;
  const last = avoided === undefined ? count : count - 1;
  if (strategy === "round-robin") {
    const next = (service.cursor + 1) % count;
    service.cursor = next === skip ? (next + 1) % count : next;
    return instances[service.cursor].chosen;
  }
  let first = firstOf(u, last);
  let second = secondOf(u, last, first);
  if (first >= skip) first++;
  if (second >= skip) second++;
  return fewer(instances[first], instances[second]).chosen;
}

/** The instance itself, or when its breaker lets a probe through. */
export function answer(instance: InstanceState, nowMs: number): Choice {
  if (breakerAllows(instance.breaker, nowMs)) return instance.chosen;
  return { kind: "deferred", deferUntilMs: probeAtMs(instance.breaker, nowMs) };
}

/** When to ask a refusing breaker again; nobody knows when a probe under way will answer. */
function probeAtMs(breaker: BreakerState, nowMs: number): number {
  return breakerNextMs(breaker) ?? nowMs + PROBE_WAIT_MS;
}

const PROBE_WAIT_MS = 1_000;

function chooseAmong(
  service: ServiceState,
  nowMs: number,
  strategy: ChoiceStrategy,
  u: number,
  avoided: InstanceState | undefined,
): Choice {
  const { instances } = service;
  const healthy = service.healthy > 0;
  if (strategy === "round-robin") {
    for (let step = 1; step <= instances.length; step++) {
      const at = (service.cursor + step) % instances.length;
      if (!isCandidate(instances[at], healthy, nowMs, avoided)) continue;
      service.cursor = at;
      return instances[at].chosen;
    }
  }
  let candidates = 0;
  let deferUntilMs = Infinity;
  let soonest: InstanceState | undefined;
  let soonestMs = Infinity;
  for (const instance of instances) {
    if (instance.health.healthy !== healthy) continue;
    if (!breakerAllows(instance.breaker, nowMs)) {
      deferUntilMs = Math.min(deferUntilMs, probeAtMs(instance.breaker, nowMs));
    } else if (instance !== avoided && isFree(instance, nowMs)) candidates++;
    else if (passMs(instance, nowMs) < soonestMs) {
      soonest = instance;
      soonestMs = passMs(instance, nowMs);
    }
  }
  // The one to avoid, if it may begin now; or, for whoever counts by the rate, the one that may begin next.
  if (candidates === 0) return soonest?.chosen ?? { kind: "deferred", deferUntilMs };
  // The candidates are counted off anew: a list of them would have to be allocated.
  let toFirst = firstOf(u, candidates);
  let toSecond = secondOf(u, candidates, toFirst);
  let first = instances[0];
  let second = instances[0];
  for (const instance of instances) {
    if (!isCandidate(instance, healthy, nowMs, avoided)) continue;
    if (toFirst-- === 0) first = instance;
    if (toSecond-- === 0) second = instance;
    if (toFirst < 0 && toSecond < 0) break;
  }
  return fewer(first, second).chosen;
}

function isCandidate(
  instance: InstanceState,
  healthy: boolean,
  nowMs: number,
  avoided: InstanceState | undefined,
): boolean {
  return instance !== avoided && instance.health.healthy === healthy && breakerAllows(instance.breaker, nowMs) &&
    isFree(instance, nowMs);
}

function isFree(instance: InstanceState, nowMs: number): boolean {
  return passMs(instance, nowMs) <= nowMs;
}

/** When it may begin a delivery by the rate that it granted. */
function passMs({ rate }: InstanceState, nowMs: number): number {
  return rate === undefined ? nowMs : nextPassMs(rate, nowMs);
}

function fewer(a: InstanceState, b: InstanceState): InstanceState {
  return b.inFlight < a.inFlight ? b : a;
}

/** Both places come from one draw: its whole part over `count`, then what is left over the other places. */
function firstOf(u: number, count: number): number {
  return u >= 0 && u < 1 ? Math.min(count - 1, Math.floor(u * count)) : 0;
}

function secondOf(u: number, count: number, first: number): number {
  if (count < 2) return first;
  const left = u >= 0 && u < 1 ? u * count - first : 0;
  const other = Math.min(count - 2, Math.floor(left * (count - 1)));
  return other >= first ? other + 1 : other;
}
