import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import * as generate from "./_generators_test.ts";
import { assertEnvelope, DEFAULT_ENVELOPE_LIMITS, validate } from "./mod.ts";

const MINIMAL = { specversion: "1.0", id: "1", source: "/a", type: "b" };
const LONG = "x".repeat(257);

/** Each: the field, what is written into it, the code of its one fault; and a value in its place that is accepted. */
const MUTATIONS: readonly (readonly [field: string, bad: unknown, code: string, good: unknown])[] = [
  ["specversion", undefined, "missing", "1.0"],
  ["specversion", "0.3", "unknown-value", "1.0"],
  ["specversion", 1, "wrong-type", "1.0"],
  ["id", undefined, "missing", "0"],
  ["id", null, "missing", "0"],
  ["id", "", "empty", "0"],
  ["id", 7, "wrong-type", "7"],
  ["id", LONG, "too-long", LONG.slice(1)],
  ["id", "a\u0000", "character", "a\u00a0"],
  ["id", "a\u007f", "character", "a~"],
  ["id", "a\u0085", "character", "a\u2028"],
  ["id", "\ud83d", "character", "\ud83d\ude00"],
  ["id", "\ude00", "character", "\ud83d\ude01"],
  ["id", "\ufdd0", "character", "\ufdcf"],
  ["id", "\uffff", "character", "\ufffd"],
  ["id", "\u{1ffff}", "character", "\u{1fffd}"],
  ["source", undefined, "missing", "/x"],
  ["source", "", "empty", "/"],
  ["source", "a b", "format", "a%20b"],
  ["source", "/a%2", "format", "/a%2f"],
  ["source", "1a:b", "format", "a1:b"],
  ["source", ":b", "format", "./:b"],
  ["source", "/a#b#c", "format", "/a#b"],
  ["source", "http://[::1", "format", "http://[::1]"],
  ["source", "http://a[::1]/", "format", "http://a@[::1]:80/"],
  ["source", "/[a]", "format", "/a"],
  ["source", "http://[::g]/", "format", "http://[::f]/"],
  ["source", "http://[1:2:3:4:5:6:7]/", "format", "http://[1:2:3:4:5:6:7:8]/"],
  ["source", "http://[1::2::3]/", "format", "http://[1::3]/"],
  ["source", "http://[1:2:3:4:5:6:7::8]/", "format", "http://[1:2:3:4:5:6:7::]/"],
  ["source", "http://[::12345]/", "format", "http://[::1234]/"],
  ["source", "http://[::ffff:1.2.3.256]/", "format", "http://[::ffff:1.2.3.255]/"],
  ["source", "http://[1.2.3.4::]/", "format", "http://[::1.2.3.4]/"],
  ["source", "http://[v1]/", "format", "http://[v1.a:b]/"],
  ["source", "http://[::1]:a/", "format", "http://[::1]:/"],
  ["source", "//a:b", "format", "//a:80"],
  ["source", "http://a:80:80/", "format", "http://a:b@c:80/d:e@f"],
  ["source", "//a@b@c", "format", "//a@b"],
  ["source", "http://a@b@c/", "format", "http://a@b/c@d"],
  ["source", "/é", "format", "/%C3%A9"],
  ["source", "/" + "x".repeat(1_024), "too-long", "/" + "x".repeat(1_023)],
  ["type", undefined, "missing", "b"],
  ["type", "", "empty", "b"],
  ["type", ".a", "format", "a.b"],
  ["type", "a.", "format", "a"],
  ["type", "a..b", "format", "a.b.c"],
  ["type", "a.*", "format", "a.x"],
  ["type", "a.>", "format", "a.<"],
  ["type", "a b", "format", "a-b"],
  ["type", "é", "format", "e"],
  ["type", LONG, "too-long", LONG.slice(1)],
  ["time", "2026-02-29T00:00:00Z", "format", "2024-02-29T00:00:00Z"],
  ["time", 5, "wrong-type", null],
  ["expirytime", "tomorrow", "format", "2026-01-01T00:00:00+01:00"],
  ["subject", "", "empty", "s"],
  ["subject", "a\r\nb", "character", "a b"],
  ["subject", "x".repeat(4_097), "too-long", "x".repeat(4_096)],
  ["datacontenttype", "json", "format", "application/json"],
  ["datacontenttype", "text/plain;charset", "format", 'text/plain; charset="utf-8"'],
  ["datacontenttype", "text/plain\r\nx: y", "format", "text/plain;"],
  ["dataschema", "/relative", "format", "https://a.example/s"],
  ["priority", "URGENT", "unknown-value", "CRITICAL"],
  ["priority", "high", "unknown-value", "HIGH"],
  ["priority", 1, "wrong-type", "LOW"],
  ["target", "Users", "format", "users"],
  ["target", "-a", "format", "a-"],
  ["target", "a@", "format", "a@B"],
  ["target", "a@b@c", "format", "a@b.c"],
  ["target", "a".repeat(64), "too-long", "a".repeat(63)],
  ["target", "a@" + "b".repeat(129), "too-long", "a@" + "b".repeat(128)],
  ["correlationid", "", "empty", "c"],
  ["causationid", true, "wrong-type", "c"],
  ["partitionkey", "\u0007", "character", "k"],
  [
    "traceparent",
    "00-" + "0".repeat(32) + "-00f067aa0ba902b7-01",
    "format",
    "00-" + "1".repeat(32) + "-00f067aa0ba902b7-01",
  ],
  [
    "traceparent",
    "ff-" + "1".repeat(32) + "-00f067aa0ba902b7-01",
    "format",
    "fe-" + "1".repeat(32) + "-00f067aa0ba902b7-01-x",
  ],
  ["tracestate", [], "wrong-type", "a=b"],
  ["myext", 2_147_483_648, "out-of-range", 2_147_483_647],
  ["myext", 1.5, "out-of-range", -2_147_483_648],
  ["myext", {}, "wrong-type", false],
  ["myext", "\ud800", "character", ""],
  ["my-ext", "x", "name", undefined],
  ["myExt", "x", "name", undefined],
  ["", "x", "name", undefined],
  ["x".repeat(65), "x", "name", undefined],
  ["data_base64", "AQI=", "name", undefined],
  ["data", NaN, "not-json", 0],
  ["data", [undefined], "not-json", [null]],
  ["data", { at: new Map() }, "not-json", { at: { b: undefined } }],
  ["data", { toJSON: () => 1 }, "not-json", { toJSON: 1 }],
  ["data", 1n, "not-json", 1],
  ["data", nested(65), "too-deep", nested(64)],
  ["data", new Uint8Array(262_145), "too-large", new Uint8Array(262_144)],
];

