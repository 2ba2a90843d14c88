/**
 * How records lie in a Deno KV database: schema version 2. In version 1 the checksum was of the text alone, and the last
 * two rows of this table were not there.
 *
 * | key                                    | value                                                                  |
 * | -------------------------------------- | ---------------------------------------------------------------------- |
 * | `["bellhop", keyspace, key]`           | 1 byte: number of parts, 4 bytes: CRC-32 of key and text, then the text |
 * | `["bellhop", keyspace, key, 1]` to `n` | the other parts of the text, of a record that is larger than one value |
 * | `["bellhop", "long", keyspace, key]`   | 1 byte: number of parts, of a record that has more than one            |
 * | `["bellhop", "schema"]`                | `{ version }`                                                          |
 * | `["bellhop", "owner"]`                 | `{ id }`: who opened the store last                                    |
 * | `["bellhop", "commits"]`               | how many commits there have been                                       |
 * | `["bellhop", "damaged", keyspace, …]`  | rows of a record that could not be read when it was written over       |
 *
 * @module
 */

import { type Keyspace, KEYSPACES, type StoreOperation } from "../../core/bus/operation.ts";
import type { StoreRecord } from "../../ports/store.ts";
import { crc32 } from "./_crc32.ts";

/** A key of the database. */
export type RowKey = readonly (string | number)[];

/** One change of one row: a value to set, or `undefined` to delete it. */
export interface RowChange {
  readonly key: RowKey;
  readonly value: Uint8Array | undefined;
}

/** One row as it was read. */
export interface Row {
  readonly key: RowKey;
  readonly value: unknown;
}

/** How many parts each record has that has more than one; the key is {@linkcode longKey}'s. */
export type LongRecords = Map<string, number>;

/** The rules of Deno KV for one atomic commit, and for one value (`ext/kv/config.rs`); passing them is a `TypeError`. */
export const MOST_VALUE_BYTES = 65_536;
/** One less than Deno's, for the count of commits. */
const MOST_CHANGES = 999;
const MOST_BYTES = 819_200;
const MOST_KEY_BYTES = 81_920;

/** The largest record whose rows fit in one atomic commit together with those of the record that it replaces. */
export const MOST_KV_RECORD_BYTES = 786_432;
/** More rows than the largest record has, so that each page that is read holds a whole one. */
export const MOST_PARTS = 13;

export const SCHEMA_KEY: RowKey = ["bellhop", "schema"];
export const OWNER_KEY: RowKey = ["bellhop", "owner"];
export const LONG_PREFIX: RowKey = ["bellhop", "long"];
export const COMMITS_KEY: RowKey = ["bellhop", "commits"];
const DAMAGED_PREFIX: RowKey = ["bellhop", "damaged"];

/** Number of parts and checksum come before the text. */
const HEAD_BYTES = 5;
const NONE: readonly RowChange[] = [];
const encoder = new TextEncoder();
/** Keeps a byte order mark, which is part of the value; throws at bytes that are no text. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const keyspaces: ReadonlySet<unknown> = new Set(KEYSPACES);

/** What all rows of a keyspace begin with. */
export function keyspacePrefix(keyspace: Keyspace): RowKey {
  return ["bellhop", keyspace];
}

/** The first row of a record. */
export function headKey(keyspace: Keyspace, key: string): RowKey {
  return ["bellhop", keyspace, key];
}

/** Where a scan begins: above every row of the record `after`, and below every greater key. */
export function startAfter(keyspace: Keyspace, after: string): RowKey {
  // Keys have at most 256 characters, so what follows the 257th decides nothing; a longer start would be refused.
  return headKey(keyspace, `${after.slice(0, 257)}\0`);
}

/** The changes that operations make, in groups of which each fits in one atomic commit; no operation is cut in two. */
export function* commits(operations: readonly StoreOperation[], long: LongRecords): Generator<readonly RowChange[]> {
  let group: RowChange[] = [];
  let keyBytes = EACH_KEY_BYTES;
  let bytes = EACH_BYTES;
  for (const operation of operations) {
    const changes = changesOf(operation, long);
    const [moreKeyBytes, moreBytes] = sizeOf(changes);
    const fits = group.length + changes.length <= MOST_CHANGES && keyBytes + moreKeyBytes <= MOST_KEY_BYTES &&
      bytes + moreBytes <= MOST_BYTES;
    if (!fits) {
      yield group;
      group = [];
      keyBytes = EACH_KEY_BYTES;
      bytes = EACH_BYTES;
    }
    group.push(...changes);
    keyBytes += moreKeyBytes;
    bytes += moreBytes;
  }
  if (group.length > 0) yield group;
}

function changesOf({ keyspace, key, value }: StoreOperation, long: LongRecords): readonly RowChange[] {
  const head = headKey(keyspace, key);
  const had = long.get(longKey(keyspace, key)) ?? 1;
  if (value === undefined) {
    return [{ key: head, value: undefined }, ...dropped(head, 1, had), ...counted(keyspace, key, had, 1, long)];
  }
  const parts = cut(key, value);
  return [
    ...parts.map((part, index) => ({ key: index === 0 ? head : [...head, index], value: part })),
    ...dropped(head, parts.length, had),
    ...counted(keyspace, key, had, parts.length, long),
  ];
}

