import { PRIORITIES, type Priority } from "../priority/table.ts";
import { busPolicy } from "../retry/bus_policy.ts";
import { PRIORITY_POLICIES, type ResolvedPolicy } from "../retry/policy.ts";

/** How a bus is made; every field has a default but the first three. */
export interface BusOptions {
  /** The present, epoch milliseconds. */
  readonly startMs: number;
  /** Uniform numbers in [0, 1); one is drawn for each wait with jitter. */
  readonly random: () => number;
  /** `source` of the receipts that the bus writes. */
  readonly source: string;
  /** One policy a priority; `full` and `none` are the protocol's jitters. */
  readonly policies: Readonly<Record<Priority, ResolvedPolicy>>;
  /** Deliveries under way in all; at it a publish is refused with `queue-full`. Default 1,000,000. */
  readonly maxDeliveries: number;
  /** Unfinished deliveries of one target; past it the overflow rule holds. Default 10,000. */
  readonly capacity: number;
  /** Attempts at once to one target. Default 64. */
  readonly maxInFlight: number;
  /** Dead letters kept in memory; the oldest go. Default 10,000. */
  readonly maxDeadLetters: number;
  /** Bytes of CRITICAL messages and dead letters that one principal may have on disk. Default 64 MiB. */
  readonly maxDurableBytes: number;
  /** Largest record that the store takes, UTF-8 bytes. Default 1 MiB. */
  readonly maxRecordBytes: number;
  /** How long a message in memory is remembered against duplicates. Default: the longer of 10 min and twice the longest backoff. */
  readonly horizonMs: number;
  /** How long a CRITICAL is remembered after it has ended. Default 24 h. */
  readonly durableHorizonMs: number;
  /** How many messages are remembered at most. Default 1,000,000. */
  readonly maxRemembered: number;
  /**
   * Unguessable text, so that nobody can make up an id that is taken for another's. Default: none, which is enough where
   * publishers are trusted.
   */
  readonly idSecret: string;
  /** Longest time that a message may be delayed, milliseconds, at most 20 days. Default 7 days. */
  readonly maxDelayMs: number;
  /** Milliseconds that a receipt is worth delivering. Default 24 h. */
  readonly receiptTtlMs: number;
}

/** The fields of {@linkcode BusOptions} that have no default, and whichever others differ from it. */
export type BusSettings = Pick<BusOptions, "startMs" | "random" | "source"> & Partial<BusOptions>;

const LONGEST_DELAY_MS = 1_728_000_000;

/**
 * Fills in the defaults.
 *
 * @throws {BellhopError} `argument-invalid` with the field, if a policy is out of the protocol's range
 */
export function busOptions(settings: BusSettings): BusOptions {
  const given = settings.policies ?? PRIORITY_POLICIES;
  const policies = Object.fromEntries(
    PRIORITIES.map((priority) => {
      const policy = busPolicy(given[priority], priority);
      // PRI-007, RET-016: time gives up no CRITICAL.
      return [priority, priority === "CRITICAL" ? Object.freeze({ ...policy, maxElapsedMs: null }) : policy];
    }),
  ) as Record<Priority, ResolvedPolicy>;
  const longestMs = Math.max(...Object.values(policies).map((policy) => policy.capMs));
  return {
    maxDeliveries: 1_000_000,
    capacity: 10_000,
    maxInFlight: 64,
    maxDeadLetters: 10_000,
    maxDurableBytes: 64 * 1_024 * 1_024,
    maxRecordBytes: 1_024 * 1_024,
    horizonMs: Math.max(600_000, 2 * longestMs),
    durableHorizonMs: 86_400_000,
    maxRemembered: 1_000_000,
    idSecret: "",
    receiptTtlMs: 86_400_000,
    ...settings,
    policies,
    // The schedule looks 24 days ahead.
    maxDelayMs: Math.min(settings.maxDelayMs ?? 604_800_000, LONGEST_DELAY_MS),
  };
}
