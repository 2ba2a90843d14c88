/** The registry's state, and the few steps from which every change of it is made. */
import { type BreakerSettings, type BreakerState, CLOSED_BREAKER } from "../retry/breaker.ts";
import { createReceivers, type Receivers, type Subscriber } from "./_receivers.ts";
import { createTimers, type Timer, timer, type Timers } from "./_timers.ts";
import type { Chosen } from "./choice.ts";
import type { RegistryEvent, RegistryEventKind } from "./event.ts";
import { type Health, type HealthThresholds, HEALTHY } from "./health.ts";
import type { Lease } from "./_lease.ts";
import type { ResolvedRegistryOptions } from "./options.ts";
import { openRateGate, type RateGate } from "./rate_gate.ts";
import { instanceKey, type InstanceRecord, type RegistryRecord, serviceKey, type ServiceRecord } from "./record.ts";

/** What the newest registration of a service says of the whole service. */
export interface ServiceSettings {
  /** The version of the newest registration. */
  readonly version: string;
  /** The patterns of the newest registration. */
  readonly subscriptions: readonly string[];
  /** Whether the service ends with its last lease. */
  readonly ephemeral: boolean;
  /** Whether the service takes receipts of what it publishes. */
  readonly receipts: boolean;
  /** Absent for the gateway's default. */
  readonly maxInFlight?: number;
  /** Absent where instances are called. */
  readonly delivery?: "pull";
}

/** What a choice looks at comes first: in one place of memory with the object itself, it takes one way there. */
export class ServiceState implements Subscriber {
  readonly instances: InstanceState[] = [];
  /** How many are unhealthy or have an open breaker: while none is, a choice need not look at each. */
  impaired = 0;
  /** Place of the instance chosen last, for round robin. */
  cursor = -1;
  readonly kind = "service";
  readonly name: string;
  readonly order: number;
  readonly registeredMs: number;
  settings: ServiceSettings;
  readonly byId: Map<string, InstanceState> = new Map();
  /** How many instances are healthy. */
  healthy = 0;
  /** When it ends for want of instances; -1 while it has one. */
  endMs = -1;
  /** When the last lease of those that left ended; -1 while none has. */
  lastLeaseMs = -1;
  readonly timer: Timer<InstanceState | ServiceState> = timer(this);

  constructor(name: string, order: number, registeredMs: number, settings: ServiceSettings) {
    this.name = name;
    this.order = order;
    this.registeredMs = registeredMs;
    this.settings = settings;
  }
}

/** What a choice looks at comes first, as in {@linkcode ServiceState}. */
export class InstanceState implements Lease {
  inFlight = 0;
  chosen: Chosen;
  breaker: BreakerState = CLOSED_BREAKER;
  health: Health = HEALTHY;
  /** What its endpoint granted; `undefined` = any number of deliveries. */
  rate: RateGate | undefined = undefined;
  readonly kind = "instance";
  readonly id: string;
  readonly service: ServiceState;
  /** Place in the service's list. */
  at: number;
  version = "";
  /** Where below the endpoint its health is asked. */
  healthPath = "";
  /** SHA-256 of the lease token; the token itself is not kept. */
  leaseSha256 = "";
  registeredMs = 0;
  leaseMs = 0;
  leaseEndMs = 0;
  suspectSinceMs = -1;
  /** When the check that is under way began; -1 while none is. */
  checkSinceMs = -1;
  countedHealthy = false;
  countedImpaired = false;
  readonly timer: Timer<InstanceState | ServiceState> = timer(this);
  readonly check: Timer<InstanceState> = timer(this);

  constructor(id: string, service: ServiceState, at: number, chosen: Chosen) {
    this.id = id;
    this.service = service;
    this.at = at;
    this.chosen = chosen;
  }
}

export interface RegistryState {
  readonly options: ResolvedRegistryOptions;
  readonly thresholds: HealthThresholds;
  readonly breaker: BreakerSettings;
  readonly services: Map<string, ServiceState>;
  /** By the SHA-256 of their tokens. */
  readonly leases: Map<string, InstanceState>;
  readonly receivers: Receivers;
  /** Leases and ends of services. A timer may stand before its owner's due time, never after: renewals do not move it. */
  readonly timers: Timers<InstanceState | ServiceState>;
  readonly checks: Timers<InstanceState>;
  events: RegistryEvent[];
  writes: Map<string, RegistryRecord | undefined>;
  nextOrder: number;
  /** What `find` found last: a delivery asks for the same instance four times. */
  lastFound: InstanceState | undefined;
}

