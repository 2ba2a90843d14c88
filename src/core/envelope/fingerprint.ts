/**
 * The content of an envelope as one number: whether a repeated id still says the same.
 *
 * @module
 */

import { isJsonType } from "./_media_type.ts";
import { encodeUtf8 } from "./_utf8.ts";
import type { Envelope } from "./envelope.ts";

// Nested deeper than any limit allows: what lies below does not count, so that no input exhausts the stack.
const MAX_DEPTH = 1_000;

const EMPTY = 0;
const TRUE = 1;
const FALSE = 2;
const NUMBER = 3;
const STRING = 4;
const ARRAY = 5;
const OBJECT = 6;
const BYTES = 7;

// Scratch of one call, never kept across calls: the two halves of the hash just made, and a number's bits.
const lanes = new Int32Array(2);
const double = new Float64Array(1);
const bits = new Int32Array(double.buffer);

/**
 * A hash over the data and all attributes but those that name the message (`id`, `source`: who compares has found them
 * equal) and `specversion`, which has one value. The order of members does not count, and neither does the content mode an envelope travelled in. So `5` and `"5"` are one as an attribute, text of a type other than JSON is
 * one with its UTF-8, `application/json` is one with no `datacontenttype`, and empty bytes or text are one with no
 * data.
 *
 * Not cryptographic: it tells honest mistakes, and a sender who wants two contents under one id can have them. The
 * number is kept in records on disk: to change how it is made is to change their version.
 *
 * @returns an integer from 0 to 2^53 - 1; equal for equal content, and hardly ever (2^-53) for other
 *
 * @example
 * ```ts
 * import { fingerprint } from "@bellhop/bellhop";
 * import { assertEquals, assertNotEquals } from "@std/assert";
 * const envelope = { specversion: "1.0", id: "1", source: "/a", type: "b", data: { x: 1, y: 2 } } as const;
 * assertEquals(fingerprint(envelope), fingerprint({ ...envelope, data: { y: 2, x: 1 } }));
 * assertNotEquals(fingerprint(envelope), fingerprint({ ...envelope, data: { x: 1, y: 3 } }));
 * ```
 */
export function fingerprint(envelope: Envelope): number {
  let low = 0;
  let high = 0;
  for (const name in envelope) {
    const value = envelope[name];
    if (value === undefined) continue;
    if (name === "data") hashData(value, envelope.datacontenttype);
    else if (
      name === "id" || name === "source" || value === null || name === "specversion" ||
      (name === "datacontenttype" && value === "application/json")
    ) {
      continue;
    } else {
      seed(STRING);
      mixText(name);
      mixText(typeof value === "string" ? value : String(value));
      finish();
    }
    // A sum does not know the order of its terms.
    low = (low + lanes[0]) | 0;
    high = (high + lanes[1]) | 0;
  }
  return (high & 0x1fffff) * 4_294_967_296 + (low >>> 0);
}

function hashData(data: unknown, contentType: string | undefined): void {
  if (data instanceof Uint8Array) mixBytes(data);
  else if (!isJsonType(contentType ?? undefined)) {
    if (typeof data === "string") mixBytes(encodeUtf8(data));
    else lanes.fill(0);
  } else {
    seed(OBJECT);
    mixValue(data, 0);
    finish();
  }
}

function mixValue(value: unknown, depth: number): void {
  if (typeof value === "string") {
    step(STRING);
    mixText(value);
  } else if (typeof value === "number") {
    step(NUMBER);
    if ((value | 0) === value) step(value);
    else {
      double[0] = value;
      step(bits[0]);
      step(bits[1]);
    }
  } else if (typeof value !== "object" || value === null) step(value === true ? TRUE : value === false ? FALSE : EMPTY);
  else if (depth === MAX_DEPTH) step(EMPTY);
  else if (Array.isArray(value)) {
    step(ARRAY);
    for (let at = 0; at < value.length; at++) mixValue(value[at], depth + 1);
    step(value.length);
  } else mixMembers(value as Record<string, unknown>, depth);
}

function mixMembers(value: Record<string, unknown>, depth: number): void {
  const outerLow = lanes[0];
  const outerHigh = lanes[1];
  let low = 0;
  let high = 0;
  for (const name in value) {
    const member = value[name];
    if (member === undefined) continue;
    seed(OBJECT);
    mixText(name);
    mixValue(member, depth + 1);
    finish();
    low = (low + lanes[0]) | 0;
    high = (high + lanes[1]) | 0;
  }
  lanes[0] = outerLow;
  lanes[1] = outerHigh;
  step(OBJECT);
  step(low);
  step(high);
}

function mixBytes(bytes: Uint8Array): void {
  if (bytes.length === 0) {
    lanes.fill(0);
    return;
  }
  seed(BYTES);
  for (let at = 0; at < bytes.length; at++) step(bytes[at]);
  step(bytes.length);
  finish();
}

function seed(kind: number): void {
  lanes[0] = 0x2f0b4c47 ^ kind;
  lanes[1] = 0x5bd1e995 + kind;
}

/** Takes in 32 bits: each lane by a multiplication and a rotation of its own. */
function step(value: number): void {
  const low = Math.imul(lanes[0] ^ value, 0x9e3779b1 | 0);
  const high = Math.imul(lanes[1] ^ value, 0x85ebca77 | 0);
  lanes[0] = (low << 15) | (low >>> 17);
  lanes[1] = (high << 13) | (high >>> 19);
}

/** Takes in a text, two code units at a time, and its length, so that no two texts run into each other. */
function mixText(text: string): void {
  const length = text.length;
  let low = lanes[0];
  let high = lanes[1];
  let at = 0;
  for (; at + 1 < length; at += 2) {
    const pair = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
    low = Math.imul(low ^ pair, 0x9e3779b1 | 0);
    high = Math.imul(high ^ pair, 0x85ebca77 | 0);
    low = (low << 15) | (low >>> 17);
    high = (high << 13) | (high >>> 19);
  }
  lanes[0] = low;
  lanes[1] = high;
  if (at < length) step(text.charCodeAt(at));
  step(length);
}

/** Spreads each bit over the lane (the finalizer of MurmurHash3), so that lanes may be summed. */
function finish(): void {
  let low = lanes[0] ^ lanes[1];
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b | 0);
  low = Math.imul(low ^ (low >>> 13), 0xc2b2ae35 | 0);
  lanes[0] = low ^ (low >>> 16);
  let high = lanes[1];
  high = Math.imul(high ^ (high >>> 16), 0x7feb352d);
  high = Math.imul(high ^ (high >>> 15), 0x846ca68b | 0);
  lanes[1] = high ^ (high >>> 16);
}
