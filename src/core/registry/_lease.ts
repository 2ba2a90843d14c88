/**
 * The lease of one instance: suspect when it runs out, removed one lease after that.
 *
 * Removal is counted from when the suspicion was noticed, not from when the lease ended: a gateway that slept or whose
 * clock stepped gives each instance the same grace that it gives after a restart.
 *
 * @module
 */

/** The lease of one instance. The registry changes it in place, for renewal by verdict is on the hot path. */
export interface Lease {
  /** How long the lease is, in milliseconds. */
  leaseMs: number;
  /** When it ends if nothing renews it, in epoch milliseconds. */
  leaseEndMs: number;
  /** When the suspicion was noticed; -1 while there is none. */
  suspectSinceMs: number;
}

/** How often the holder of a lease should renew it, so that two renewals may be lost. */
export function renewEveryMs(leaseMs: number): number {
  return Math.max(1, Math.floor(leaseMs / 3));
}

/** Renews the lease from now on; whether that ended a suspicion. */
export function extendLease(lease: Lease, nowMs: number): boolean {
  lease.leaseEndMs = nowMs + lease.leaseMs;
  const suspect = lease.suspectSinceMs >= 0;
  lease.suspectSinceMs = -1;
  return suspect;
}

/** The moment of the next step that the lease takes by itself, in epoch milliseconds. */
export function leaseDueMs(lease: Lease): number {
  return lease.suspectSinceMs < 0 ? lease.leaseEndMs : lease.suspectSinceMs + lease.leaseMs;
}

/**
 * Takes the step that is due, if one is: at most one per call, so suspicion always comes before removal.
 *
 * @returns what happened, `undefined` if nothing is due
 */
export function lapseLease(lease: Lease, nowMs: number): "suspect" | "removed" | undefined {
  if (nowMs < leaseDueMs(lease)) return undefined;
  if (lease.suspectSinceMs >= 0) return "removed";
  lease.suspectSinceMs = Math.max(0, nowMs);
  return "suspect";
}
