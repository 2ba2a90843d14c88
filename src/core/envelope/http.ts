/**
 * The three content modes of the CloudEvents HTTP Protocol Binding, on headers and bytes alone.
 *
 * @module
 */

import { BellhopError, type Fault } from "../error.ts";
import { checkDataValue } from "./_data.ts";
import { decodeHeaderValue, encodeHeaderValue } from "./_header_value.ts";
import { isJsonType, isTextType, parseMediaType } from "./_media_type.ts";
import { checkName, fault } from "./_rules.ts";
import { decodeUtf8 } from "./_utf8.ts";
import type { Envelope } from "./envelope.ts";
import { DEFAULT_ENVELOPE_LIMITS, type EnvelopeLimits } from "./limits.ts";
import { type BatchItem, malformed, parse, parseBatch, parseJson, tooLarge } from "./parse.ts";
import { serialize, serializeBatch, toJson } from "./serialize.ts";
import { assertEnvelope, invalidEnvelope, validateAttributes } from "./validate.ts";

/** Content type of one envelope in structured mode. */
export const STRUCTURED_TYPE = "application/cloudevents+json";
/** Content type of a batch. */
export const BATCHED_TYPE = "application/cloudevents-batch+json";

const PREFIX = "ce-";
const UTF8 = "; charset=utf-8";

/** What an HTTP message carried, by its content mode. */
export type HttpContent =
  | { readonly mode: "structured" | "binary"; readonly envelope: Envelope }
  | { readonly mode: "batched"; readonly results: readonly BatchItem[] };

/** Headers and body of an HTTP message, as `fetch` and `Response` take them. */
export interface HttpMessage {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where the envelope has no data in binary mode. */
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Reads the envelope or envelopes of an HTTP request or response, whatever the content mode.
 *
 * The content type decides: the two CloudEvents types for structured and batched mode, and binary mode for any other
 * where one of the four required `ce-` headers is there. In binary mode a JSON body becomes its value, text (`text/*`
 * and XML, in UTF-8) a string, any other body bytes, and the empty body no data. Every extension arrives as a string,
 * for a header has no types.
 *
 * A header that was sent twice arrives joined by a comma and a space, for `Headers` knows no better. Where the
 * attribute's rule does not allow them, that is its fault (`specversion`, `source`, `type`, `time`, `priority`, `target`
 * and the like); in `id`, `subject` and extensions the joined value is taken as it stands.
 *
 * Source: CloudEvents 1.0.2 HTTP Protocol Binding, section 3.
 *
 * @param body all of the body; the caller has bounded it as it arrived
 * @throws {BellhopError} `content-type-unsupported`, and whatever {@linkcode parse} and {@linkcode parseBatch} throw
 *
 * @example
 * ```ts
 * import { fromHttp } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const headers = new Headers({ "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "b" });
 * headers.set("content-type", "text/plain");
 * const content = fromHttp(headers, new TextEncoder().encode("hello"));
 * assertEquals(content.mode === "binary" && content.envelope.data, "hello");
 * ```
 */
export function fromHttp(
  headers: Headers,
  body: Uint8Array,
  limits: EnvelopeLimits = DEFAULT_ENVELOPE_LIMITS,
): HttpContent {
  const contentType = headers.get("content-type");
  const media = contentType === null ? undefined : parseMediaType(contentType);
  if (media?.essence.startsWith("application/cloudevents")) {
    if (media.charset === "" || media.charset === "utf-8") {
      if (media.essence === STRUCTURED_TYPE) return { mode: "structured", envelope: parse(body, limits) };
      if (media.essence === BATCHED_TYPE) return { mode: "batched", results: parseBatch(body, limits) };
    }
    throw new BellhopError("content-type-unsupported");
  }
  if (!["specversion", "id", "source", "type"].some((name) => headers.has(PREFIX + name))) {
    throw new BellhopError("content-type-unsupported");
  }
  return { mode: "binary", envelope: fromBinary(headers, contentType, body, limits) };
}

/**
 * Writes an envelope in structured mode: everything in the body, which is what a signature covers.
 *
 * @throws {BellhopError} `envelope-invalid` as {@linkcode serialize} does
 *
 * @example
 * ```ts
 * import { toStructured } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const { headers } = toStructured({ specversion: "1.0", id: "1", source: "/a", type: "b" });
 * assertEquals(headers["content-type"], "application/cloudevents+json; charset=utf-8");
 * ```
 */
export function toStructured(envelope: Envelope): HttpMessage & { readonly body: string } {
  return { headers: { "content-type": STRUCTURED_TYPE + UTF8 }, body: serialize(envelope) };
}

