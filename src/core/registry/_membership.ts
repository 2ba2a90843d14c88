/** How instances come, stay and leave. */
import {
  addService,
  dropInstance,
  emit,
  endService,
  type InstanceState,
  isClogged,
  putInstance,
  type RegistryState,
  type ServiceSettings,
  type ServiceState,
  settleService,
  writeInstance,
  writeService,
} from "./_state.ts";
import { BellhopError } from "../error.ts";
import { extendLease, lapseLease, leaseDueMs, renewEveryMs } from "./_lease.ts";
import { isLeaseToken } from "./_rules.ts";
import { sha256Hex } from "./_sha256.ts";
import { isInstanceId, parseRegistration, type Registration } from "./registration.ts";

/** The answer to a registration; its members but the last two are the data of `service.registered`. */
export interface Registered {
  /** The service's name. */
  readonly name: string;
  /** The instance's id. */
  readonly instance: string;
  /** The lease's token. */
  readonly lease: string;
  /** Length of the lease, in milliseconds. */
  readonly leaseMs: number;
  /** How often to renew, in milliseconds. */
  readonly renewEveryMs: number;
  /** Whether the service was not known before. */
  readonly newService: boolean;
  /** Whether the instance was not known before. */
  readonly newInstance: boolean;
}

/** The answer to a renewal; the data of `service.renewed`. */
export interface Renewed {
  /** The service's name. */
  readonly name: string;
  /** The instance's id. */
  readonly instance: string;
  /** Length of the lease, in milliseconds. */
  readonly leaseMs: number;
  /** How often to renew, in milliseconds. */
  readonly renewEveryMs: number;
}

/** The answer to a deregistration; the data of `service.deregistered`. */
export interface Deregistered {
  /** The service's name. */
  readonly name: string;
  /** The instance's id. */
  readonly instance: string;
  /** Whether the service ended with it. */
  readonly serviceGone: boolean;
}

export function register(
  state: RegistryState,
  nowMs: number,
  data: unknown,
  token: string,
  instanceId: string,
  ratePerMinute?: number,
): Registered {
  const registration = parseRegistration(data, state.options.defaultLeaseMs);
  const id = registration.instance ?? instanceId;
  if (!isInstanceId(id)) {
    const detail = "cannot register: the instance id given by the gateway breaks the rule for ids";
    throw new BellhopError("argument-invalid", detail, { field: "instanceId" });
  }
  const leaseSha256 = isLeaseToken(token) ? sha256Hex(token) : "";
  if (leaseSha256 === "" || state.leases.has(leaseSha256)) {
    const detail = "cannot register: wanted a lease token of 1 to 256 characters of ASCII that no instance holds";
    throw new BellhopError("argument-invalid", detail, { field: "token" });
  }
  const known = state.services.get(registration.name);
  const replaced = known?.byId.get(id);
  checkRoom(state, registration.name, known, replaced);
  checkDelivery(registration, known, replaced);

  const service = known ?? addService(state, registration.name, state.nextOrder, nowMs, settingsOf(registration));
  const changed = known === undefined || changeSettings(state, known, registration) || known.endMs >= 0;
  const granted = ratePerMinute === undefined ? undefined : { ratePerMinute };
  const facts = { ...registration, leaseSha256, registeredMs: nowMs, ...granted };
  const instance = putInstance(state, service, id, facts, nowMs + registration.leaseMs, -1);
  state.timers.set(instance.timer, instance.leaseEndMs);
  if (state.options.healthIntervalMs > 0 && registration.delivery === undefined) {
    state.checks.set(instance.check, nowMs + state.options.healthIntervalMs);
  }
  if (changed) writeService(state, service);
  writeInstance(state, instance);
  emit(state, "registered", nowMs, service.name, id, replaced === undefined ? "new" : "replaced");
  return {
    name: service.name,
    instance: id,
    lease: token,
    leaseMs: instance.leaseMs,
    renewEveryMs: renewEveryMs(instance.leaseMs),
    newService: known === undefined,
    newInstance: replaced === undefined,
  };
}

export function renew(state: RegistryState, nowMs: number, token: string, told: boolean): Renewed {
  const instance = holderOf(state, token);
  const revived = extendLease(instance, nowMs);
  if (told || revived) emit(state, "renewed", nowMs, instance.service.name, instance.id, "request");
  return {
    name: instance.service.name,
    instance: instance.id,
    leaseMs: instance.leaseMs,
    renewEveryMs: renewEveryMs(instance.leaseMs),
  };
}

/** A renewal by what we saw ourselves. Only the end of a suspicion is an event: every delivery passes here. */
export function touch(state: RegistryState, nowMs: number, instance: InstanceState, reason: string): void {
  if (extendLease(instance, nowMs)) emit(state, "renewed", nowMs, instance.service.name, instance.id, reason);
}

