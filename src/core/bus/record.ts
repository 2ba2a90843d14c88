/**
 * What lies on disk: one record a message, its retry state beside it once there is any, one record an outcome.
 *
 * A record is one line of JSON, and a second one with the envelope where it holds one. Keys begin with the message's
 * sequence in 11 digits of base 36, so a scan reads in the order of acceptance.
 *
 * @module
 */
import { type Envelope, type EnvelopeLimits, parse, serialize } from "../envelope/mod.ts";
import type { AttemptRecord } from "./history.ts";
import { type Outcome, OUTCOMES } from "./outcome.ts";

/** What was accepted is read back whatever its size: base64 and escapes make it longer than it came. */
const OWN: EnvelopeLimits = {
  maxBytes: Infinity,
  maxBatchBytes: Infinity,
  maxBatchEnvelopes: Infinity,
  maxAttributes: Infinity,
  maxAttributeLength: Infinity,
  maxDepth: 1_000,
};

/** The first line of a record of many outcomes. */
const DELIVERED = '{"v":1,"outcomes":"delivered"}';
// deno-lint-ignore no-control-regex -- ASCII is what it is
const NOT_ASCII = /[^\x00-\x7f]/;

/** The record of an unfinished message. */
export interface MessageRecord {
  readonly acceptedMs: number;
  readonly order: number;
  readonly receivers: readonly string[];
  readonly runs?: readonly number[] | undefined;
  readonly fingerprint: number;
  readonly principal: string;
  readonly replyTo?: string | undefined;
  readonly instance?: string | undefined;
  /** Absent for a message that was not delayed. */
  readonly notBeforeMs?: number | undefined;
}

/** The retry state of one delivery, written before each wait. */
export interface DeliveryRecord {
  readonly run: number;
  readonly attempts: number;
  readonly dueMs: number;
  readonly waitMs: number;
  /** How it is to end whatever the attempt under way was about to bring; absent otherwise. */
  readonly doom?: "cancelled";
  readonly history: readonly AttemptRecord[];
}

/** How one delivery ended; with the envelope if it is a dead letter. */
export interface OutcomeRecord {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly receiver: string;
  readonly run: number;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly attempts: number;
  readonly history?: readonly AttemptRecord[];
  readonly acceptedMs: number;
  readonly endedMs: number;
  readonly fingerprint: number;
  readonly principal: string;
  readonly replyTo?: string;
  readonly instance?: string;
}

/** An outcome as it was found: in a record of its own, or as one of many. */
export interface FoundOutcome {
  readonly sequence: number;
  readonly meta: OutcomeRecord;
  readonly envelope: Envelope | undefined;
}

/** Whom the rows that follow are about. */
export type DeliveredParty = Pick<OutcomeRecord, "receiver" | "source" | "type" | "principal">;

const PAIRS = Array.from({ length: 1_296 }, (_, pair) => pair.toString(36).padStart(2, "0"));
let lastHigh = 0;
let lastPrefix = "000000000";

/** Key of a message's record. */
export function messageKey(sequence: number): string {
  // Asked for twice a message, and `toString(36)` is slow.
  const high = Math.floor(sequence / 1_296);
  if (high !== lastHigh) {
    lastHigh = high;
    lastPrefix = high.toString(36).padStart(9, "0");
  }
  return lastPrefix + PAIRS[sequence - high * 1_296];
}

/** Key of the retry state of one of its deliveries. */
export function deliveryKey(sequence: number, receiver: string): string {
  return `${messageKey(sequence)}/${receiver}`;
}

/** Key of the outcome of one of its deliveries. */
export function outcomeKey(sequence: number, receiver: string): string {
  return deliveryKey(sequence, receiver);
}

/** The sequence in any of these keys; `NaN` if there is none. */
export function sequenceOf(key: string): number {
  return parseInt(key.slice(0, 11), 36);
}

/** Writes a record. */
export function writeRecord(meta: MessageRecord | DeliveryRecord | OutcomeRecord, envelope?: Envelope): string {
  // The version last: an object literal that begins with a spread is copied at once.
  const line = JSON.stringify({ ...meta, v: 1 });
  return envelope === undefined ? line : `${line}\n${serialize(envelope)}`;
}

/** How a record of many deliveries begins that ended well; parties and rows follow, a line each. */
export function deliveredHead(): string {
  return DELIVERED;
}

/** A line that says whom the rows after it are about. */
export function deliveredParty({ receiver, source, type, principal }: DeliveredParty): string {
  return `\n${JSON.stringify([receiver, source, type, principal])}`;
}