/**
 * Writes envelopes as one batch.
 *
 * @throws {BellhopError} `envelope-invalid` as {@linkcode serialize} does
 *
 * @example
 * ```ts
 * import { toBatched } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(toBatched([]).body, "[]");
 * ```
 */
export function toBatched(envelopes: readonly Envelope[]): HttpMessage & { readonly body: string } {
  return { headers: { "content-type": BATCHED_TYPE + UTF8 }, body: serializeBatch(envelopes) };
}

/**
 * Writes an envelope in binary mode: attributes as `ce-` headers, data as the body.
 *
 * Data without `datacontenttype` is sent as `application/json`, which absence means, and bytes without any type.
 * Empty data cannot be told from none.
 *
 * @throws {BellhopError} `envelope-invalid` with every fault: what is not valid could break out of its header
 *
 * @example
 * ```ts
 * import { toBinary } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const { headers, body } = toBinary({ specversion: "1.0", id: "1", source: "/a", type: "b", subject: "50 %", data: 7 });
 * assertEquals(headers["ce-subject"], "50%20%25");
 * assertEquals(body, "7");
 * ```
 */
export function toBinary(envelope: Envelope, limits: EnvelopeLimits = DEFAULT_ENVELOPE_LIMITS): HttpMessage {
  assertEnvelope(envelope, limits);
  const headers: Record<string, string> = {};
  for (const name in envelope) {
    const value = envelope[name];
    if (name === "data" || name === "datacontenttype" || value === undefined || value === null) continue;
    headers[PREFIX + name] = encodeHeaderValue(String(value));
  }
  const { data } = envelope;
  // A validated content type is of printable ASCII and needs no escaping.
  const contentType = envelope.datacontenttype ?? undefined;
  const json = isJsonType(contentType);
  if (contentType !== undefined) headers["content-type"] = contentType;
  else if (data !== undefined && !(data instanceof Uint8Array)) headers["content-type"] = "application/json";
  if (data === undefined || (data === null && !json)) return { headers, body: undefined };
  if (data instanceof Uint8Array) return { headers, body: data as Uint8Array<ArrayBuffer> };
  return { headers, body: json ? toJson(data) : data as string };
}

function fromBinary(
  headers: Headers,
  contentType: string | null,
  body: Uint8Array,
  limits: EnvelopeLimits,
): Envelope {
  if (body.byteLength > limits.maxBytes) throw tooLarge(limits.maxBytes);
  const envelope: Record<string, unknown> = {};
  const faults: Fault[] = [];
  if (contentType !== null) envelope.datacontenttype = contentType;
  let count = 0;
  headers.forEach((raw, header) => {
    if (!header.startsWith(PREFIX) || ++count > limits.maxAttributes) return;
    const name = header.slice(PREFIX.length);
    if (name === "datacontenttype") {
      faults.push(fault(name, "conflict", "The content type stands in content-type, not in ce-datacontenttype"));
      return;
    }
    const bad = checkName(name);
    const value = decodeHeaderValue(name, raw);
    if (bad !== undefined) faults.push(bad);
    else if (typeof value !== "string") faults.push(value);
    // The name is of letters and digits, so that this cannot reach a prototype.
    if (bad === undefined) envelope[name] = typeof value === "string" ? value : undefined;
  });
  if (count > limits.maxAttributes) {
    throw invalidEnvelope([fault("", "too-many", `An envelope may have ${limits.maxAttributes} attributes`)]);
  }
  const undecoded = new Set(faults.map(({ field }) => field));
  faults.push(...validateAttributes(envelope, limits).filter(({ field }) => !undecoded.has(field)));
  const untyped = faults.some(({ field }) => field === "datacontenttype");
  const data = untyped ? undefined : readData(body, contentType, limits, faults);
  if (faults.length > 0) throw invalidEnvelope(faults);
  if (data !== undefined) envelope.data = data;
  return envelope as Envelope;
}

function readData(body: Uint8Array, contentType: string | null, limits: EnvelopeLimits, faults: Fault[]): unknown {
  if (body.byteLength === 0) return undefined;
  if (contentType === null) return body;
  if (!isJsonType(contentType)) return (isTextType(contentType) ? decodeUtf8(body) : undefined) ?? body;
  const text = decodeUtf8(body);
  if (text === undefined) throw malformed("The body is not UTF-8");
  const data = parseJson(text);
  const bad = data === null ? undefined : checkDataValue(data, limits);
  if (bad !== undefined) faults.push(bad);
  return data;
}
