/**
 * Envelopes for property tests, valid by construction.
 *
 * @module
 */

import fc from "fast-check";
import { isJsonType } from "./_media_type.ts";
import { encodeUtf8 } from "./_utf8.ts";
import { type Envelope, fromJson, serialize } from "./mod.ts";
import { formatTimestamp } from "../timestamp.ts";

/** Text that CloudEvents allows: no controls, lone surrogates or noncharacters. */
export const text: fc.Arbitrary<string> = fc.string({
  minLength: 1,
  maxLength: 40,
  unit: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...'abcXYZ019 "%\\.,:;/?#[]@=+-_~<>{}') },
    fc.constantFrom("é", "€", "日", "😀", "\u00a0", "\ufeff", "\ufffd"),
  ),
});

const time = fc.integer({ min: 0, max: 4_102_444_800_000 }).map(formatTimestamp);
const token = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(..."abzAZ09-_/:#") });
const type = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join("."));
const source = fc.constantFrom(
  "/a",
  "urn:uuid:6e8bc430",
  "https://[::1]:80/x?y=%20#z",
  "a/b",
  "#",
  "//host",
  "mailto:a@b",
);
const name = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(..."abcxyz0189") })
  .filter((candidate) => candidate !== "data").map((candidate) => `x${candidate}`);
const extensions = fc.dictionary(
  fc.oneof(name, fc.constantFrom("constructor", "prototype")),
  fc.oneof(text, fc.maxSafeInteger().map((n) => n | 0), fc.boolean(), fc.constant("")),
  {
    maxKeys: 4,
    noNullPrototype: true,
  },
);
/** Any JSON value, as `JSON.parse` would make it. */
export const json: fc.Arbitrary<unknown> = fc.jsonValue({ noUnicodeString: false } as fc.JsonSharedConstraints)
  .map((value) => JSON.parse(JSON.stringify(value)));
const bytes = fc.uint8Array({ minLength: 1, maxLength: 50 });
const payload = fc.oneof(
  fc.constant({}),
  fc.record({ data: json }),
  fc.record({
    data: json,
    datacontenttype: fc.constantFrom("application/json", "application/x+json; charset=utf-8", "Text/JSON"),
  }),
  fc.record({ data: bytes }),
  fc.record({
    data: bytes,
    datacontenttype: fc.constantFrom("image/png", "text/plain", 'text/plain; charset="latin1"'),
  }),
  fc.record({
    data: text,
    datacontenttype: fc.constantFrom("text/plain", "application/xml", "application/octet-stream"),
  }),
);
const known = fc.record({
  time,
  subject: text,
  dataschema: fc.constantFrom("https://schemas.example/a", "urn:x"),
  priority: fc.constantFrom("LOW", "NORMAL", "HIGH", "CRITICAL"),
  target: fc.constantFrom("users", "a-1@Instance.7_x", "0"),
  correlationid: text,
  causationid: text,
  expirytime: time,
  partitionkey: text,
  traceparent: fc.constant("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
  tracestate: fc.constant("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
}, { requiredKeys: [] });

/** Any valid envelope: binary data, every known attribute, extensions. */
export const envelope: fc.Arbitrary<Envelope> = fc.tuple(
  fc.record({ id: text, source, type }),
  known,
  extensions,
  payload,
)
  .map(([required, optional, extra, content]) =>
    ({ specversion: "1.0", ...extra, ...required, ...optional, ...content }) as Envelope
  );

/**
 * What an envelope means, in whatever mode it travelled: extensions as strings, data that is not JSON as bytes, the
 * content type that absence stands for, empty data as none.
 */
export function meaning(value: Envelope): Record<string, unknown> {
  const { data, ...attributes } = value;
  const means: Record<string, unknown> = {};
  for (const [key, attribute] of Object.entries(attributes)) means[key] = String(attribute);
  if (data instanceof Uint8Array) means.data = [...data];
  else if (data !== undefined && !isJsonType(value.datacontenttype)) means.data = [...encodeUtf8(data as string)];
  else if (data !== undefined) {
    means.datacontenttype ??= "application/json";
    means.json = JSON.stringify(sorted(data));
  }
  return sorted(means) as Record<string, unknown>;
}

/** A copy as the structured wire makes it. */
export function copy(value: Envelope): Envelope {
  return value.data instanceof Uint8Array
    ? { ...value, data: value.data.slice() }
    : fromJson(JSON.parse(serialize(value)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, member]) => [key, sorted(member)]),
  );
}
