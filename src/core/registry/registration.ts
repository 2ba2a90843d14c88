/**
 * What a service says of one of its instances when it registers, and the rules for it.
 *
 * @module
 */
import { BellhopError, type Fault } from "../error.ts";
import { endpointFault, isGiven, isRecord, kindOf, sharedFaults, wrongType } from "./_rules.ts";

export {
  isInstanceId,
  isServiceName,
  MAX_ENDPOINT_LENGTH,
  MAX_IN_FLIGHT,
  MAX_LEASE_MS,
  MAX_SUBSCRIPTIONS,
  MIN_LEASE_MS,
} from "./_rules.ts";

/** Lease given to who asks for none, in milliseconds. */
export const DEFAULT_LEASE_MS = 30_000;

/** Stands for the endpoint of an instance that cannot be called. */
export const PULL_ENDPOINT = "pull:";

/** A valid registration. */
export interface Registration {
  /** `[a-z0-9][a-z0-9-]{0,62}` */
  readonly name: string;
  /** 1 to 64 characters. */
  readonly version: string;
  /** `[A-Za-z0-9._-]{1,128}`; absent if the registry shall give one. */
  readonly instance?: string;
  /**
   * http or https, at most 2,048 characters; `pull:` for one that is not called. Whether its address is allowed is judged
   * elsewhere.
   */
  readonly endpoint: string;
  /** At most 64 patterns, each once. */
  readonly subscriptions: readonly string[];
  /** 1,000 to 3,600,000. */
  readonly leaseMs: number;
  /** Whether the service ends with its last lease. */
  readonly ephemeral: boolean;
  /** Whether the service takes receipts of what it publishes. */
  readonly receipts: boolean;
  /** Most deliveries to the service at once, 1 to 10,000; absent for the gateway's default. */
  readonly maxInFlight?: number;
  /** Where below the endpoint its health is asked; a relative path. */
  readonly health: string;
  /** Whether it asks for its deliveries by itself, as all instances of its service do then; absent = it is called. */
  readonly delivery?: "pull";
}

/**
 * Reads a registration from JSON data; members that are not known are passed over.
 *
 * @throws {BellhopError} `registration-invalid` with every fault found
 *
 * @example
 * ```ts
 * import { parseRegistration } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const registration = parseRegistration({
 *   name: "users",
 *   version: "1.2.0",
 *   endpoint: "http://127.0.0.1:8001/bellhop",
 *   subscriptions: ["user.*"],
 * });
 * assertEquals(registration.leaseMs, 30_000);
 * ```
 */
export function parseRegistration(data: unknown, defaultLeaseMs: number = DEFAULT_LEASE_MS): Registration {
  const faults = registrationFaults(data);
  if (faults.length > 0) {
    const fields = faults.slice(0, 5).map((fault) => fault.field).join(", ");
    throw new BellhopError("registration-invalid", `cannot register: ${faults.length} fault(s) in ${fields}`, {
      faults,
    });
  }
  const given = data as Record<string, unknown>;
  return Object.freeze({
    name: given.name as string,
    version: given.version as string,
    ...(isGiven(given.instance) ? { instance: given.instance as string } : {}),
    endpoint: given.delivery === "pull" ? PULL_ENDPOINT : given.endpoint as string,
    subscriptions: Object.freeze(Array.from(new Set(given.subscriptions as string[]))),
    leaseMs: (given.leaseMs ?? defaultLeaseMs) as number,
    ephemeral: given.ephemeral === true,
    receipts: given.receipts === true,
    ...(isGiven(given.maxInFlight) ? { maxInFlight: given.maxInFlight as number } : {}),
    health: (given.health ?? "health") as string,
    ...(given.delivery === "pull" ? { delivery: "pull" } : {}),
  });
}

/**
 * Every rule that the data breaks; none if it is a registration. The cost is linear in what the limits allow.
 *
 * @example
 * ```ts
 * import { registrationFaults } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const faults = registrationFaults({ name: "Users", version: "1", endpoint: "ftp://x", subscriptions: ["a..b"] });
 * assertEquals(faults.map((fault) => fault.field), ["name", "subscriptions[0]", "endpoint"]);
 * ```
 */
export function registrationFaults(data: unknown): readonly Fault[] {
  if (!isRecord(data)) return [{ field: "data", code: "type", reason: `wanted an object, got ${kindOf(data)}` }];
  const faults = sharedFaults(data);
  const { endpoint, delivery } = data;
  if (isGiven(delivery) && delivery !== "push" && delivery !== "pull") {
    faults.push({ field: "delivery", code: "unsupported", reason: 'wanted "push" or "pull"' });
  }
  if (delivery === "pull") {
    if (isGiven(endpoint) && endpoint !== PULL_ENDPOINT) {
      faults.push({
        field: "endpoint",
        code: "unsupported",
        reason: "wanted none: an instance that pulls is not called",
      });
    }
  } else if (typeof endpoint !== "string") faults.push(wrongType("endpoint", "a string", endpoint));
  else {
    const fault = endpointFault(endpoint);
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}
