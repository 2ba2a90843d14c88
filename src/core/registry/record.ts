/**
 * The registry's durable records: one per service and one per instance, so that none outgrows what a store can keep.
 *
 * A record is written when a registration or a departure changes it and never for a renewal: after a restart every
 * instance gets one lease of grace anyway.
 *
 * @module
 */
import { isGiven, isInstanceId, isLeaseDigest, isRecord, isServiceName } from "./_rules.ts";
import { PULL_ENDPOINT, registrationFaults } from "./registration.ts";

/** What is kept of a service. */
export interface ServiceRecord {
  /** The record's format. */
  readonly v: 1;
  /** Which of the shapes this is. */
  readonly kind: "service";
  /** The service's name. */
  readonly name: string;
  /** The version registered. */
  readonly version: string;
  /** The patterns of the newest registration. */
  readonly subscriptions: readonly string[];
  /** Whether the service ends with its last lease. */
  readonly ephemeral: boolean;
  /** Whether the service takes receipts of what it publishes. */
  readonly receipts: boolean;
  /** Most deliveries to the service at once; absent for the gateway's default. */
  readonly maxInFlight?: number;
  /** Absent for `push`. */
  readonly delivery?: "pull";
  /** Place in the order of registration. */
  readonly order: number;
  /** Epoch milliseconds. */
  readonly registeredMs: number;
  /** When the service ends if no instance comes back, in epoch milliseconds; absent while it has instances. */
  readonly endMs?: number;
}

/** What is kept of an instance. */
export interface InstanceRecord {
  /** The record's format. */
  readonly v: 1;
  /** Which of the shapes this is. */
  readonly kind: "instance";
  /** The service's name. */
  readonly service: string;
  /** The instance's id. */
  readonly instance: string;
  /** The version registered. */
  readonly version: string;
  /** Where it is called. */
  readonly endpoint: string;
  /** The path of its health, relative to the endpoint. */
  readonly health: string;
  /** Length of the lease, in milliseconds. */
  readonly leaseMs: number;
  /**
   * SHA-256 of the lease token in hexadecimal, by which a client that lives on keeps its registration over the gateway's
   * restart: who reads the store cannot speak for the instance.
   */
  readonly leaseSha256: string;
  /** Epoch milliseconds. */
  readonly registeredMs: number;
  /** Deliveries a minute that its endpoint granted; absent = any number. */
  readonly ratePerMinute?: number;
}

/** A durable record of the registry. */
export type RegistryRecord = ServiceRecord | InstanceRecord;

/** A write to the registry's keyspace. */
export interface RegistryWrite {
  /** The record's key. */
  readonly key: string;
  /** The record to put, `undefined` to delete the key. */
  readonly record: RegistryRecord | undefined;
}

/** The key of a service's record. */
export function serviceKey(name: string): string {
  return `service/${name}`;
}

/** The key of an instance's record. */
export function instanceKey(service: string, instance: string): string {
  return `instance/${service}/${instance}`;
}

/**
 * Reads a record that a store gave back.
 *
 * @returns `undefined` for anything that this version did not write
 *
 * @example
 * ```ts
 * import { parseRecord } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseRecord({ v: 2, kind: "service" }), undefined);
 * ```
 */
export function parseRecord(data: unknown): RegistryRecord | undefined {
  if (!isRecord(data) || data.v !== 1) return undefined;
  if (data.kind === "service") return parseService(data);
  if (data.kind === "instance") return parseInstance(data);
  return undefined;
}

function parseService(data: Readonly<Record<string, unknown>>): ServiceRecord | undefined {
  const endpoint = data.delivery === "pull" ? undefined : "http://record";
  const asRegistration = { ...data, endpoint, instance: undefined, leaseMs: undefined };
  if (registrationFaults(asRegistration).length > 0) return undefined;
  if (!isMoment(data.order) || !isMoment(data.registeredMs)) return undefined;
  if (data.endMs !== undefined && !isMoment(data.endMs)) return undefined;
  return {
    v: 1,
    kind: "service",
    name: data.name as string,
    version: data.version as string,
    subscriptions: Object.freeze(Array.from(new Set(data.subscriptions as string[]))),
    ephemeral: data.ephemeral === true,
    receipts: data.receipts === true,
    ...(isGiven(data.maxInFlight) ? { maxInFlight: data.maxInFlight as number } : {}),
    ...(data.delivery === "pull" ? { delivery: "pull" } : {}),
    order: data.order,
    registeredMs: data.registeredMs,
    ...(data.endMs === undefined ? {} : { endMs: data.endMs }),
  };
}

function parseInstance(data: Readonly<Record<string, unknown>>): InstanceRecord | undefined {
  if (typeof data.service !== "string" || !isServiceName(data.service)) return undefined;
  if (typeof data.instance !== "string" || !isInstanceId(data.instance)) return undefined;
  if (typeof data.leaseMs !== "number" || typeof data.health !== "string") return undefined;
  if (!isLeaseDigest(data.leaseSha256) || !isMoment(data.registeredMs)) return undefined;
  if (data.ratePerMinute !== undefined && !(isMoment(data.ratePerMinute) && data.ratePerMinute > 0)) return undefined;
  const delivery = data.endpoint === PULL_ENDPOINT ? "pull" : "push";
  if (registrationFaults({ ...data, name: data.service, subscriptions: [], delivery }).length > 0) return undefined;
  return {
    v: 1,
    kind: "instance",
    service: data.service,
    instance: data.instance,
    version: data.version as string,
    endpoint: data.endpoint as string,
    health: data.health,
    leaseMs: data.leaseMs,
    leaseSha256: data.leaseSha256,
    registeredMs: data.registeredMs,
    ...(data.ratePerMinute === undefined ? {} : { ratePerMinute: data.ratePerMinute }),
  };
}

function isMoment(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
