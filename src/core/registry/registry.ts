/**
 * The registry: which services there are, what they subscribe to, and which of their instances can be called.
 *
 * A pure machine: time, tokens and randomness are arguments; what must be told or kept is queued until it is taken.
 * The step before it is a registration read from an envelope (`registration.ts`) or a manifest (`manifest.ts`); the step
 * after it is the engine, which writes {@linkcode Registry.takeWrites} to the store and tells {@linkcode Registry.takeEvents}.
 *
 * @module
 */
import { breakerBegin, breakerReport, type BreakerState } from "../retry/breaker.ts";
import { answer, chooseInstance } from "./_choose.ts";
import * as membership from "./_membership.ts";
import type { Deregistered, Registered, Renewed } from "./_membership.ts";
import { restore, type Restored } from "./_restore.ts";
import { emit, emptyState, endService, find, type InstanceState, reassess, type ServiceSettings } from "./_state.ts";
import { viewService } from "./_view.ts";
import { type Choice, NO_INSTANCE } from "./choice.ts";
import type { RegistryEvent } from "./event.ts";
import { afterCheck, afterVerdict, type Health, type HealthStatus } from "./health.ts";
import { type RegistryOptions, resolveRegistryOptions } from "./options.ts";
import { nextPassMs, passed } from "./rate_gate.ts";
import type { RegistryWrite } from "./record.ts";
import type { ServiceView } from "./view.ts";

export type { Deregistered, Registered, Renewed, Restored, ServiceSettings };

/** An instance whose health shall be asked now. */
export interface HealthCheck {
  /** The service's name. */
  readonly service: string;
  /** The instance's id. */
  readonly instance: string;
  /** Where it is called. */
  readonly endpoint: string;
  /** The path of its health, relative to the endpoint. */
  readonly health: string;
}

/** The registry. Every `nowMs` is in epoch milliseconds. */
export interface Registry {
  /**
   * Adds an instance or replaces the one with its id: the old lease is void, health and breaker begin anew, deliveries in
   * flight stay counted. The newest registration of any instance decides the service's version, subscriptions and
   * settings; those of older instances do not add to it.
   *
   * @param data the registration as data, or as {@linkcode parseRegistration} read it
   * @param token a fresh unguessable lease token, 1 to 256 characters
   * @param instanceId the id for a registration that names none
   * @param ratePerMinute deliveries that its endpoint granted, from 1; absent = any number
   * @throws {BellhopError} `registration-invalid` with every fault; `registry-full`; `argument-invalid` for a token in use
   */
  register(nowMs: number, data: unknown, token: string, instanceId: string, ratePerMinute?: number): Registered;
  /**
   * Renews by request: ends a suspicion, leaves health and breaker alone.
   *
   * @param told whether it is an event also where no suspicion ends; default `true`
   * @throws {BellhopError} `lease-unknown`
   */
  renew(nowMs: number, lease: string, told?: boolean): Renewed;
  /** Renews by a sign of life that we saw ourselves; whether the instance is known. */
  touch(nowMs: number, service: string, instance: string): boolean;
  /**
   * Takes out the instance that holds the lease, and with `service` the service with all its instances. An ephemeral
   * service ends with its last instance; any other outlives it by `subscriptionTtlMs`.
   *
   * @throws {BellhopError} `lease-unknown`
   */
  deregister(nowMs: number, lease: string, options?: { readonly service?: boolean }): Deregistered;
  /** Ends a service with all its instances; whether it was known. */
  removeService(nowMs: number, name: string): boolean;
  /** Takes out an instance whose endpoint is gone (410); whether it was known. */
  removeInstance(nowMs: number, service: string, instance: string): boolean;

