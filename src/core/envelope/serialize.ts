/**
 * From envelopes to structured JSON.
 *
 * @module
 */

import { BellhopError } from "../error.ts";
import { encodeBase64 } from "./_base64.ts";
import type { Envelope } from "./envelope.ts";

/**
 * Writes an envelope as structured JSON (`application/cloudevents+json`); bytes in `data` become `data_base64`.
 *
 * The envelope is taken to be valid: only what JSON cannot say at all is refused here.
 *
 * Source: CloudEvents 1.0.2 JSON Event Format, section 3.
 *
 * @throws {BellhopError} `envelope-invalid` if the data holds a circle or a bigint
 *
 * @example
 * ```ts
 * import { serialize } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(
 *   serialize({ specversion: "1.0", id: "1", source: "/a", type: "b", data: new Uint8Array([1, 2]) }),
 *   '{"specversion":"1.0","id":"1","source":"/a","type":"b","data_base64":"AQI="}',
 * );
 * ```
 */
export function serialize(envelope: Envelope): string {
  return toJson(envelope.data instanceof Uint8Array ? withBase64(envelope, envelope.data) : envelope);
}

/**
 * Writes envelopes as a batch (`application/cloudevents-batch+json`).
 *
 * @throws {BellhopError} `envelope-invalid` if the data of one holds a circle or a bigint
 *
 * @example
 * ```ts
 * import { serializeBatch } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * assertEquals(serializeBatch([]), "[]");
 * ```
 */
export function serializeBatch(envelopes: readonly Envelope[]): string {
  return `[${envelopes.map(serialize).join(",")}]`;
}

/** Any JSON value as text. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new BellhopError("envelope-invalid", "The data cannot be written as JSON", { field: "data", cause });
  }
}

function withBase64(envelope: Envelope, bytes: Uint8Array): Record<string, unknown> {
  const { data: _, ...attributes } = envelope;
  return { ...attributes, data_base64: encodeBase64(bytes) };
}
