/**
 * What every store refuses before it touches anything, so that one caller's mistake never costs another's write.
 *
 * @module
 */

import { KEYSPACES, type StoreOperation } from "../../core/bus/operation.ts";
import { BellhopError } from "../../core/error.ts";

/** The smallest `maxRecordBytes` that a store may declare. */
export const LEAST_RECORD_BYTES = 98_304;
/** `maxRecordBytes` unless told otherwise: 1 MiB. */
export const DEFAULT_RECORD_BYTES = 1_048_576;
/** The largest `maxRecordBytes` that these stores take: 64 MiB. */
export const MOST_RECORD_BYTES = 67_108_864;

const KEY = /^[\x20-\x7e]{1,256}$/;
const SCAN_LIMIT = 1_000;
const keyspaces: ReadonlySet<string> = new Set(KEYSPACES);
const encoder = new TextEncoder();

/** Why these operations cannot be written, or `undefined` if they can. */
export function refusal(operations: readonly StoreOperation[], maxRecordBytes: number): BellhopError | undefined {
  for (const { keyspace, key, value } of operations) {
    if (!keyspaces.has(keyspace)) return invalid("keyspace", `wanted one of ${KEYSPACES.join(", ")}, got ${keyspace}`);
    if (!KEY.test(key)) return invalid("key", "wanted 1 to 256 printable ASCII characters");
    if (value === undefined) continue;
    const bytes = byteLength(value, maxRecordBytes);
    if (bytes > maxRecordBytes) {
      return new BellhopError(
        "record-too-large",
        `the record ${key} has ${bytes} bytes, at most ${maxRecordBytes} fit`,
      );
    }
    // UTF-8 has no lone surrogates: a store that encodes would hand back another text than it took.
    if (!value.isWellFormed()) return invalid("value", `the record ${key} holds a lone surrogate`);
  }
  return undefined;
}

/** Throws `argument-invalid` if a scan is not one that the port allows. */
export function checkScan(keyspace: string, limit: number): void {
  if (!keyspaces.has(keyspace)) throw invalid("keyspace", `wanted one of ${KEYSPACES.join(", ")}, got ${keyspace}`);
  checkRange("limit", limit, 1, SCAN_LIMIT);
}

/** Throws `argument-invalid` if `value` is no whole number from `least` to `most`. */
export function checkRange(field: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(field, `wanted a whole number from ${least} to ${most}, got ${value}`);
}

function invalid(field: string, detail: string): BellhopError {
  return new BellhopError("argument-invalid", `${field}: ${detail}`, { field });
}

/** A code unit takes at most three bytes, so most values need no counting. */
function byteLength(value: string, enough: number): number {
  return value.length * 3 <= enough ? value.length : encoder.encode(value).byteLength;
}
