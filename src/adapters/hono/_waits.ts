/**
 * How many wait for an outcome: each costs a timer and an answer for up to a minute, also when who asked has gone.
 *
 * @module
 */
import { preferredWait } from "./_prefer.ts";

/** The waits of one gateway. */
export interface Waits {
  /** The seconds that are asked for and granted; `undefined` for none, and while as many wait as may. */
  granted(prefer: string | undefined): number | undefined;
  /** Counts a wait until it ends. */
  during<T>(wait: Promise<T>): Promise<T>;
}

/** @param most at once */
export function outcomeWaits(most: number): Waits {
  let waiting = 0;
  return {
    granted: (prefer) => prefer === undefined || waiting >= most ? undefined : preferredWait(prefer),
    during(wait) {
      waiting++;
      return wait.finally(() => waiting--);
    },
  };
}
