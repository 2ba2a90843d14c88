/**
 * The envelope: one message as every part of Bellhop sees it.
 *
 * @module
 */

import type { Priority } from "../priority/mod.ts";

/**
 * A CloudEvents 1.0 event with Bellhop's extensions, as plain data.
 *
 * Attributes carry their CloudEvents names. An attribute that is not listed here is an extension: a string, an
 * integer of 32 bits or a boolean under a name of lower-case letters and digits; it is preserved in every mode.
 *
 * Binary data stands in `data` as a `Uint8Array`; on the JSON wire it is `data_base64`. Where `datacontenttype` is
 * absent or JSON, `data` is any JSON value (or, where absent, bytes); otherwise `data` is a string, standing for its
 * UTF-8, or bytes.
 *
 * The type says how an envelope looks; {@linkcode validate} says whether a value is one.
 *
 * Source: CloudEvents 1.0.2, "Context Attributes"; its extensions Correlation, Expiry Time, Partitioning and
 * Distributed Tracing.
 *
 * @example
 * ```ts
 * import { type Envelope, validate } from "@bellhop/bellhop";
 * import { assertEquals } from "@std/assert";
 * const envelope: Envelope = {
 *   specversion: "1.0",
 *   id: "7d1f",
 *   source: "/documents",
 *   type: "document.created",
 *   data: { id: "42" },
 *   priority: "CRITICAL",
 * };
 * assertEquals(validate(envelope), []);
 * ```
 */
export interface Envelope<Data = unknown> {
  /** Version of CloudEvents: always `1.0`. */
  readonly specversion: "1.0";
  /** Names the message together with `source`; 1 to 256 characters. */
  readonly id: string;
  /** Who sent it: a URI reference of 1 to 1,024 characters. */
  readonly source: string;
  /** What happened: dot-separated tokens of printable ASCII without `*` and `>`; 1 to 256 characters. */
  readonly type: string;
  /** When it happened: RFC 3339. */
  readonly time?: string;
  /** What it is about, within the source. */
  readonly subject?: string;
  /** Media type of the data; absent means `application/json`, or bytes without a type. */
  readonly datacontenttype?: string;
  /** Absolute URI of the schema of the data. */
  readonly dataschema?: string;
  /** The payload: a JSON value, text, or bytes. */
  readonly data?: Data;
  /** Retry budget, persistence and scheduling weight in one word; absent means `NORMAL`. */
  readonly priority?: Priority;
  /** The service it is for, or one instance as `name@instance`; absent means every subscriber of the type. */
  readonly target?: string;
  /** Groups messages that belong to one conversation. */
  readonly correlationid?: string;
  /** The id of the message that caused this one. */
  readonly causationid?: string;
  /** When it may be delivered, not before: RFC 3339. Absent means at once. */
  readonly deliverat?: string;
  /** The instance that waits for a reply, as `name@instance`. */
  readonly replyto?: string;
  /** When it stops being worth delivering: RFC 3339. */
  readonly expirytime?: string;
  /** Messages of one key, priority and target are delivered in order. */
  readonly partitionkey?: string;
  /** W3C Trace Context: position in the trace. */
  readonly traceparent?: string;
  /** W3C Trace Context: what vendors add. */
  readonly tracestate?: string;
  /** An extension attribute: a string, an integer of 32 bits or a boolean. */
  readonly [attribute: string]: unknown;
}
