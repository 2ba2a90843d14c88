/**
 * From structured JSON to envelopes: what a stranger sent becomes an envelope or a `BellhopError`, nothing else.
 *
 * @module
 */

import { BellhopError, type Fault } from "../error.ts";
import { decodeBase64 } from "./_base64.ts";
import { exceedsBytes } from "./_characters.ts";
import { checkDataValue, dataFault } from "./_data.ts";
import { countMembers, splitArray } from "./_json_scan.ts";
import { shortestJson, TOO_LARGE } from "./_json_walk.ts";
import { isJsonType } from "./_media_type.ts";
import { fault, isAttributeName, show, wrongType } from "./_rules.ts";
import { decodeUtf8 } from "./_utf8.ts";
import type { Envelope } from "./envelope.ts";
import { DEFAULT_ENVELOPE_LIMITS, type EnvelopeLimits } from "./limits.ts";
import { invalidEnvelope, isRecord, validateAttributes } from "./validate.ts";

// A member with an empty name and a digit: `"":0,`.
const SHORTEST_MEMBER = 5;

/** What became of one item of a batch. */
export type BatchItem =
  | { readonly envelope: Envelope; readonly error?: never }
  | { readonly error: BellhopError; readonly envelope?: never };

/**
 * Reads one envelope from its structured JSON (`application/cloudevents+json`).
 *
 * Members that are `null` are left out, except `data`. `data_base64` becomes bytes in `data`; where
 * `datacontenttype` is JSON, it becomes the value those bytes encode.
 *
 * Source: CloudEvents 1.0.2 JSON Event Format, section 3; RFC 8259 (names SHOULD be unique: here they MUST).
 *
 * @throws {BellhopError} `body-too-large` beyond `maxBytes`; `envelope-malformed` if the body is not UTF-8, begins
 * with a byte order mark, is not a JSON object, or names a member twice; `envelope-invalid` with every fault
 *
 * @example
 * ```ts
 * import { parse } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const envelope = parse('{"specversion":"1.0","id":"1","source":"/a","type":"b","data_base64":"AQI="}');
 * assertEquals(envelope.data, new Uint8Array([1, 2]));
 * ```
 */
export function parse(body: Uint8Array | string, limits: EnvelopeLimits = DEFAULT_ENVELOPE_LIMITS): Envelope {
  return parseText(readText(body, limits.maxBytes), limits);
}

/**
 * Reads a batch (`application/cloudevents-batch+json`): a bad item spoils itself alone.
 *
 * Source: CloudEvents 1.0.2 JSON Event Format, section 4.
 *
 * @returns one result for each item, in their order; none for the empty batch
 * @throws {BellhopError} `body-too-large` beyond `maxBatchBytes`; `batch-too-large` beyond `maxBatchEnvelopes`;
 * `envelope-malformed` if the body is not UTF-8 or not a JSON array
 *
 * @example
 * ```ts
 * import { parseBatch } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const [good, bad] = parseBatch('[{"specversion":"1.0","id":"1","source":"/a","type":"b"}, {"id":""}]');
 * assertEquals(good.envelope?.id, "1");
 * assertEquals(bad.error?.code, "envelope-invalid");
 * ```
 */
export function parseBatch(body: Uint8Array | string, limits: EnvelopeLimits = DEFAULT_ENVELOPE_LIMITS): BatchItem[] {
  const items = splitArray(readText(body, limits.maxBatchBytes), limits.maxBatchEnvelopes);
  if (items === undefined) throw malformed("The batch is not a JSON array");
  if (items.length > limits.maxBatchEnvelopes) {
    throw new BellhopError("batch-too-large", `A batch may hold ${limits.maxBatchEnvelopes} envelopes`);
  }
  // An item that is not JSON makes the whole not JSON: that is told before anything is taken from it.
  const values = items.map(parseJson);
  return values.map((value, index) => {
    try {
      if (exceedsBytes(items[index], limits.maxBytes)) throw tooLarge(limits.maxBytes);
      return { envelope: readJson(value, items[index], limits) };
    } catch (error) {
      if (error instanceof BellhopError) return { error };
      throw error;
    }
  });
}

/**
 * Takes the envelope out of JSON that is parsed already, as by `request.json()`; the value may be used up.
 *
 * It cannot see what parsing hides: bytes that are not UTF-8, and members named twice.
 *
 * @throws {BellhopError} `envelope-malformed` if the value is not an object; `envelope-invalid` with every fault
 *
 * @example
 * ```ts
 * import { fromJson } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(fromJson({ specversion: "1.0", id: "1", source: "/a", type: "b", subject: null }), {
 *   specversion: "1.0",
 *   id: "1",
 *   source: "/a",
 *   type: "b",
 * });
 * ```
 */
