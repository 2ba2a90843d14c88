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

Deno.test("validate() says of each field what was wanted and what was there, shortened and printable", () => {
  const shown = JSON.stringify("x".repeat(40) + "…");
  const said: readonly (readonly [Record<string, unknown>, string, string])[] = [
    [{ specversion: null }, "specversion", "The attribute specversion is required"],
    [{ specversion: "0.3" }, "specversion", 'Wanted "1.0": got "0.3"'],
    [{ specversion: 1 }, "specversion", "Wanted a string: got 1"],
    [{ id: undefined }, "id", "The attribute id is required"],
    [{ id: "" }, "id", "The attribute id must not be empty"],
    [{ id: LONG }, "id", "Wanted at most 256 UTF-16 code units: got 257"],
    [{ id: "a\u0001" }, "id", "Control characters, lone surrogates and noncharacters are refused: \\u0001 at 1"],
    [{ source: null }, "source", "The attribute source is required"],
    [{ source: " " }, "source", 'Wanted a URI reference (RFC 3986): got " "'],
    [{ source: ["/"] }, "source", "Wanted a string: got an array"],
    [{ type: null }, "type", "The attribute type is required"],
    [{ type: "a..b" }, "type", 'Wanted dot-separated tokens of printable ASCII without space, * and >: got "a..b"'],
    [{ type: {} }, "type", "Wanted a string: got a value of type object"],
    [{ time: "x".repeat(41) }, "time", `Wanted an RFC 3339 timestamp: got ${shown}`],
    [{ time: "x".repeat(40) }, "time", `Wanted an RFC 3339 timestamp: got ${shown.replace("…", "")}`],
    [{ time: "x".repeat(65) }, "time", "Wanted at most 64 UTF-16 code units: got 65"],
    [{ deliverat: "soon" }, "deliverat", 'Wanted an RFC 3339 timestamp: got "soon"'],
    [{ expirytime: true }, "expirytime", "Wanted a string: got true"],
    [{ datacontenttype: "json" }, "datacontenttype", 'Wanted a media type: got "json"'],
    [{ datacontenttype: LONG }, "datacontenttype", "Wanted at most 256 UTF-16 code units: got 257"],
    [{ dataschema: "/a" }, "dataschema", 'Wanted an absolute URI (RFC 3986): got "/a"'],
    [{ dataschema: `a:${"x".repeat(1_023)}` }, "dataschema", "Wanted at most 1024 UTF-16 code units: got 1025"],
    [{ priority: "high" }, "priority", 'Wanted LOW, NORMAL, HIGH, CRITICAL: got "high"'],
    [{ priority: 2 }, "priority", "Wanted a string: got 2"],
    [{ target: "A" }, "target", 'Wanted a service\'s name, or name@instance: got "A"'],
    [{ target: "" }, "target", "The attribute target must not be empty"],
    [{ target: 1 }, "target", "Wanted a string: got 1"],
    [{ target: "a".repeat(64) }, "target", "A name has at most 63 characters, and an instance 128"],
    [{ replyto: "a" }, "replyto", 'Wanted name@instance: got "a"'],
    [{ replyto: `a@${"b".repeat(129)}` }, "replyto", "A name has at most 63 characters, and an instance 128"],
    [{ traceparent: "00" }, "traceparent", 'Wanted a W3C traceparent: got "00"'],
    [{ traceparent: LONG }, "traceparent", "Wanted at most 256 UTF-16 code units: got 257"],
    [{ my: Symbol() }, "my", "Wanted a string, an integer or a boolean: got a value of type symbol"],
    [{ my: "x".repeat(4_097) }, "my", "Wanted at most 4096 UTF-16 code units: got 4097"],
    [{ my: 0.5 }, "my", "Wanted an integer from -2147483648 to 2147483647: got 0.5"],
    [{ MY: 1 }, "MY", 'Names of attributes are 1 to 64 lower-case letters and digits: got "MY"'],
    [{ "\n": 1 }, '"\\n"', 'Names of attributes are 1 to 64 lower-case letters and digits: got "\\n"'],
    [
      { ["A".repeat(64)]: 1 },
      "A".repeat(64),
      `Names of attributes are 1 to 64 lower-case letters and digits: got "${"A".repeat(40)}…"`,
    ],
    [{ "a\n": 1 }, '"a\\n"', 'Names of attributes are 1 to 64 lower-case letters and digits: got "a\\n"'],
    [
      { ["a".repeat(65)]: 1 },
      `${"a".repeat(64)}…`,
      `Names of attributes are 1 to 64 lower-case letters and digits: got "${"a".repeat(40)}…"`,
    ],
    [
      { data: new Uint8Array(1), datacontenttype: "a/json" },
      "data",
      "Data of a JSON type must be a JSON value: got bytes",
    ],
    [{ data: 1, datacontenttype: "a/b" }, "data", "Data of a type other than JSON must be a string or bytes: got 1"],
    [{ data: "\ud800", datacontenttype: "a/b" }, "data", "Text with a lone surrogate has no UTF-8 encoding"],
    [{ data: nested(65) }, "data", "Data may be nested 64 deep"],
    [{ data: "x".repeat(262_144) }, "data", "Data may take 262144 bytes"],
    [{ data: NaN }, "data", "Data must be JSON: null, booleans, finite numbers, strings, arrays, plain objects"],
  ];
  for (const [more, field, reason] of said) {
    assertEquals(validate({ ...MINIMAL, ...more }).map((fault) => [fault.field, fault.reason]), [[field, reason]]);
  }
  assertEquals(validate([])[0], { field: "", code: "wrong-type", reason: "Wanted an object: got an array" });
  assertEquals(validate(null)[0].reason, "Wanted an object: got null");
  assertEquals(validate(new Map())[0].reason, "Wanted an object: got a value of type object");
});