export function emptyState(options: ResolvedRegistryOptions): RegistryState {
  return {
    options,
    thresholds: { failures: options.healthFailures, passes: options.healthPasses },
    breaker: { threshold: options.breakerFailures, openMs: options.breakerOpenMs },
    services: new Map(),
    leases: new Map(),
    receivers: createReceivers(options.receiverCacheSize),
    timers: createTimers(),
    checks: createTimers(),
    events: [],
    writes: new Map(),
    nextOrder: 1,
    lastFound: undefined,
  };
}

/** Queues an event; one that nobody's correctness hangs on is dropped while nobody takes any. */
export function emit(
  state: RegistryState,
  kind: RegistryEventKind,
  atMs: number,
  service: string,
  instance: string | undefined,
  reason: string,
): void {
  const binding = kind === "removed" || kind === "deregistered" || kind === "service-gone";
  if (!binding && state.events.length >= state.options.maxQueued) return;
  state.events.push(
    instance === undefined ? { kind, atMs, service, reason } : { kind, atMs, service, instance, reason },
  );
}

/** Whether events and writes are taken so slowly that nothing more may be queued. */
export function isClogged(state: RegistryState): boolean {
  return state.events.length >= state.options.maxQueued || state.writes.size >= state.options.maxQueued;
}

export function find(state: RegistryState, service: string, instance: string): InstanceState | undefined {
  const last = state.lastFound;
  if (last !== undefined && last.id === instance && last.service.name === service) return last;
  return state.lastFound = state.services.get(service)?.byId.get(instance);
}

export function addService(
  state: RegistryState,
  name: string,
  order: number,
  registeredMs: number,
  settings: ServiceSettings,
): ServiceState {
  const service = new ServiceState(name, order, registeredMs, settings);
  state.services.set(name, service);
  if (order >= state.nextOrder) state.nextOrder = order + 1;
  state.receivers.subscribe(service, settings.subscriptions);
  return service;
}

export interface InstanceFacts {
  readonly version: string;
  readonly endpoint: string;
  readonly health: string;
  readonly leaseMs: number;
  readonly leaseSha256: string;
  readonly registeredMs: number;
  readonly ratePerMinute?: number;
}

/** Adds an instance, or gives the one with this id new facts; its deliveries in flight stay counted. */
export function putInstance(
  state: RegistryState,
  service: ServiceState,
  id: string,
  facts: InstanceFacts,
  leaseEndMs: number,
  suspectSinceMs: number,
): InstanceState {
  const chosen: Chosen = Object.freeze({ kind: "chosen", instance: id, endpoint: facts.endpoint });
  let instance = service.byId.get(id);
  if (instance === undefined) {
    instance = new InstanceState(id, service, service.instances.length, chosen);
    service.instances.push(instance);
    service.byId.set(id, instance);
  } else {
    state.leases.delete(instance.leaseSha256);
    instance.chosen = chosen;
    instance.health = HEALTHY;
    instance.breaker = CLOSED_BREAKER;
  }
  instance.version = facts.version;
  instance.healthPath = facts.health;
  instance.leaseSha256 = facts.leaseSha256;
  instance.registeredMs = facts.registeredMs;
  instance.leaseMs = facts.leaseMs;
  // Who registers again with the same rate has not thereby got another burst.
  if (instance.rate?.ratePerMinute !== facts.ratePerMinute) {
    instance.rate = facts.ratePerMinute === undefined ? undefined : openRateGate(facts.ratePerMinute);
  }
  instance.leaseEndMs = leaseEndMs;
  instance.suspectSinceMs = suspectSinceMs;
  state.leases.set(facts.leaseSha256, instance);
  reassess(instance);
  service.endMs = -1;
  state.timers.clear(service.timer);
  return instance;
}

