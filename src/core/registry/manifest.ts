/**
 * The manifest that a discovered service serves, and the registration that follows from it.
 *
 * @module
 */
import { BellhopError } from "../error.ts";
import { isGiven, isRecord, kindOf, sharedFaults } from "./_rules.ts";
import { parseRegistration, type Registration } from "./registration.ts";

/** What a service says of itself at its own URL. */
export interface Manifest {
  /** The service's name. */
  readonly name: string;
  /** The service's version. */
  readonly version: string;
  /** The instance's id; absent if the gateway shall derive one. */
  readonly instance?: string;
  /** The patterns it subscribes to. */
  readonly subscriptions: readonly string[];
  /** Where below the service's URL its health is asked. */
  readonly health: string;
  /** The lease it asks for, in milliseconds. */
  readonly leaseMs?: number;
  /** Whether the service ends with its last lease. */
  readonly ephemeral?: boolean;
  /** Whether the service takes receipts of what it publishes. */
  readonly receipts?: boolean;
  /** Most deliveries to the service at once; absent for the gateway's default. */
  readonly maxInFlight?: number;
}

/**
 * Reads a manifest from JSON data; members that are not known are passed over.
 *
 * @throws {BellhopError} `discovery-failed` with every fault found
 *
 * @example
 * ```ts
 * import { parseManifest } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const manifest = parseManifest({ name: "users", version: "1.2.0", subscriptions: ["user.*"], health: "health" });
 * assertEquals(manifest.name, "users");
 * ```
 */
export function parseManifest(data: unknown): Manifest {
  if (!isRecord(data)) throw new BellhopError("discovery-failed", `cannot read the manifest: got ${kindOf(data)}`);
  const faults = sharedFaults(data);
  if (faults.length > 0) {
    throw new BellhopError("discovery-failed", `cannot read the manifest: ${faults.length} fault(s)`, { faults });
  }
  return Object.freeze({
    name: data.name as string,
    version: data.version as string,
    ...(isGiven(data.instance) ? { instance: data.instance as string } : {}),
    subscriptions: Object.freeze(Array.from(new Set(data.subscriptions as string[]))),
    health: (data.health ?? "health") as string,
    ...(isGiven(data.leaseMs) ? { leaseMs: data.leaseMs as number } : {}),
    ...(isGiven(data.ephemeral) ? { ephemeral: data.ephemeral as boolean } : {}),
    ...(isGiven(data.receipts) ? { receipts: data.receipts as boolean } : {}),
    ...(isGiven(data.maxInFlight) ? { maxInFlight: data.maxInFlight as number } : {}),
  });
}

/**
 * The registration of the instance that serves this manifest at this URL: what a process announces of itself, and what
 * a gateway that has discovered the manifest registers on the service's behalf.
 *
 * @param endpoint where the service is mounted
 * @param instance the id for an instance that names none; the gateway derives it from the URL, so that discovering the
 *   same URL again replaces instead of adding
 * @throws {BellhopError} `registration-invalid` if endpoint or instance breaks a rule
 *
 * @example
 * ```ts
 * import { announce, parseManifest } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const manifest = parseManifest({ name: "users", version: "1.2.0", subscriptions: [] });
 * assertEquals(announce(manifest, "http://127.0.0.1:8001/bellhop", "url-8001").instance, "url-8001");
 * ```
 */
export function announce(manifest: Manifest, endpoint: string, instance?: string): Registration {
  return parseRegistration({ ...manifest, endpoint, instance: manifest.instance ?? instance });
}
