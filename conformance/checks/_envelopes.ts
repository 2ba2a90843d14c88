import fc from "fast-check";
import type { Json, JsonObject } from "../control.ts";
import { canonical } from "../session.ts";

/** Every attribute of the table, each with a value that keeps its grammar, and one extension of each type. */
export const FULL: JsonObject = {
  specversion: "1.0",
  source: "/suite/full?a=b#c",
  type: "thing.happened",
  time: "2026-01-01T12:34:56.789+05:30",
  subject: "Käse & Brot",
  datacontenttype: "application/json; charset=utf-8",
  dataschema: "https://schema.example/thing.json",
  priority: "HIGH",
  target: "b",
  correlationid: "conversation 1",
  causationid: "cause-1",
  expirytime: "2027-01-01T00:00:00Z",
  deliverat: "2025-12-31T00:00:00Z",
  replyto: "b@i1",
  partitionkey: "lane",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  tracestate: "vendor=one,other=two",
  extension: "text",
  count: -7,
  flag: false,
  data: { list: [1, "zwei", null] },
};

/** One field, and values that break its grammar or length. */
export const BAD_VALUES: Readonly<Record<string, readonly Json[]>> = {
  specversion: ["1.1", "0.3", "", 1, "1.0 "],
  id: ["", 5, "a\u0000b", "x".repeat(257), "\ud800", "a\ufffeb", "line\nbreak"],
  source: ["", "a b", "x".repeat(1_025), "http://[", 5, "%zz", "back\\slash"],
  type: ["", "a..b", ".a", "a.", "a b", "a.*", "a.>", "ü.x", "x".repeat(257), true],
  time: ["yesterday", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00", 0],
  subject: ["", "bell\u0007", "x".repeat(4_097), false],
  datacontenttype: ["json", "", "text/", "/plain", 1],
  dataschema: ["/relative", "", 1, "schema"],
  priority: ["low", "Critical", "URGENT", "", 3, "HIGH "],
  target: ["B", "-b", "b@", "b@i 1", "b@i@1", "x".repeat(64), `b@${"x".repeat(129)}`, ""],
  correlationid: ["", "\u001f", "x".repeat(4_097)],
  causationid: ["", "\u007f", "x".repeat(4_097)],
  expirytime: ["tomorrow", "2027-01-01", "2027-13-01T00:00:00Z", ""],
  deliverat: ["later", "2025-12-31", ""],
  replyto: ["b", "b@", "@i1", "B@i1", ""],
  partitionkey: ["", "\u0000", "x".repeat(4_097)],
  traceparent: ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", "zz", ""],
  tracestate: ["", "\u0001"],
  extension: ["x".repeat(4_097), "\ud83d", "tab\t", [1], {}, 1.5, 2_147_483_648, -2_147_483_649],
};

/** Text of an attribute: not empty, without control characters, lone surrogates and noncharacters. */
export function text(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: "grapheme", minLength: 1, maxLength }).filter((one) =>
    one.length > 0 && one.length <= maxLength && !FORBIDDEN.test(one)
  );
}

/** Extension attributes of every type. */
export function extensions(): fc.Arbitrary<JsonObject> {
  const name = fc.stringMatching(/^[a-z0-9]{1,64}$/).filter((one) => !KNOWN.has(one));
  const integer = fc.integer({ min: -2_147_483_648, max: 2_147_483_647 });
  return fc.dictionary(name, fc.oneof(text(60), fc.constant(""), integer, fc.boolean()), {
    maxKeys: 12,
    noNullPrototype: true,
  });
}

/** Data of JSON. */
export function jsonData(): fc.Arbitrary<Json> {
  return fc.jsonValue({ maxDepth: 6, stringUnit: "grapheme" }).map((value) => JSON.parse(JSON.stringify(value)));
}

/** An envelope as text that is equal for equal envelopes: data of no JSON media type counts by its bytes. */
export function comparable(envelope: JsonObject): string {
  const { data, ...rest } = envelope;
  const essence = String(envelope.datacontenttype ?? "application/json").split(";")[0].trim().toLowerCase();
  if (typeof data !== "string" || /[/+]json$/.test(essence)) return canonical(envelope);
  return canonical({ ...rest, data_base64: base64(new TextEncoder().encode(data)) });
}

/** Bytes as padded base64. */
export function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Data nested so deep. */
export function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}0${"}".repeat(depth)}`;
}

const KNOWN = new Set([...Object.keys(FULL), "id", "data"]);
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef]|\p{Cs}|\p{Noncharacter_Code_Point}/u;
