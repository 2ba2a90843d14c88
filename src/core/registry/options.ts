/**
 * The registry's limits and times.
 *
 * @module
 */
import { BellhopError } from "../error.ts";
import type { ChoiceStrategy } from "./choice.ts";
import { DEFAULT_LEASE_MS, MAX_LEASE_MS, MIN_LEASE_MS } from "./registration.ts";

/** The registry's limits and times; each has a default. */
export interface RegistryOptions {
  /** Most services; default 10,000. */
  readonly maxServices?: number;
  /** Most instances of one service; default 1,000. */
  readonly maxInstancesPerService?: number;
  /** Most instances of all services; default 100,000. */
  readonly maxInstances?: number;
  /** How long a service outlives its last lease, in milliseconds; default 7 days. */
  readonly subscriptionTtlMs?: number;
  /** Lease of instances that ask for none, in milliseconds; default 30,000. */
  readonly defaultLeaseMs?: number;
  /** Time between the health checks of an instance, in milliseconds, 0 for none; default 10,000. */
  readonly healthIntervalMs?: number;
  /** Failures in a row that make an instance unhealthy; default 3. */
  readonly healthFailures?: number;
  /** Passed checks in a row that heal it; default 2. */
  readonly healthPasses?: number;
  /** Failed deliveries in a row that open an instance's breaker; default 10. */
  readonly breakerFailures?: number;
  /** How long a breaker stays open before a probe may go, in milliseconds; default 10,000. */
  readonly breakerOpenMs?: number;
  /** How one of several good instances is chosen; default `least-loaded-of-two`. */
  readonly strategy?: ChoiceStrategy;
  /** How many types keep their set of receivers at hand; default 16,384. */
  readonly receiverCacheSize?: number;
  /** Most events, and most writes, that wait to be taken before registrations are refused; default 100,000. */
  readonly maxQueued?: number;
  /** Most leases and services that one wake-up takes a step for; default 1,000. */
  readonly wakeBatch?: number;
}

/** Options with every default filled in. */
export type ResolvedRegistryOptions = Required<RegistryOptions>;

/**
 * The options with their defaults.
 *
 * @throws {BellhopError} `argument-invalid` naming the first option outside its range
 */
export function resolveRegistryOptions(options: RegistryOptions = {}): ResolvedRegistryOptions {
  const resolved: ResolvedRegistryOptions = {
    maxServices: whole("maxServices", options.maxServices ?? 10_000, 1, 1_000_000),
    maxInstancesPerService: whole("maxInstancesPerService", options.maxInstancesPerService ?? 1_000, 1, 100_000),
    maxInstances: whole("maxInstances", options.maxInstances ?? 100_000, 1, 1_000_000),
    subscriptionTtlMs: whole("subscriptionTtlMs", options.subscriptionTtlMs ?? 604_800_000, 1_000, 31_536_000_000),
    defaultLeaseMs: whole("defaultLeaseMs", options.defaultLeaseMs ?? DEFAULT_LEASE_MS, MIN_LEASE_MS, MAX_LEASE_MS),
    healthIntervalMs: whole("healthIntervalMs", options.healthIntervalMs ?? 10_000, 0, 3_600_000),
    healthFailures: whole("healthFailures", options.healthFailures ?? 3, 1, 1_000),
    healthPasses: whole("healthPasses", options.healthPasses ?? 2, 1, 1_000),
    breakerFailures: whole("breakerFailures", options.breakerFailures ?? 10, 1, 1_000_000),
    breakerOpenMs: whole("breakerOpenMs", options.breakerOpenMs ?? 10_000, 1, 3_600_000),
    strategy: options.strategy ?? "least-loaded-of-two",
    receiverCacheSize: whole("receiverCacheSize", options.receiverCacheSize ?? 16_384, 1, 1_000_000),
    maxQueued: whole("maxQueued", options.maxQueued ?? 100_000, 1, 10_000_000),
    wakeBatch: whole("wakeBatch", options.wakeBatch ?? 1_000, 1, 1_000_000),
  };
  if (resolved.strategy !== "least-loaded-of-two" && resolved.strategy !== "round-robin") {
    const detail = "cannot set strategy: wanted least-loaded-of-two or round-robin";
    throw new BellhopError("argument-invalid", detail, { field: "strategy" });
  }
  return Object.freeze(resolved);
}

function whole(field: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const detail = `cannot set ${field}: wanted a whole number from ${min} to ${max}, got ${String(value)}`;
  throw new BellhopError("argument-invalid", detail, { field });
}