  /** Whether the service is registered, be it without instances. */
  known(service: string): boolean;
  /** Whether the service has this instance. */
  knownInstance(service: string, instance: string): boolean;
  /** What the newest registration says of the service; the same object until the next one. */
  settings(service: string): ServiceSettings | undefined;
  /**
   * The services that get a message of the type, each once, in order of registration: a frozen array, the same one for
   * as long as it is asked for often enough and no subscription changes, so that messages may share it.
   */
  receivers(type: string): readonly string[];
  /**
   * Which instance gets a delivery. Healthy ones stand before unhealthy ones, those with an open breaker are passed over,
   * and one of the rest is chosen by the registry's strategy.
   *
   * @param u the one random number in [0, 1) that a choice costs
   * @param avoid the instance that failed before; chosen only if no other of its health can be
   * @param only the one instance meant (`name@instance`), whatever its health
   */
  choose(nowMs: number, service: string, u: number, avoid?: string, only?: string): Choice;
  /**
   * Asks to begin a delivery to an instance that granted a rate: `nowMs` if it may begin, which is then counted, or else
   * the moment to ask again at.
   */
  pass(nowMs: number, service: string, instance: string): number;
  /** A delivery to the instance begins; with an open breaker that is due, it is the probe. */
  began(nowMs: number, service: string, instance: string): void;
  /** A delivery to the instance has ended, however it did; a verdict, if it brought one, is reported before. */
  ended(nowMs: number, service: string, instance: string): void;
  /**
   * Reports how a delivery went; the caller counts it out with {@linkcode Registry.ended} afterwards.
   *
   * @param ok whether the instance did its part: its breaker closes, else it counts a failure
   * @param chargedToHealth whether the failure is a fault of the instance's configuration (401, 403, 404, …)
   * @param answered whether it was a verdict of the service itself, which renews the lease; default `ok`
   */
  verdict(
    nowMs: number,
    service: string,
    instance: string,
    ok: boolean,
    chargedToHealth: boolean,
    answered?: boolean,
  ): void;
  /** The result of a health check; `pass` and `warn` renew the lease. */
  health(nowMs: number, service: string, instance: string, status: HealthStatus): void;
  /**
   * The instances to ask now, at most `limit` (default 256); each is due again one interval later, but not while its last
   * check is still without a result. One that has none after a minute counts as lost.
   */
  dueHealthChecks(nowMs: number, limit?: number): readonly HealthCheck[];

  /** Takes the steps that are due: suspicion, removal, the end of services. A spurious call does nothing. */
  wake(nowMs: number): void;
  /** When {@linkcode Registry.wake} and {@linkcode Registry.dueHealthChecks} are next due; `Infinity` for never. */
  nextWakeMs(): number;

  /**
   * Fills an empty registry from its records, in any order. Every instance is suspect and callable, with one lease of
   * grace. Records that cannot be read are passed over and counted.
   *
   * @throws {BellhopError} `argument-invalid` if the registry is not empty
   */
  restore(nowMs: number, records: Iterable<unknown>): Restored;
  /** The events since the last call, in order. */
  takeEvents(): readonly RegistryEvent[];
  /** The writes since the last call, in order, at most one per key. */
  takeWrites(): readonly RegistryWrite[];
  /** One service as plain data. */
  get(service: string): ServiceView | undefined;
  /** All services as plain data, in order of registration. */
  list(): readonly ServiceView[];
  /** How many services and instances there are. */
  counts(): { readonly services: number; readonly instances: number };
}

/**
 * An empty registry.
 *
 * @throws {BellhopError} `argument-invalid` for an option outside its range
 *
 * @example
 * ```ts
 * import { createRegistry } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const registry = createRegistry();
 * const endpoint = "http://127.0.0.1:8001/bellhop";
 * const data = { name: "users", version: "1.2.0", endpoint, subscriptions: ["user.*"] };
 * const { lease } = registry.register(0, data, "token-1", "a");
 * assertEquals(registry.receivers("user.created"), ["users"]);
 * assertEquals(registry.choose(0, "users", 0.5), { kind: "chosen", instance: "a", endpoint });
 *
 * registry.deregister(1_000, lease);
 * assertEquals(registry.known("users"), true); // for seven days
 * assertEquals(registry.choose(1_000, "users", 0.5), { kind: "absent", reason: "no-instance" });
 * ```
 */
