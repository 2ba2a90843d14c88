/**
 * Ownership by a Web Lock: of all pages and workers of an origin one holds it, and the browser takes it back when that
 * one ends, however it ends.
 *
 * @module
 */

import { BellhopError } from "../../core/error.ts";

/** A lock that this page or worker holds. */
export interface HeldLock {
  /** Resolves if the lock is taken away while it is held (`steal`). */
  readonly taken: Promise<void>;
  /** Gives the lock up; resolves when somebody else can have it. Idempotent. */
  release(): Promise<void>;
}

/**
 * Takes the lock at once or not at all.
 *
 * @throws {BellhopError} `store-locked` if somebody holds it; `store-unavailable` if this place may hold no locks
 */
export function holdLock(locks: LockManager, lockName: string): Promise<HeldLock> {
  return new Promise((resolve, reject) => {
    let takenAway!: () => void;
    const taken = new Promise<void>((resolve) => takenAway = resolve);
    let held = false;
    const ended: Promise<unknown> = locks.request(lockName, { mode: "exclusive", ifAvailable: true }, (lock) => {
      if (lock === null) {
        throw new BellhopError("store-locked", `another page, worker or store of this origin holds ${lockName}`);
      }
      held = true;
      return new Promise<void>((letGo) => {
        async function release(): Promise<void> {
          letGo();
          await ended.catch(() => {});
        }
        resolve({ taken, release });
      });
    });
    ended.catch((cause) => {
      if (held) takenAway();
      else if (cause instanceof BellhopError) reject(cause);
      else reject(new BellhopError("store-unavailable", `the browser gives no lock (${cause})`, { cause }));
    });
  });
}
