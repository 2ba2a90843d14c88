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

// What kind of thing follows: far apart, so that no length or small number makes one look like another.
const EMPTY = 0x243f_6a88;
const TRUE = 0x1319_8a2e;
const FALSE = 0x0370_7344;
const NUMBER = 0x2409_3822;
const STRING = 0x299f_31d0;
const ARRAY = 0x082e_fa98;
const OBJECT = 0x6c4e_6c89;
const DATA = 0x38d0_1377;
const BYTES = 0x4528_21e6;

const MAX_NAMES = 512;
const MAX_NAME_LENGTH = 128;
/** Names and types come again and again: a map finds them quicker than they are read. It forgets all when it is full. */
const hashes = new Map<string, number>();

// A number's bits; scratch of one call.
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
 * @returns an integer of 32 bits; equal for equal content, and hardly ever (2^-32) for other
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
  let sum = 0;
  for (const name in envelope) {
    const value = envelope[name];
    // A sum does not know the order of its terms.
    if (name === "data") sum += hashData(value, envelope.datacontenttype);
    else if (isCounted(name, value)) {
      const text = typeof value === "string" ? value : String(value);
      sum += finish(name === "type" ? step(hashOfName(name), hashOfName(text)) : mixText(hashOfName(name), text));
    }
    sum |= 0;
  }
  return sum;
}

function isCounted(name: string, value: unknown): boolean {
  if (value === undefined || value === null || name === "id" || name === "source" || name === "specversion") {
    return false;
  }
  return name !== "datacontenttype" || value !== "application/json";
}

function hashData(data: unknown, contentType: string | undefined): number {
  if (data === undefined) return 0;
  if (data instanceof Uint8Array) return hashBytes(data);
  if (isJsonType(contentType ?? undefined)) return finish(mixValue(DATA, data, 0));
  return typeof data === "string" ? hashBytes(encodeUtf8(data)) : 0;
}

function mixValue(hash: number, value: unknown, depth: number): number {
  if (typeof value === "string") return mixText(step(hash, STRING), value);
  if (typeof value === "number") {
    if ((value | 0) === value) return step(step(hash, NUMBER), value);
    double[0] = value;
    return step(step(step(hash, NUMBER), bits[0]), bits[1]);
  }
  if (typeof value !== "object" || value === null) {
    return step(hash, value === true ? TRUE : value === false ? FALSE : EMPTY);
  }
  if (depth === MAX_DEPTH) return step(hash, EMPTY);
  if (!Array.isArray(value)) return mixMembers(hash, value as Record<string, unknown>, depth);
  let mixed = step(hash, ARRAY);
  for (let at = 0; at < value.length; at++) mixed = mixValue(mixed, value[at], depth + 1);
  return step(mixed, value.length);
}

function mixMembers(hash: number, value: Record<string, unknown>, depth: number): number {
  let sum = 0;
  for (const name in value) {
    const member = value[name];
    if (member !== undefined) sum = (sum + finish(mixValue(hashOfName(name), member, depth + 1))) | 0;
  }
  return step(step(hash, OBJECT), sum);
}

function hashBytes(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  let hash = BYTES;
  for (let at = 0; at < bytes.length; at++) hash = step(hash, bytes[at]);
  return finish(step(hash, bytes.length));
}

/** Takes in 32 bits. The turn brings down what a multiplication has carried up. */
function step(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ value, 0x9e37_79b1 | 0);
  return (mixed << 15) | (mixed >>> 17);
}

function hashOfName(name: string): number {
  const known = hashes.get(name);
  if (known !== undefined) return known;
  const hash = mixText(STRING, name);
  if (name.length <= MAX_NAME_LENGTH) {
    if (hashes.size === MAX_NAMES) hashes.clear();
    hashes.set(name, hash);
  }
  return hash;
}

/** Takes in a text, two code units at a time, and its length, so that no two texts run into each other. */
function mixText(hash: number, text: string): number {
  const length = text.length;
  let mixed = step(hash, length);
  let at = 0;
  for (; at + 1 < length; at += 2) mixed = step(mixed, text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
  return at < length ? step(mixed, text.charCodeAt(at)) : mixed;
}

/** Spreads each bit over all, so that hashes may be summed. */
function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b | 0);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35 | 0);
  return mixed ^ (mixed >>> 16);
}