/** The parts from `from` on that a record no longer has. */
function dropped(head: RowKey, from: number, had: number): readonly RowChange[] {
  if (from >= had) return NONE;
  return Array.from({ length: had - from }, (_, index) => ({ key: [...head, from + index], value: undefined }));
}

/** Keeps count of parts, for whoever replaces the record, in this life or another. */
function counted(keyspace: Keyspace, key: string, had: number, has: number, long: LongRecords): readonly RowChange[] {
  if (had === has) return NONE;
  if (has === 1) long.delete(longKey(keyspace, key));
  else long.set(longKey(keyspace, key), has);
  return [{ key: [...LONG_PREFIX, keyspace, key], value: has === 1 ? undefined : Uint8Array.of(has) }];
}

/** A record as the values of its rows. */
function cut(key: string, value: string): readonly Uint8Array[] {
  const text = encoder.encode(value);
  const whole = new Uint8Array(HEAD_BYTES + text.length);
  whole.set(text, HEAD_BYTES);
  const count = Math.ceil(whole.length / MOST_VALUE_BYTES);
  whole[0] = count;
  new DataView(whole.buffer).setUint32(1, sumOf(key, text));
  if (count === 1) return [whole];
  return Array.from(
    { length: count },
    (_, index) => whole.subarray(index * MOST_VALUE_BYTES, (index + 1) * MOST_VALUE_BYTES),
  );
}

/** How many rows the record has that begins with this row; 0 if no record begins so. */
export function partsOf({ key, value }: Row): number {
  return key.length === 3 && value instanceof Uint8Array && value.length >= HEAD_BYTES ? value[0] : 0;
}

/** The record that these rows make, or `undefined` if they are not what was written. */
export function recordOf(rows: readonly Row[]): StoreRecord | undefined {
  const [{ key: head }] = rows;
  const values: Uint8Array[] = [];
  for (const [index, { key, value }] of rows.entries()) {
    const belongs = index === 0 || (key.length === 4 && key[2] === head[2] && key[3] === index);
    if (!belongs || !(value instanceof Uint8Array)) return undefined;
    values.push(value);
  }
  if (partsOf(rows[0]) !== values.length) return undefined;
  const whole = values.length === 1 ? values[0] : joined(values);
  const text = whole.subarray(HEAD_BYTES);
  const sum = new DataView(whole.buffer, whole.byteOffset).getUint32(1);
  if (sum !== sumOf(String(head[2]), text) && sum !== crc32(text)) return undefined;
  try {
    return { key: String(head[2]), value: decoder.decode(text) };
  } catch {
    return undefined;
  }
}

/** Of the key as well: a bit of it that turned over would make another record of it. */
function sumOf(key: string, text: Uint8Array): number {
  return (crc32(text) ^ crc32(encoder.encode(`${key} `))) >>> 0;
}

/** The changes that move a row of a damaged record to where nothing writes over it. */
export function setAside({ key, value }: Row): readonly RowChange[] {
  const bytes = value instanceof Uint8Array ? value : encoder.encode(JSON.stringify(value) ?? "");
  return [{ key: [...DAMAGED_PREFIX, ...key.slice(1)], value: bytes }, { key, value: undefined }];
}

/** What the list of long records says, or `undefined` if one of its rows is not what was written. */
export function longRecordOf({ key, value }: Row): readonly [key: string, parts: number] | undefined {
  const [, , keyspace, name] = key;
  const known = key.length === 4 && keyspaces.has(keyspace) && value instanceof Uint8Array && value.length === 1;
  if (!known || value[0] < 2 || value[0] > MOST_PARTS) return undefined;
  return [longKey(keyspace as Keyspace, String(name)), value[0]];
}

function longKey(keyspace: Keyspace, key: string): string {
  return `${keyspace} ${key}`;
}

function joined(values: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(values.reduce((length, value) => length + value.length, 0));
  let at = 0;
  for (const value of values) {
    whole.set(value, at);
    at += value.length;
  }
  return whole;
}

function sizeOf(changes: readonly RowChange[]): readonly [keyBytes: number, bytes: number] {
  let keyBytes = 0;
  let values = 0;
  for (const { key, value } of changes) {
    keyBytes += sizeOfKey(key);
    values += value?.length ?? 0;
  }
  return [keyBytes, keyBytes + values];
}

/** As Deno KV encodes it: a text has a byte before it and one after it, a number has nine. Our texts are ASCII. */
function sizeOfKey(key: RowKey): number {
  let bytes = 0;
  for (const part of key) bytes += typeof part === "string" ? part.length + 2 : 9;
  return bytes;
}

/** What each commit has beside its changes: the check of the owner, and the count of commits. */
const EACH_KEY_BYTES = sizeOfKey(OWNER_KEY) + sizeOfKey(COMMITS_KEY);
const EACH_BYTES = EACH_KEY_BYTES + 16;
