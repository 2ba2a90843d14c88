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

/** The record of an unfinished message. */
export interface MessageRecord {
  readonly acceptedMs: number;
  readonly order: number;
  readonly receivers: readonly string[];
  readonly runs?: readonly number[];
  readonly fingerprint: number;
  readonly principal: string;
  readonly replyTo?: string;
  readonly instance?: string;
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

/** Key of a message's record. */
export function messageKey(sequence: number): string {
  return sequence.toString(36).padStart(11, "0");
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
  const line = JSON.stringify({ v: 1, ...meta });
  return envelope === undefined ? line : `${line}\n${serialize(envelope)}`;
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
  const { receivers, runs } = meta;
  return hasNumbers(meta, ["acceptedMs", "order", "fingerprint"]) && typeof meta.principal === "string" &&
    Array.isArray(receivers) && receivers.every((name) => typeof name === "string") &&
    (runs === undefined || Array.isArray(runs) && runs.length === receivers.length);
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
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit < 0x800 ? 1 : unit >= 0xd800 && unit < 0xe000 ? 1 : 2;
  }
  return bytes;
}
