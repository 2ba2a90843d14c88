/**
 * The registry as plain data, for `GET /services` and for callers that resolve a service. No lease token is shown.
 *
 * @module
 */
/** One instance of a service. */
export interface InstanceView {
  /** The instance's id. */
  readonly instance: string;
  /** The version it registered with. */
  readonly version: string;
  /** Where it is called; absent for one that asks by itself. */
  readonly endpoint?: string;
  /** A suspect has let its lease run out; it is still called, and removed one lease later. */
  readonly state: "live" | "suspect";
  /** Whether it gets traffic before those that are not. */
  readonly healthy: boolean;
  /** An open one keeps deliveries away until a probe may go. */
  readonly breaker: "closed" | "open";
  /** Deliveries that run at this moment. */
  readonly inFlight: number;
  /** Length of the lease, in milliseconds. */
  readonly leaseMs: number;
  /** When the lease ends, or did, in epoch milliseconds. */
  readonly leaseEndMs: number;
  /** Epoch milliseconds. */
  readonly registeredMs: number;
  /** Deliveries a minute that its endpoint granted; absent = any number. */
  readonly ratePerMinute?: number;
}

/** One service. */
export interface ServiceView {
  /** The service's name. */
  readonly name: string;
  /** The version of the newest registration. */
  readonly version: string;
  /** The patterns of the newest registration. */
  readonly subscriptions: readonly string[];
  /** Whether the service ends with its last lease. */
  readonly ephemeral: boolean;
  /** Whether the service takes receipts of what it publishes. */
  readonly receipts: boolean;
  /** Most deliveries to the service at once; absent for the gateway's default. */
  readonly maxInFlight?: number;
  /** Its instances ask for their deliveries; absent where they are called. */
  readonly delivery?: "pull";
  /** Epoch milliseconds. */
  readonly registeredMs: number;
  /** When the service ends if no instance comes back, in epoch milliseconds; absent while it has one. */
  readonly endMs?: number;
  /** Its instances, in no stated order. */
  readonly instances: readonly InstanceView[];
}