export function fromJson(value: unknown, limits: EnvelopeLimits = DEFAULT_ENVELOPE_LIMITS): Envelope {
  return readJson(value, undefined, limits);
}

/** The error of a body that cannot be read. */
export function malformed(detail: string, cause?: unknown): BellhopError {
  return new BellhopError("envelope-malformed", detail, { cause });
}

/** The error of a body beyond its limit. */
export function tooLarge(maxBytes: number): BellhopError {
  return new BellhopError("body-too-large", `The body may take ${maxBytes} bytes`);
}

/** Any JSON value from a text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed("The body is not JSON", cause);
  }
}

function parseText(text: string, limits: EnvelopeLimits): Envelope {
  return readJson(parseJson(text), text, limits);
}

function readText(body: Uint8Array | string, maxBytes: number): string {
  if (typeof body === "string") {
    if (exceedsBytes(body, maxBytes)) throw tooLarge(maxBytes);
    return body;
  }
  if (body.byteLength > maxBytes) throw tooLarge(maxBytes);
  const text = decodeUtf8(body);
  if (text === undefined) throw malformed("The body is not UTF-8");
  return text;
}

/** @param text what the value was parsed from, where there is one: then nothing but JSON can be in it */
function readJson(value: unknown, text: string | undefined, limits: EnvelopeLimits): Envelope {
  if (!isRecord(value)) throw malformed(`An envelope is a JSON object: got ${show(value)}`);
  const budget = text === undefined ? limits.maxBytes : text.length;
  let shortest = 1;
  let absent = 0;
  let members = 0;
  let walkFault: Fault | undefined;
  for (const name in value) {
    const member = value[name];
    members++;
    if (member === null && name !== "data") absent++;
    const part = typeof member === "string"
      ? member.length + 2
      : shortestJson(member, limits.maxDepth, budget - shortest);
    if (part < 0) walkFault = dataFault(part, limits);
    shortest += name.length + 4 + part;
  }
  if (text === undefined && shortest > budget) walkFault ??= dataFault(TOO_LARGE, limits);
  if (text !== undefined && text.length - shortest >= SHORTEST_MEMBER && countMembers(text) !== members) {
    throw malformed("A member of the envelope is named twice");
  }

  let envelope = value;
  let bytesFault: Fault | undefined;
  if (absent > 0 || value.data_base64 !== undefined) {
    const { data_base64: encoded, ...rest } = value;
    envelope = absent > 0 ? withoutNulls(rest) : rest;
    if (encoded !== undefined && encoded !== null) {
      if (value.data !== undefined) {
        bytesFault = fault("data_base64", "conflict", "Data is given twice: data and data_base64");
      } else bytesFault = takeBytes(envelope, encoded, limits);
    }
  }
  const faults = validateAttributes(envelope, limits, envelope === value ? members : undefined);
  if (faults.length > 0 || walkFault !== undefined || bytesFault !== undefined) {
    throw invalidEnvelope([...faults, ...[walkFault, bytesFault].filter((bad) => bad !== undefined)]);
  }
  return envelope as Envelope;
}

function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  // Object.fromEntries defines members, so that one called __proto__ stays a member for validation to refuse.
  // `null` makes an attribute absent; what is no name of one is a fault all the same, and `data` has `null` as a value.
  return Object.fromEntries(
    Object.entries(value).filter(([name, member]) => member !== null || !isAttributeName(name)),
  );
}

function takeBytes(envelope: Record<string, unknown>, encoded: unknown, limits: EnvelopeLimits): Fault | undefined {
  if (typeof encoded !== "string") return wrongType("data_base64", "a string", encoded);
  const bytes = decodeBase64(encoded);
  if (bytes === undefined) return fault("data_base64", "base64", "Wanted padded base64 without white space");
  const contentType = envelope.datacontenttype;
  if (typeof contentType !== "string" || !isJsonType(contentType)) {
    envelope.data = bytes;
    return undefined;
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) return fault("data_base64", "utf8", "Data of a JSON type must be UTF-8");
  try {
    envelope.data = JSON.parse(text);
  } catch {
    return fault("data_base64", "not-json", "Data of a JSON type must be JSON");
  }
  return checkDataValue(envelope.data, limits);
}