Deno.test("validate() holds each text to its bound, which is allowed, and each attribute to null", () => {
  const ends: readonly (readonly [string, string])[] = [
    ["id", "x".repeat(256)],
    ["type", "x".repeat(256)],
    ["source", "x".repeat(1_024)],
    ["dataschema", `a:${"x".repeat(1_022)}`],
    ["datacontenttype", `text/${"x".repeat(251)}`],
    ["subject", "x".repeat(4_096)],
    ["correlationid", "x".repeat(4_096)],
    ["causationid", "x".repeat(4_096)],
    ["partitionkey", "x".repeat(4_096)],
    ["tracestate", "x".repeat(4_096)],
    ["traceparent", `01-${"1".repeat(32)}-${"1".repeat(16)}-01-${"x".repeat(200)}`],
    ["time", `2026-01-01T00:00:00.${"1".repeat(43)}Z`],
    ["my", "x".repeat(4_096)],
    ["x".repeat(64), ""],
  ];
  for (const [field, longest] of ends) {
    assertEquals(validate({ ...MINIMAL, [field]: longest }), [], field);
    if (field.length > 2 && longest !== "") {
      assertEquals(validate({ ...MINIMAL, [field]: `${longest}x` }).map(({ code }) => code), ["too-long"], field);
    }
    if (!(field in MINIMAL)) assertEquals(validate({ ...MINIMAL, [field]: null }), [], field);
  }
  for (const field of ["priority", "target", "replyto", "deliverat", "expirytime", "data"]) {
    assertEquals(validate({ ...MINIMAL, [field]: null }), [], field);
  }
});

