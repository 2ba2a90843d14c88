/**
 * An outbox in a store: a record for each message that must survive, one for its retries, one for what failed for good.
 *
 * All three are JSON arrays that begin with the version of their form.
 *
 * @module
 */
import type { Envelope } from "../envelope/envelope.ts";
import { BellhopError } from "../error.ts";
import type { OutboxEnd, OutboxMessage } from "./message.ts";

/** The version that is written. */
const VERSION = 1;

/** Retries of a message, as they are resumed. */
export interface OutboxRetries {
  /** What its budget is charged with. */
  readonly attempts: number;
  /** When it is due, epoch milliseconds. */
  readonly dueMs: number;
  /** How long that is from when it was written, in milliseconds: a clock that was set cannot make it longer. */
  readonly waitMs: number;
  /** What was last wrong. */
  readonly reason: string;
}

/** The key of the n-th message: keys sort as numbers do. */
export function outboxKey(n: number): string {
  return String(n).padStart(16, "0");
}

/**
 * The message in an envelope's JSON, which is taken to be one that `serialize` wrote.
 *
 * @param timeOf reads a timestamp, as epoch milliseconds
 */
export function outboxMessage(json: string, timeOf: (timestamp: string) => number): OutboxMessage {
  const envelope: Attributes = JSON.parse(json);
  const { expirytime } = envelope;
  return messageOf(envelope, expirytime === undefined ? null : timeOf(expirytime), json);
}

/** A message with the moment when it was taken. The envelope is put in as it is: it is JSON already. */
export function messageRecord(message: OutboxMessage, acceptedMs: number): string {
  return `${recorded([acceptedMs, message.expiresMs]).slice(0, -1)},${message.json}]`;
}

/** @throws {BellhopError} `store-version`, `store-failed` */
export function readMessageRecord(value: string): { readonly message: OutboxMessage; readonly acceptedMs: number } {
  const [acceptedMs, expiresMs, envelope] = read(value) as [number, number | null, Attributes];
  return { message: messageOf(envelope, expiresMs), acceptedMs };
}

/** The retries of a message. */
export function retriesRecord({ attempts, dueMs, waitMs, reason }: OutboxRetries): string {
  return recorded([attempts, dueMs, waitMs, reason]);
}

/** @throws {BellhopError} `store-version`, `store-failed` */
export function readRetriesRecord(value: string): OutboxRetries {
  const [attempts, dueMs, waitMs, reason] = read(value) as [number, number, number, string];
  return { attempts, dueMs, waitMs, reason };
}

/** A message that failed for good. */
export function endRecord({ message, outcome, reason, attempts, acceptedMs, endedMs }: OutboxEnd): string {
  const facts = recorded([outcome, reason, attempts, acceptedMs, endedMs, message.expiresMs]);
  return `${facts.slice(0, -1)},${message.json}]`;
}

/** @throws {BellhopError} `store-version`, `store-failed` */
export function readEndRecord(value: string): OutboxEnd {
  const [outcome, reason, attempts, acceptedMs, endedMs, expiresMs, envelope] = read(value);
  const message = messageOf(envelope as Attributes, expiresMs as number | null);
  return { message, outcome, reason, attempts, acceptedMs, endedMs } as OutboxEnd;
}

type Attributes = Pick<OutboxMessage, "id" | "source"> & Pick<Envelope, "priority" | "partitionkey" | "expirytime">;

function messageOf(envelope: Attributes, expiresMs: number | null, json = JSON.stringify(envelope)): OutboxMessage {
  const { source, id, priority = "NORMAL", partitionkey } = envelope;
  return { source, id, priority, partitionkey, expiresMs: expiresMs ?? Infinity, json };
}

/** What is infinite becomes `null`. */
function recorded(facts: readonly unknown[]): string {
  return JSON.stringify([VERSION, ...facts]);
}

function read(value: string): unknown[] {
  let parts: unknown;
  try {
    parts = JSON.parse(value);
  } catch (cause) {
    throw new BellhopError("store-failed", "this record is damaged", { cause });
  }
  if (!Array.isArray(parts)) throw new BellhopError("store-failed", "no outbox wrote this record");
  const [version, ...rest] = parts;
  if (version !== VERSION) {
    throw new BellhopError("store-version", `an outbox wrote version ${version}, not ${VERSION}`);
  }
  return rest;
}