/**
 * Takes an instance out; the service's own fate is decided by {@linkcode settleService}.
 *
 * @param endedMs when its lease ended
 */
export function dropInstance(state: RegistryState, instance: InstanceState, endedMs: number): void {
  const { service } = instance;
  service.lastLeaseMs = Math.max(service.lastLeaseMs, endedMs);
  state.timers.clear(instance.timer);
  state.checks.clear(instance.check);
  state.leases.delete(instance.leaseSha256);
  service.byId.delete(instance.id);
  state.lastFound = undefined;
  const last = service.instances.pop()!;
  if (last !== instance) {
    service.instances[instance.at] = last;
    last.at = instance.at;
  }
  if (instance.countedHealthy) service.healthy--;
  if (instance.countedImpaired) service.impaired--;
  write(state, instanceKey(service.name, instance.id), undefined);
}

/** Ends a service without instances if it is ephemeral, else sets its end; whether it ended. */
export function settleService(state: RegistryState, service: ServiceState, nowMs: number): boolean {
  if (service.instances.length > 0) return false;
  if (service.settings.ephemeral) {
    endService(state, service, nowMs, "ephemeral");
    return true;
  }
  const { lastLeaseMs } = service;
  service.endMs = (lastLeaseMs < 0 || lastLeaseMs > nowMs ? nowMs : lastLeaseMs) + state.options.subscriptionTtlMs;
  state.timers.set(service.timer, service.endMs);
  writeService(state, service);
  return false;
}

/** Ends a service with all its instances. Its own record goes first: what a crash leaves of the others is swept at restore. */
export function endService(state: RegistryState, service: ServiceState, nowMs: number, reason: string): void {
  write(state, serviceKey(service.name), undefined);
  while (service.instances.length > 0) {
    const instance = service.instances[service.instances.length - 1];
    dropInstance(state, instance, nowMs);
    emit(state, "removed", nowMs, service.name, instance.id, "service-gone");
  }
  state.timers.clear(service.timer);
  state.services.delete(service.name);
  state.receivers.unsubscribe(service, service.settings.subscriptions);
  emit(state, "service-gone", nowMs, service.name, undefined, reason);
}

/** Counts the instance anew after its health or breaker changed. */
export function reassess(instance: InstanceState): void {
  const { service } = instance;
  const healthy = instance.health.healthy;
  const impaired = !healthy || instance.breaker.openUntilMs !== null || instance.rate !== undefined;
  if (healthy !== instance.countedHealthy) service.healthy += healthy ? 1 : -1;
  if (impaired !== instance.countedImpaired) service.impaired += impaired ? 1 : -1;
  instance.countedHealthy = healthy;
  instance.countedImpaired = impaired;
}

export function writeService(state: RegistryState, service: ServiceState): void {
  const { settings } = service;
  const record: ServiceRecord = {
    v: 1,
    kind: "service",
    name: service.name,
    version: settings.version,
    subscriptions: settings.subscriptions,
    ephemeral: settings.ephemeral,
    receipts: settings.receipts,
    ...(settings.maxInFlight === undefined ? {} : { maxInFlight: settings.maxInFlight }),
    ...(settings.delivery === undefined ? {} : { delivery: settings.delivery }),
    order: service.order,
    registeredMs: service.registeredMs,
    ...(service.endMs < 0 ? {} : { endMs: service.endMs }),
  };
  write(state, serviceKey(service.name), record);
}

export function writeInstance(state: RegistryState, instance: InstanceState): void {
  const record: InstanceRecord = {
    v: 1,
    kind: "instance",
    service: instance.service.name,
    instance: instance.id,
    version: instance.version,
    endpoint: instance.chosen.endpoint,
    health: instance.healthPath,
    leaseMs: instance.leaseMs,
    leaseSha256: instance.leaseSha256,
    registeredMs: instance.registeredMs,
    ...(instance.rate === undefined ? {} : { ratePerMinute: instance.rate.ratePerMinute }),
  };
  write(state, instanceKey(record.service, record.instance), record);
}

/** Queues a write; of several to one key the last stands, at its own place in the order. */
export function write(state: RegistryState, key: string, record: RegistryRecord | undefined): void {
  state.writes.delete(key);
  state.writes.set(key, record);
}