Deno.test("validate() takes a traceparent as W3C writes it, of any version but ff, and a later version's further fields", () => {
  const good = ["00-", "1".repeat(32), "-", "2".repeat(16), "-01"].join("");
  const of = (traceparent: string) => validate({ ...MINIMAL, traceparent }).length === 0;
  assertEquals(
    [good, good.replace("00", "cc"), `01${good.slice(2)}-`, `01${good.slice(2)}-x`].map(of),
    Array(4).fill(true),
  );
  for (let at = 0; at < good.length; at++) {
    for (const other of ["g", "A", "~", "-", "\u00e9"].filter((other) => other !== good[at])) {
      const spoilt = good.slice(0, at) + other + good.slice(at + 1);
      assertEquals(of(spoilt), false, spoilt);
    }
    assertEquals(of(good.slice(0, at) + good.slice(at + 1)), false);
  }
  const zeros = (from: number, to: number) => good.slice(0, from) + "0".repeat(to - from) + good.slice(to);
  assertEquals([zeros(3, 35), zeros(36, 52), zeros(53, 55), zeros(4, 35), zeros(3, 34), zeros(37, 52)].map(of), [
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
  for (
    const bad of [`${good}-`, `${good}-x`, `01${good.slice(2)}x`, `01${good.slice(2)}-\u0001`, `ff${good.slice(2)}`]
  ) {
    assertEquals(of(bad), false, bad);
  }
});

Deno.test("validate() takes an address of a name, and of an instance where one is there or must be", () => {
  const of = (field: string, value: string) => validate({ ...MINIMAL, [field]: value }).length === 0;
  const names = ["a", "0", "a-", "a-b", "a".repeat(63)];
  const instances = ["A", "z.9_-", "b".repeat(128)];
  for (const name of names) {
    assertEquals([of("target", name), of("replyto", name)], [true, false]);
    for (const instance of instances) {
      assertEquals(["target", "replyto"].map((field) => of(field, `${name}@${instance}`)), [true, true]);
    }
  }
  for (const bad of ["-a", "A", "@a", "a@", "@", "a@b@c", "a@é", "é@a", "a b", "a@b c", `${"a".repeat(64)}@b`, "a_b"]) {
    assertEquals(["target", "replyto"].map((field) => of(field, bad)), [false, false], bad);
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
  assertEquals(validate(hostile), [{ field: "", code: "unreadable", reason: "Reading the value threw" }]);
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
  let named: unknown = 0;
  for (let level = 0; level < 60; level++) named = { a: named, b: named };
  assertEquals(validate({ ...MINIMAL, data: named })[0].code, "too-large");
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
  assertEquals(validate({ ...MINIMAL, ...many, one: undefined }), []);
  const few = (maxAttributes: number) => validate(MINIMAL, { ...DEFAULT_ENVELOPE_LIMITS, maxAttributes });
  assertEquals([few(4), few(3).map(({ code }) => code)], [[], ["too-many"]]);
  const { id: _, ...rest } = { ...MINIMAL, ...many, one: "more" };
  assertEquals(validate({ ...rest, two: "more" }).map(({ field, code, reason }) => [field, code, reason]), [
    ["id", "missing", "The attribute id is required"],
    ["", "too-many", "An envelope may have 64 attributes"],
  ]);
});

Deno.test("validate() wants data of the kind that its content type says", () => {
  const of = (datacontenttype: string, data: unknown) =>
    validate({ ...MINIMAL, datacontenttype, data }).map(({ code }) => code);
  assertEquals(of("application/json", new Uint8Array(1)), ["wrong-type"]);
  assertEquals(of("text/plain", { a: 1 }), ["wrong-type"]);
  assertEquals(of("text/plain", "\ud800"), ["character"]);
  assertEquals(of("text/plain", "x"), []);
  assertEquals([of("json", 1), of("json", new Uint8Array(1))], [["format"], ["format"]]);
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
  assertEquals(error.message, "The envelope is invalid: id: The attribute id must not be empty");
  const none = assertThrows(() => assertEnvelope({}), BellhopError);
  assertEquals([none.field, none.faults?.length], [undefined, 4]);
  const [specversion, id, source] = ["specversion", "id", "source"].map((name) =>
    `${name}: The attribute ${name} is required`
  );
  assertEquals(none.message, `The envelope is invalid: ${specversion}; ${id}; ${source}; and 1 more`);
  const three = assertThrows(() => assertEnvelope({ type: "b" }), BellhopError);
  assertEquals(three.message, `The envelope is invalid: ${specversion}; ${id}; ${source}`);
  const unreadable = assertThrows(() => assertEnvelope(3), BellhopError);
  assertEquals(unreadable.message, "The envelope is invalid: Wanted an object: got 3");
  assertEnvelope(MINIMAL);
});

const LAX = { ...DEFAULT_ENVELOPE_LIMITS, maxAttributeLength: 2_000_000, maxBytes: 2_000_000 };

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
