import type { Envelope } from "../envelope/mod.ts";
import type { Rank } from "../priority/table.ts";
import type { Target } from "./target.ts";

/** Where a message is remembered: see `duplicates.ts`. */
export interface Memory {
  /** Keeps no more than a row of a message that has ended. */
  compact(row: number, message: BusMessage): void;
  /** Keeps all of it again. */
  revive(row: number, message: BusMessage): void;
}

/** A record on disk that tells of several deliveries. */
export interface SharedRecord {
  /** Where it lies in the keyspace `outcomes`. */
  readonly key: string;
  /** Deliveries of messages that are still remembered: with the last one the record goes. */
  left: number;
}

/**
 * An accepted message: one record for all its receivers, kept for the duplicate horizon; the envelope itself is let
 * go when the last delivery has ended.
 */
export interface BusMessage {
  /** `source` of the envelope: who sent it. */
  readonly source: string;
  /** `id` of the envelope: names the message together with `source`. */
  readonly id: string;
  /** What happened. */
  readonly type: string;
  /** Its priority as a number. */
  readonly rank: Rank;
  /** When it was accepted, epoch milliseconds. */
  readonly acceptedMs: number;
  /** Hash of its content, against another message under the same id. */
  readonly fingerprint: number;
  /** The receivers, frozen at acceptance. */
  targets: readonly Target[];
  /** For each receiver: `~slot` while its delivery is under way (negative), then the packed outcome. */
  progress: number[] | Int32Array;
  /** For each receiver its run; absent while all are 1. */
  runs: readonly number[] | undefined;
  /** Deliveries that have not ended. */
  open: number;
  /** Of those, the ones whose outcome is not even being written. */
  undecided: number;
  /** Present while a delivery is under way. */
  envelope: Envelope | undefined;
  /** Its number in the state's table, or -1 when nothing is under way. */
  index: number;
  /** Epoch milliseconds of `expirytime`; `Infinity` if it has none. */
  readonly expiresMs: number;
  /** When the policy gives up, epoch milliseconds; `Infinity` for CRITICAL. */
  givesUpMs: number;
  /** When it may be delivered, epoch milliseconds; 0 for at once. */
  readonly notBeforeMs: number;
  /** Key of its lane, if it has a `partitionkey`. */
  readonly lane: string | undefined;
  /** Who pays for its room on disk. */
  readonly principal: string;
  /** The service that hears of the outcome, if it asked to. */
  readonly replyTo: string | undefined;
  /** The instance of that service to prefer, or of the target to insist on: see `pinned`. */
  readonly instance: string | undefined;
  /** Whether only `instance` may receive it (`target: name@instance`). */
  readonly pinned: boolean;
  /** Names its records on disk; 0 for what stays in memory. */
  readonly sequence: number;
  /** Order of acceptance, or of the last redrive. */
  order: number;
  /** Size of its record on disk in UTF-8 bytes; 0 for what stays in memory. */
  bytes: number;
  /** The write that it waits for before it counts as accepted; 0 if none. */
  token: number;
  /** For each receiver the record that its outcome shares with others; absent while there is none. */
  shared: readonly (SharedRecord | undefined)[] | undefined;
  /** Where it is remembered, and as which row of that. */
  generation: Memory | undefined;
  /** Which row of `generation`. */
  row: number;
  /** Whether somebody waits for its outcomes. */
  watched: boolean;
}

/** What is still known of a message of which nothing is under way. */
export type EndedParts =
  & Pick<BusMessage, "source" | "id" | "type" | "rank" | "acceptedMs" | "fingerprint" | "targets" | "progress">
  & Partial<
    Pick<BusMessage, "runs" | "principal" | "replyTo" | "instance" | "sequence" | "shared" | "generation" | "row">
  >;

/** The record of a message that has ended, from what is still known of it. */
export function endedMessage(parts: EndedParts): BusMessage {
  return {
    source: parts.source,
    id: parts.id,
    type: parts.type,
    rank: parts.rank,
    acceptedMs: parts.acceptedMs,
    fingerprint: parts.fingerprint,
    targets: parts.targets,
    progress: parts.progress,
    runs: parts.runs,
    open: 0,
    undecided: 0,
    envelope: undefined,
    index: -1,
    expiresMs: Infinity,
    givesUpMs: Infinity,
    notBeforeMs: 0,
    lane: undefined,
    principal: parts.principal ?? "",
    replyTo: parts.replyTo,
    instance: parts.instance,
    pinned: false,
    sequence: parts.sequence ?? 0,
    order: parts.sequence ?? 0,
    bytes: 0,
    token: 0,
    shared: parts.shared,
    generation: parts.generation,
    row: parts.row ?? -1,
    watched: false,
  };
}

/** Whether the message is kept on disk. */
export function isDurable(message: BusMessage): boolean {
  return message.rank === 3;
}

/** The run of one delivery. */
export function runOf(message: BusMessage, place: number): number {
  return message.runs === undefined ? 1 : message.runs[place];
}
