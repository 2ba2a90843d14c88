/** The registry after a restart, from its records. */
import {
  addService,
  emit,
  endService,
  putInstance,
  type RegistryState,
  type ServiceSettings,
  settleService,
  write,
  writeService,
} from "./_state.ts";
import { BellhopError } from "../error.ts";
import { leaseDueMs } from "./_lease.ts";
import { instanceKey, type InstanceRecord, parseRecord, type ServiceRecord } from "./record.ts";

/** What came of the records. */
export interface Restored {
  /** How many services there are now. */
  readonly services: number;
  /** How many instances there are now. */
  readonly instances: number;
  /** Records that this version cannot read, whose service is gone, or for which there is no room. */
  readonly dropped: number;
}

/**
 * Fills an empty registry. A crash between two keys may have left instances of a service that is gone: they are deleted;
 * or a service without instances: its end is set anew.
 */
export function restore(state: RegistryState, nowMs: number, records: Iterable<unknown>): Restored {
  if (state.services.size > 0) {
    throw new BellhopError("argument-invalid", "cannot restore: wanted an empty registry", { field: "records" });
  }
  const services: ServiceRecord[] = [];
  const instances: InstanceRecord[] = [];
  let dropped = 0;
  for (const data of records) {
    const record = parseRecord(data);
    if (record === undefined) dropped++;
    else if (record.kind === "service") services.push(record);
    else instances.push(record);
  }
  services.sort((a, b) => a.order - b.order);
  for (const record of services) {
    if (!restoreService(state, nowMs, record)) dropped++;
  }
  instances.forEach((record, i) => {
    if (restoreInstance(state, nowMs, record, i / instances.length)) return;
    dropped++;
    write(state, instanceKey(record.service, record.instance), undefined);
  });
  for (const service of state.services.values()) {
    if (service.instances.length > 0) continue;
    if (service.settings.ephemeral) endService(state, service, nowMs, "ephemeral");
    else if (service.endMs < 0) settleService(state, service, nowMs);
    else state.timers.set(service.timer, service.endMs);
  }
  return { services: state.services.size, instances: state.leases.size, dropped };
}

function restoreService(state: RegistryState, nowMs: number, record: ServiceRecord): boolean {
  if (state.services.has(record.name) || state.services.size >= state.options.maxServices) return false;
  const settings: ServiceSettings = Object.freeze({
    version: record.version,
    subscriptions: record.subscriptions,
    ephemeral: record.ephemeral,
    receipts: record.receipts,
    ...(record.maxInFlight === undefined ? {} : { maxInFlight: record.maxInFlight }),
    ...(record.delivery === undefined ? {} : { delivery: record.delivery }),
  });
  const service = addService(state, record.name, record.order, record.registeredMs, settings);
  // A clock that stepped back must not stretch the end: it is never further away than when it was set.
  if (record.endMs !== undefined) service.endMs = Math.min(record.endMs, nowMs + state.options.subscriptionTtlMs);
  return true;
}

function restoreInstance(state: RegistryState, nowMs: number, record: InstanceRecord, share: number): boolean {
  const service = state.services.get(record.service);
  if (service === undefined || service.byId.has(record.instance) || state.leases.has(record.leaseSha256)) return false;
  const { maxInstances, maxInstancesPerService, healthIntervalMs } = state.options;
  if (state.leases.size >= maxInstances || service.instances.length >= maxInstancesPerService) return false;
  const ended = service.endMs >= 0;
  const instance = putInstance(state, service, record.instance, record, nowMs, Math.max(0, nowMs));
  if (ended) writeService(state, service);
  state.timers.set(instance.timer, leaseDueMs(instance));
  // Spread over one interval: a restart must not ask a thousand instances in one turn, every interval from then on.
  if (healthIntervalMs > 0 && service.settings.delivery === undefined) {
    state.checks.set(instance.check, nowMs + Math.floor(share * healthIntervalMs));
  }
  emit(state, "suspect", nowMs, service.name, instance.id, "restored");
  return true;
}