Deno.test("validate() finds no fault in any valid envelope", () => {
  fc.assert(fc.property(generate.envelope, (envelope) => assertEquals(validate(envelope), [])));
});

Deno.test("validate() names the one field that was spoilt, and accepts its twin", () => {
  for (const [field, bad, code, good] of MUTATIONS) {
    const faults = validate({ ...MINIMAL, [field]: bad });
    assertEquals(faults.map((fault) => fault.code), [code], `${field} = ${String(bad)}`);
    assert(field.length > 64 || faults[0].field === field, `${field}: got ${faults[0].field}`);
    assertEquals(validate({ ...MINIMAL, [field]: good }), [], `${field} = ${String(good)}`);
  }
});

Deno.test("validate() tells every fault at once, whatever the rest of the envelope is", () => {
  const spoilt = fc.uniqueArray(fc.constantFrom(...MUTATIONS), {
    selector: ([field]) => field,
    minLength: 1,
    maxLength: 8,
  })
    // What data may be depends on the content type, which is another field.
    .filter((mutations) => !mutations.some(([field]) => field.startsWith("data")));
  fc.assert(fc.property(generate.envelope, spoilt, (envelope, mutations) => {
    const value: Record<string, unknown> = { ...envelope };
    for (const [field, bad] of mutations) value[field] = bad;
    assertEquals(
      validate(value).map(({ code }) => code).sort(),
      mutations.map(([, , code]) => code).sort(),
    );
  }));
});