export function createRegistry(options?: RegistryOptions): Registry {
  const resolved = resolveRegistryOptions(options);
  const { strategy, healthIntervalMs } = resolved;
  const state = emptyState(resolved);

  function setHealth(nowMs: number, instance: InstanceState, health: Health, reason: string): void {
    if (health === instance.health) return;
    const turned = health.healthy !== instance.health.healthy;
    instance.health = health;
    if (!turned) return;
    reassess(instance);
    emit(state, health.healthy ? "healthy" : "unhealthy", nowMs, instance.service.name, instance.id, reason);
  }

  function setBreaker(instance: InstanceState, breaker: BreakerState): void {
    if (breaker === instance.breaker) return;
    const turned = (breaker.openUntilMs === null) !== (instance.breaker.openUntilMs === null);
    instance.breaker = breaker;
    if (turned) reassess(instance);
  }

  return {
    register: (nowMs, data, token, instanceId, ratePerMinute) =>
      membership.register(state, nowMs, data, token, instanceId, ratePerMinute),
    renew: (nowMs, lease, told = true) => membership.renew(state, nowMs, lease, told),
    touch(nowMs, service, instance): boolean {
      const found = find(state, service, instance);
      if (found !== undefined) membership.touch(state, nowMs, found, "request");
      return found !== undefined;
    },
    deregister: (nowMs, lease, options) => membership.deregister(state, nowMs, lease, options?.service === true),
    removeService(nowMs, name): boolean {
      const service = state.services.get(name);
      if (service !== undefined) endService(state, service, nowMs, "deregistered");
      return service !== undefined;
    },
    removeInstance(nowMs, service, instance): boolean {
      const found = find(state, service, instance);
      if (found !== undefined) membership.removeInstance(state, nowMs, found, "endpoint-gone");
      return found !== undefined;
    },

    known: (service) => state.services.has(service),
    knownInstance: (service, instance) => find(state, service, instance) !== undefined,
    settings: (service) => state.services.get(service)?.settings,
    receivers: (type) => state.receivers.resolve(type),
    choose(nowMs, service, u, avoid, only): Choice {
      const found = state.services.get(service);
      if (found === undefined) return NO_INSTANCE;
      // Who is chosen is asked for four times more.
      if (found.instances.length === 1) state.lastFound = found.instances[0];
      if (only === undefined) return chooseInstance(found, nowMs, strategy, u, avoid);
      const instance = found.byId.get(only);
      return instance === undefined ? NO_INSTANCE : answer(instance, nowMs);
    },
    pass(nowMs, service, instance): number {
      const found = find(state, service, instance);
      if (found?.rate === undefined) return nowMs;
      const atMs = nextPassMs(found.rate, nowMs);
      if (atMs <= nowMs) found.rate = passed(found.rate, nowMs);
      return atMs;
    },
    began(nowMs, service, instance): void {
      const found = find(state, service, instance);
      if (found === undefined) return;
      found.inFlight++;
      if (found.breaker.openUntilMs !== null) found.breaker = breakerBegin(found.breaker, nowMs);
    },
    ended(nowMs, service, instance): void {
      const found = find(state, service, instance);
      if (found === undefined || found.inFlight === 0) return;
      found.inFlight--;
      // A probe that ended without a verdict would keep everybody away for ever.
      if (found.inFlight === 0 && found.breaker.probing) {
        setBreaker(found, breakerReport(found.breaker, nowMs, undefined));
      }
    },
    verdict(nowMs, service, instance, ok, chargedToHealth, answered = ok): void {
      const found = find(state, service, instance);
      if (found === undefined) return;
      if (answered) membership.touch(state, nowMs, found, "verdict");
      if (ok || chargedToHealth) {
        setHealth(nowMs, found, afterVerdict(found.health, chargedToHealth, state.thresholds), "verdicts");
      }
      setBreaker(found, breakerReport(found.breaker, nowMs, ok, state.breaker));
    },
    health(nowMs, service, instance, status): void {
      const found = find(state, service, instance);
      if (found === undefined) return;
      found.checkSinceMs = -1;
      if (status !== "fail") membership.touch(state, nowMs, found, "health");
      setHealth(nowMs, found, afterCheck(found.health, status, state.thresholds), "checks");
    },
    dueHealthChecks(nowMs, limit = 256): readonly HealthCheck[] {
      const due: HealthCheck[] = [];
      while (due.length < limit) {
        const check = state.checks.peek();
        if (check === undefined || check.dueMs > nowMs) break;
        const { owner } = check;
        state.checks.set(check, nowMs + healthIntervalMs);
        if (owner.checkSinceMs >= 0 && nowMs - owner.checkSinceMs < LOST_CHECK_MS) continue;
        owner.checkSinceMs = nowMs;
        due.push({
          service: owner.service.name,
          instance: owner.id,
          endpoint: owner.chosen.endpoint,
          health: owner.healthPath,
        });
      }
      return due;
    },

    wake: (nowMs) => membership.wake(state, nowMs),
    nextWakeMs(): number {
      const lease = state.timers.peek()?.dueMs ?? Infinity;
      const check = state.checks.peek()?.dueMs ?? Infinity;
      return lease < check ? lease : check;
    },

    restore: (nowMs, records) => restore(state, nowMs, records),
    takeEvents(): readonly RegistryEvent[] {
      if (state.events.length === 0) return NOTHING;
      const taken = state.events;
      state.events = [];
      return taken;
    },
    takeWrites(): readonly RegistryWrite[] {
      if (state.writes.size === 0) return NOTHING;
      const taken = Array.from(state.writes, ([key, record]) => ({ key, record }));
      state.writes = new Map();
      return taken;
    },
    get(service): ServiceView | undefined {
      const found = state.services.get(service);
      return found === undefined ? undefined : viewService(found);
    },
    list: () => Array.from(state.services.values(), viewService),
    counts: () => ({ services: state.services.size, instances: state.leases.size }),
  };
}

/** How long a check without a result keeps the next one back, in milliseconds. */
const LOST_CHECK_MS = 60_000;

const NOTHING: readonly never[] = Object.freeze([]);