export function deregister(state: RegistryState, nowMs: number, token: string, wholeService: boolean): Deregistered {
  const instance = holderOf(state, token);
  const { service } = instance;
  dropInstance(state, instance, nowMs);
  emit(state, "deregistered", nowMs, service.name, instance.id, "request");
  if (wholeService) endService(state, service, nowMs, "deregistered");
  const serviceGone = wholeService || settleService(state, service, nowMs);
  return { name: service.name, instance: instance.id, serviceGone };
}

export function removeInstance(
  state: RegistryState,
  nowMs: number,
  instance: InstanceState,
  reason: "lease-ended" | "endpoint-gone",
): void {
  dropInstance(state, instance, reason === "lease-ended" ? instance.suspectSinceMs : nowMs);
  emit(state, "removed", nowMs, instance.service.name, instance.id, reason);
  settleService(state, instance.service, nowMs);
}

/** Takes the steps that time brings; a bounded number, so that one wake-up never holds the loop for long. */
export function wake(state: RegistryState, nowMs: number): void {
  for (let steps = 0; steps < state.options.wakeBatch && !isClogged(state); steps++) {
    const due = state.timers.peek();
    if (due === undefined || due.dueMs > nowMs) return;
    const { owner } = due;
    if (owner.kind === "service") {
      endService(state, owner, nowMs, "expired");
      continue;
    }
    const lapsed = lapseLease(owner, nowMs);
    if (lapsed === "removed") {
      removeInstance(state, nowMs, owner, "lease-ended");
      continue;
    }
    if (lapsed === "suspect") emit(state, "suspect", nowMs, owner.service.name, owner.id, "lease-ended");
    state.timers.set(due, leaseDueMs(owner));
  }
}

function holderOf(state: RegistryState, token: string): InstanceState {
  // Found by its digest, the time that takes tells nothing of a token that is near to another.
  const instance = isLeaseToken(token) ? state.leases.get(sha256Hex(token)) : undefined;
  if (instance === undefined) {
    throw new BellhopError("lease-unknown", "no instance holds this lease: wanted the token of the last registration");
  }
  return instance;
}

function checkRoom(
  state: RegistryState,
  name: string,
  service: ServiceState | undefined,
  replaced: InstanceState | undefined,
): void {
  const { maxServices, maxInstances, maxInstancesPerService, maxQueued } = state.options;
  if (isClogged(state)) throw full(`${maxQueued} events or writes wait to be taken`);
  if (service === undefined && state.services.size >= maxServices) throw full(`${maxServices} services are registered`);
  if (replaced !== undefined) return;
  if (state.leases.size >= maxInstances) throw full(`${maxInstances} instances are registered`);
  if (service !== undefined && service.instances.length >= maxInstancesPerService) {
    throw full(`${name} has ${maxInstancesPerService} instances`);
  }
}

/** Who waits to be called and who asks by itself would starve each other. */
function checkDelivery(
  { name, delivery }: Registration,
  service: ServiceState | undefined,
  replaced: InstanceState | undefined,
): void {
  if (service === undefined || service.settings.delivery === delivery) return;
  if (service.instances.every((instance) => instance === replaced)) return;
  const reason = `wanted ${service.settings.delivery ?? "push"}, as the other instances of ${name} have it`;
  throw new BellhopError("registration-invalid", `cannot register: 1 fault(s) in delivery`, {
    faults: [{ field: "delivery", code: "mixed", reason }],
  });
}

function full(why: string): BellhopError {
  return new BellhopError("registry-full", `cannot register: ${why}`);
}

/** Lets the newest registration decide for the whole service; whether anything changed. */
function changeSettings(state: RegistryState, service: ServiceState, registration: Registration): boolean {
  const before = service.settings;
  const after = settingsOf(registration);
  const sameSubscriptions = before.subscriptions.length === after.subscriptions.length &&
    before.subscriptions.every((pattern, i) => pattern === after.subscriptions[i]);
  if (!sameSubscriptions) {
    state.receivers.unsubscribe(service, before.subscriptions);
    state.receivers.subscribe(service, after.subscriptions);
  }
  service.settings = after;
  return !sameSubscriptions || before.version !== after.version || before.ephemeral !== after.ephemeral ||
    before.receipts !== after.receipts || before.maxInFlight !== after.maxInFlight ||
    before.delivery !== after.delivery;
}

function settingsOf(registration: Registration): ServiceSettings {
  return Object.freeze({
    version: registration.version,
    subscriptions: registration.subscriptions,
    ephemeral: registration.ephemeral,
    receipts: registration.receipts,
    ...(registration.maxInFlight === undefined ? {} : { maxInFlight: registration.maxInFlight }),
    ...(registration.delivery === undefined ? {} : { delivery: registration.delivery }),
  });
}