/** A line that says that a message was delivered. */
export function deliveredRow(
  { sequence, acceptedMs, fingerprint, id }: {
    readonly sequence: number;
    readonly acceptedMs: number;
    readonly fingerprint: number;
    readonly id: string;
  },
  run: number,
  attempts: number,
  endedMs: number,
): string {
  return `\n[${sequence},${run},${attempts},${acceptedMs},${endedMs},${fingerprint},${JSON.stringify(id)}]`;
}

/** Whether a record of the keyspace `outcomes` tells of many. */
export function isShared(value: string): boolean {
  return value.startsWith(DELIVERED);
}

/**
 * Reads what lies under a key of the keyspace `outcomes`: one outcome, or a record of many.
 *
 * @returns `undefined` if it is none of ours
 */
export function readOutcomes({ key, value }: { key: string; value: string }): readonly FoundOutcome[] | undefined {
  if (!isShared(value)) {
    const record = readRecord<OutcomeRecord>(value, isOutcomeRecord);
    return record && [{ sequence: sequenceOf(key), meta: record.meta, envelope: record.envelope }];
  }
  const found: FoundOutcome[] = [];
  let party: DeliveredParty = { receiver: "", source: "", type: "", principal: "" };
  try {
    for (const line of value.split("\n").slice(1)) {
      const cells: unknown[] = JSON.parse(line);
      if (cells.length === 4) {
        const [receiver, source, type, principal] = cells.map(String);
        party = { receiver, source, type, principal };
        continue;
      }
      const [sequence, run, attempts, acceptedMs, endedMs, fingerprint, id] = cells;
      const meta = { ...party, id, run, attempts, acceptedMs, endedMs, fingerprint, outcome: "delivered", reason: "" };
      if (typeof sequence !== "number" || typeof id !== "string" || !isOutcomeRecord(meta)) return undefined;
      found.push({ sequence, meta: meta as unknown as OutcomeRecord, envelope: undefined });
    }
  } catch {
    return undefined;
  }
  return found.length === 0 ? undefined : found;
}

/**
 * Reads a record.
 *
 * @returns `undefined` if it is none of ours: damaged, or written by a version that is not known
 */
export function readRecord<T>(
  value: string,
  isRecord: (meta: Readonly<Record<string, unknown>>) => boolean = () => true,
): { readonly meta: T; readonly envelope: Envelope | undefined } | undefined {
  const end = value.indexOf("\n");
  try {
    const meta = JSON.parse(end === -1 ? value : value.slice(0, end));
    if (meta?.v !== 1 || !isRecord(meta)) return undefined;
    return { meta, envelope: end === -1 ? undefined : parse(value.slice(end + 1), OWN) };
  } catch {
    return undefined;
  }
}

/** Whether JSON data has what the record of a message must have. */
export function isMessageRecord(meta: Readonly<Record<string, unknown>>): boolean {
  const { receivers, runs, notBeforeMs } = meta;
  return hasNumbers(meta, ["acceptedMs", "order", "fingerprint"]) && typeof meta.principal === "string" &&
    Array.isArray(receivers) && receivers.every((name) => typeof name === "string") &&
    (runs === undefined || Array.isArray(runs) && runs.length === receivers.length) &&
    (notBeforeMs === undefined || typeof notBeforeMs === "number");
}

/** Whether JSON data has what a retry state must have. */
export function isDeliveryRecord(meta: Readonly<Record<string, unknown>>): boolean {
  return hasNumbers(meta, ["run", "attempts", "dueMs", "waitMs"]) && isHistory(meta.history);
}

/** Whether JSON data has what the record of an outcome must have. */
export function isOutcomeRecord(meta: Readonly<Record<string, unknown>>): boolean {
  return hasNumbers(meta, ["run", "attempts", "acceptedMs", "endedMs", "fingerprint"]) &&
    [meta.source, meta.id, meta.type, meta.receiver, meta.reason, meta.principal].every((text) =>
      typeof text === "string"
    ) && OUTCOMES.includes(meta.outcome as Outcome) && (meta.history === undefined || isHistory(meta.history));
}

function isHistory(history: unknown): boolean {
  return Array.isArray(history) &&
    history.every((one) => typeof one?.reason === "string" && hasNumbers(one, ["attempt", "atMs"]));
}

function hasNumbers(meta: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => typeof meta[name] === "number");
}

/** How many bytes a text takes in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  // One look of the regular expression takes a quarter of what the loop takes, and most texts are ASCII.
  if (!NOT_ASCII.test(text)) return bytes;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit < 0x800 ? 1 : unit >= 0xd800 && unit < 0xe000 ? 1 : 2;
  }
  return bytes;
}