Deno.test("validate() names an attribute that is none when a required one is missing", () => {
  for (const name of ["specversion", "id", "source", "type"] as const) {
    const { [name]: _, ...rest } = MINIMAL;
    const faults = validate({ ...rest, my_ext: "x" }).map(({ field, code }) => [field, code]);
    assertEquals(faults, [[name, "missing"], ["my_ext", "name"]]);
  }
});

Deno.test("validate() never throws", () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withTypedArray: true,
  });
  fc.assert(fc.property(anything, generate.envelope, fc.constantFrom(...MUTATIONS), (value, envelope, [field]) => {
    validate(value);
    validate({ ...envelope, [field]: value });
  }));
  const hostile = new Proxy({}, {
    ownKeys: () => {
      throw new TypeError("no");
    },
  });
  assertEquals(validate(hostile)[0].code, "unreadable");
  const getter = {
    ...MINIMAL,
    get subject() {
      throw new TypeError("no");
    },
  };
  assertEquals(validate(Object.defineProperties({}, Object.getOwnPropertyDescriptors(getter)))[0].code, "unreadable");
});

Deno.test("validate() ends on circles and on values that share their parts", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  assertEquals(validate({ ...MINIMAL, data: circle })[0].code, "too-deep");
  let shared: unknown = 0;
  for (let level = 0; level < 60; level++) shared = [shared, shared];
  assertEquals(validate({ ...MINIMAL, data: shared })[0].code, "too-large");
});

Deno.test("validate() ends on a megabyte made to be slow, in every field", () => {
  for (const unit of ["a", "%", "%2", ":", ".", "[", "#", "\ud800", '"', "\\", ";a=", "/"]) {
    const value = unit.repeat(Math.ceil(1_000_000 / unit.length));
    for (const [field] of MUTATIONS) assert(validate({ ...MINIMAL, [field]: value }, LAX) !== undefined);
  }
});

Deno.test("validate() counts attributes, data left out", () => {
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`x${index}`, index]));
  assertEquals(validate({ ...MINIMAL, ...many, data: 1 }), []);
  assertEquals(validate({ ...MINIMAL, ...many, data: 1, one: "more" }).map(({ code }) => code), ["too-many"]);
});

Deno.test("validate() wants data of the kind that its content type says", () => {
  const of = (datacontenttype: string, data: unknown) =>
    validate({ ...MINIMAL, datacontenttype, data }).map(({ code }) => code);
  assertEquals(of("application/json", new Uint8Array(1)), ["wrong-type"]);
  assertEquals(of("text/plain", { a: 1 }), ["wrong-type"]);
  assertEquals(of("text/plain", "\ud800"), ["character"]);
  assertEquals(of("text/plain", "x"), []);
  assertEquals(of("application/vnd.x+json", { a: 1 }), []);
});

Deno.test("validate() leaves Object.prototype as it was", () => {
  const hostile = JSON.parse('{"specversion":"1.0","id":"1","source":"/a","type":"b","__proto__":{"polluted":true}}');
  assertEquals(validate(hostile).map(({ field, code }) => [field, code]), [["__proto__", "name"]]);
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("assertEnvelope() throws envelope-invalid with the faults", () => {
  const error = assertThrows(() => assertEnvelope({ ...MINIMAL, id: "" }), BellhopError);
  assertEquals([error.code, error.field, error.faults?.length], ["envelope-invalid", "id", 1]);
  assertEnvelope(MINIMAL);
});

const LAX = { ...DEFAULT_ENVELOPE_LIMITS, maxAttributeLength: 2_000_000, maxBytes: 2_000_000 };

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
