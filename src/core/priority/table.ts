/** The four words of the `priority` attribute, least important first; absent means `NORMAL` (spec PRI). */
export const PRIORITIES = ["LOW", "NORMAL", "HIGH", "CRITICAL"] as const;

/** One contract in one word: retry budget, storage and scheduling weight. */
export type Priority = typeof PRIORITIES[number];

/** A priority as a number, for queues: 0 is `LOW`, 3 is `CRITICAL`. */
export type Rank = 0 | 1 | 2 | 3;

/** What a priority promises. */
export interface PriorityContract {
  /** Attempts after the first. */
  readonly retries: number | "unlimited";
  /** Where it is kept until it has ended. */
  readonly storage: "memory" | "disk";
  /** How many of the 15 dispatches of a round belong to it. */
  readonly weight: number;
  /** What it is for, in the seed's words. */
  readonly useCases: string;
}

/**
 * The seed's table as data, with the weights of the round (spec PRI).
 *
 * @example
 * ```ts
 * import { PRIORITY_TABLE } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(PRIORITY_TABLE.HIGH.retries, 10);
 * assertEquals(PRIORITY_TABLE.CRITICAL.storage, "disk");
 * ```
 */
export const PRIORITY_TABLE: Readonly<Record<Priority, PriorityContract>> = {
  LOW: { retries: 1, storage: "memory", weight: 1, useCases: "Non-critical notifications, status updates" },
  NORMAL: { retries: 3, storage: "memory", weight: 2, useCases: "Standard service-to-service communication" },
  HIGH: { retries: 10, storage: "memory", weight: 4, useCases: "Important operations, user-initiated actions" },
  CRITICAL: { retries: "unlimited", storage: "disk", weight: 8, useCases: "Security alerts, data integrity issues" },
};

/** The rank of a priority; absent means `NORMAL`. */
export function rankOf(priority: Priority | undefined): Rank {
  switch (priority) {
    case "LOW":
      return 0;
    case "HIGH":
      return 2;
    case "CRITICAL":
      return 3;
    default:
      return 1;
  }
}
