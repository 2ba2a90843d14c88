import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import * as generate from "./_generators_test.ts";
import {
  DEFAULT_ENVELOPE_LIMITS,
  type Envelope,
  fromJson,
  parse,
  parseBatch,
  serialize,
  serializeBatch,
} from "./mod.ts";

const MINIMAL = '{"specversion":"1.0","id":"1","source":"/a","type":"b"}';
const encoder = new TextEncoder();

Deno.test("parse() gives back every valid envelope that serialize() wrote, from text and from bytes", () => {
  fc.assert(fc.property(generate.envelope, (envelope) => {
    const text = serialize(envelope);
    assertEquals(parse(text), generate.copy(envelope));
    assertEquals(parse(encoder.encode(text)), generate.copy(envelope));
    assertEquals(parse(JSON.stringify(JSON.parse(text), undefined, 2)), generate.copy(envelope));
  }));
});

Deno.test("parse() throws nothing but a BellhopError for arbitrary texts and bytes", () => {
  const refused = ["envelope-malformed", "envelope-invalid", "body-too-large"];
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array(), fc.json()), (body) => {
    assert(refused.includes(codeOf(() => parse(body))));
  }));
});

Deno.test("parse() throws nothing but a BellhopError for valid JSON that was spoilt", () => {
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.nat(3),
    insert: fc.oneof(
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.constantFrom('"', "\\", "{", "}", ",", "\u0000", "null", '"id":"2",'),
    ),
  });
  fc.assert(
    fc.property(generate.envelope, edit, (envelope, { at, remove, insert }) => {
      const text = serialize(envelope);
      const place = at % (text.length + 1);
      const code = codeOf(() => parse(text.slice(0, place) + insert + text.slice(place + remove)));
      assert(["accepted", "envelope-malformed", "envelope-invalid"].includes(code), code);
    }),
    { numRuns: 500 },
  );
});

Deno.test("parse() refuses a member named twice, however it is written and whatever surrounds it", () => {
  const space = fc.constantFrom("", " ", "\n", "\t\r");
  fc.assert(fc.property(generate.envelope, fc.nat(), space, fc.boolean(), (envelope, pick, gap, escaped) => {
    const text = serialize(envelope);
    const names = Object.keys(JSON.parse(text));
    const name = names[pick % names.length];
    const written = escaped ? `\\u${name.charCodeAt(0).toString(16).padStart(4, "0")}${name.slice(1)}` : name;
    const value = JSON.stringify(JSON.parse(text)[name]);
    assertEquals(codeOf(() => parse(text)), "accepted");
    assertEquals(
      codeOf(() => parse(`{${gap}"${written}"${gap}:${value},${gap}${text.slice(1)}`)),
      "envelope-malformed",
    );
    assertEquals(codeOf(() => parse(`${text.slice(0, -1)},"${written}":${value}}`)), "envelope-malformed");
  }));
});

Deno.test("parse() finds a hidden member among numbers written at any length", () => {
  const numbers = fc.array(
    fc.oneof(fc.double({ noDefaultInfinity: true, noNaN: true }), fc.integer(), fc.maxSafeInteger()),
  );
  fc.assert(fc.property(numbers, fc.func(fc.nat()), (data, write) => {
    const written = data.map((value) => write(value) % 2 ? JSON.stringify(value) : shortest(value));
    const text = `${MINIMAL.slice(0, -1)},"data":[${written.join(",")}]`;
    assertEquals(
      parse(`${text}}`).data,
      data.map((value) => value === 0 ? written[data.indexOf(value)] === "-0" ? -0 : 0 : value),
    );
    assertEquals(codeOf(() => parse(`{"":0,${text.slice(1)},"":0}`)), "envelope-malformed");
  }));
});

Deno.test("parse() leaves out null attributes, and keeps null data", () => {
  const envelope = parse(`${MINIMAL.slice(0, -1)},"subject":null,"x":null,"data_base64":null,"data":null}`);
  assertEquals(envelope, { specversion: "1.0", id: "1", source: "/a", type: "b", data: null });
});

Deno.test("parse() says what is wrong with a body", () => {
  const long = `${MINIMAL.slice(0, -1)},"data":"${"x".repeat(262_144)}"}`;
  const cases: readonly (readonly [string | Uint8Array, string, string?])[] = [
    ["", "envelope-malformed"],
    ["null", "envelope-malformed"],
    ["[]", "envelope-malformed"],
    [`\ufeff${MINIMAL}`, "envelope-malformed"],
    [new Uint8Array([0xef, 0xbb, 0xbf, ...encoder.encode(MINIMAL)]), "envelope-malformed"],
    [new Uint8Array([...encoder.encode(MINIMAL.slice(0, -2)), 0xc3, 0x28, 0x22, 0x7d]), "envelope-malformed"],
    [long, "body-too-large"],
    [encoder.encode(long), "body-too-large"],
    [`"${"€".repeat(90_000)}"`, "body-too-large"],
    ["{}", "envelope-invalid", "missing"],
    [`${MINIMAL.slice(0, -1)},"data":1,"data_base64":"AQI="}`, "envelope-invalid", "conflict"],
    [`${MINIMAL.slice(0, -1)},"data_base64":"AQI"}`, "envelope-invalid", "base64"],
    [`${MINIMAL.slice(0, -1)},"data_base64":"A=I="}`, "envelope-invalid", "base64"],
    [`${MINIMAL.slice(0, -1)},"data_base64":5}`, "envelope-invalid", "wrong-type"],
    [`${MINIMAL.slice(0, -1)},"data_base64":"/w==","datacontenttype":"a/json"}`, "envelope-invalid", "utf8"],
    [`${MINIMAL.slice(0, -1)},"data_base64":"ew==","datacontenttype":"a/json"}`, "envelope-invalid", "not-json"],
    [`${MINIMAL.slice(0, -1)},"data":${"[".repeat(65)}${"]".repeat(65)}}`, "envelope-invalid", "too-deep"],
    [`${MINIMAL.slice(0, -1)},"data":1e999}`, "envelope-invalid", "not-json"],
    [`${MINIMAL.slice(0, -1)},"__proto__":{"x":1}}`, "envelope-invalid", "name"],
    [`${MINIMAL.slice(0, -1)},"__proto__":{"x":1},"subject":null}`, "envelope-invalid", "name"],
    [`${MINIMAL.slice(0, -1)},"__proto__":null}`, "envelope-invalid", "name"],
    [`${MINIMAL.slice(0, -1)},"Bad-Name":null,"subject":null}`, "envelope-invalid", "name"],
  ];
  for (const [body, code, fault] of cases) {
    const error = assertThrows(() => parse(body), BellhopError);
    assertEquals([error.code, error.faults?.[0].code], [code, fault], String(body).slice(0, 80));
  }
});

Deno.test("parse() and parseBatch() say in words what is wrong with a body", () => {
  const whole = MINIMAL.slice(0, -1);
  const said: readonly (readonly [string | Uint8Array, string])[] = [
    ["", "The body is not JSON"],
    ["[]", "An envelope is a JSON object: got an array"],
    ["3", "An envelope is a JSON object: got 3"],
    [new Uint8Array([0xff]), "The body is not UTF-8"],
    ["x".repeat(262_145), "The body may take 262144 bytes"],
    [new Uint8Array(262_145), "The body may take 262144 bytes"],
    [`${whole},"id":"2"}`, "A member of the envelope is named twice"],
    [`${whole},"data":1,"data_base64":""}`, invalid("data_base64: Data is given twice: data and data_base64")],
    [`${whole},"data_base64":"A"}`, invalid("data_base64: Wanted padded base64 without white space")],
    [`${whole},"data_base64":[]}`, invalid("data_base64: Wanted a string: got an array")],
    [
      `${whole},"data_base64":"/w==","datacontenttype":"a/json"}`,
      invalid("data_base64: Data of a JSON type must be UTF-8"),
    ],
    [
      `${whole},"data_base64":"ew==","datacontenttype":"a/json"}`,
      invalid("data_base64: Data of a JSON type must be JSON"),
    ],
  ];
  for (const [body, message] of said) assertEquals(assertThrows(() => parse(body), BellhopError).message, message);
  assertEquals(assertThrows(() => parse("{"), BellhopError).cause instanceof SyntaxError, true);
  const limits = { ...DEFAULT_ENVELOPE_LIMITS, maxBatchEnvelopes: 1 };
  for (
    const [body, message] of [
      ["{}", "The batch is not a JSON array"],
      ["[1,2]", "A batch may hold 1 envelopes"],
      ["[x]", "The body is not JSON"],
    ]
  ) assertEquals(assertThrows(() => parseBatch(body, limits), BellhopError).message, message);
  const { message, field, cause } = assertThrows(
    () => serialize({ ...parse(MINIMAL), data: 1n } as Envelope),
    BellhopError,
  );
  assertEquals([message, field, cause instanceof TypeError], ["The data cannot be written as JSON", "data", true]);
});

Deno.test("parse() takes a body of as many bytes as it may have, and not one more", () => {
  for (const filler of ["x", "é", "€"]) {
    const text = `${MINIMAL.slice(0, -1)},"subject":"${filler.repeat(30)}"}`;
    const bytes = encoder.encode(text);
    const limits = (maxBytes: number) => ({ ...DEFAULT_ENVELOPE_LIMITS, maxBytes, maxBatchBytes: maxBytes });
    for (const body of [text, bytes]) {
      assertEquals(codeOf(() => parse(body, limits(bytes.length))), "accepted");
      assertEquals(codeOf(() => parse(body, limits(bytes.length - 1))), "body-too-large");
    }
    assertEquals(parseBatch(`[${text}]`, { ...limits(bytes.length), maxBatchBytes: 999 })[0].error, undefined);
    assertEquals(
      parseBatch(`[${text}]`, { ...limits(bytes.length - 1), maxBatchBytes: 999 })[0].error?.code,
      "body-too-large",
    );
    assertEquals(codeOf(() => parseBatch(`[${text}]`, limits(bytes.length + 2))), "accepted");
    assertEquals(codeOf(() => parseBatch(`[${text}]`, limits(bytes.length + 1))), "body-too-large");
  }
  const exact = { ...DEFAULT_ENVELOPE_LIMITS, maxBatchEnvelopes: 2 };
  assertEquals(parseBatch(`[${MINIMAL},${MINIMAL}]`, exact).length, 2);
});

Deno.test("fromJson() bounds what it is given and leaves nulls out of a copy", () => {
  const value = { ...JSON.parse(MINIMAL), subject: null, data: null };
  assertEquals(fromJson(value), { ...JSON.parse(MINIMAL), data: null });
  assertEquals(value.subject, null);
  const limits = { ...DEFAULT_ENVELOPE_LIMITS, maxBytes: MINIMAL.length };
  assertEquals(fromJson(JSON.parse(MINIMAL), limits), JSON.parse(MINIMAL));
  const error = assertThrows(() => fromJson({ ...JSON.parse(MINIMAL), a: "" }, limits), BellhopError);
  assertEquals(error.faults?.map(({ code }) => code), ["too-large"]);
  assertEquals(
    codeOf(() => fromJson({ ...JSON.parse(MINIMAL), data: "x".repeat(MINIMAL.length) }, limits)),
    "envelope-invalid",
  );
  assertEquals(codeOf(() => fromJson([])), "envelope-malformed");
});

Deno.test("parse() reads JSON out of data_base64 where the content type says JSON", () => {
  assertEquals(parse(`${MINIMAL.slice(0, -1)},"data_base64":"eyJhIjoxfQ==","datacontenttype":"a/b+json"}`).data, {
    a: 1,
  });
});

Deno.test("parse() ends on bodies made to be slow", () => {
  const limits = { ...DEFAULT_ENVELOPE_LIMITS, maxBytes: 4_000_000 };
  for (const unit of ["[", '{"a":', '"', "\\", '"\\', "{", ",", "1", '"":0,', '{"":0,"":']) {
    assertEquals(codeOf(() => parse(unit.repeat(1_000_000 / unit.length), limits)), "envelope-malformed");
  }
  const members = Array.from({ length: 50_000 }, (_, index) => `"x${index}":0`).join(",");
  assertEquals(codeOf(() => parse(`{${members}}`, limits)), "envelope-invalid");
});

Deno.test("fromJson() copies nothing where nothing is to be changed", () => {
  const value = JSON.parse(MINIMAL);
  assertStrictEquals<unknown>(fromJson(value), value);
});

Deno.test("parseBatch() gives back what serializeBatch() wrote, and spoils only the bad item", () => {
  fc.assert(fc.property(fc.array(fc.option(generate.envelope), { maxLength: 6 }), (envelopes) => {
    const items = envelopes.map((envelope) => envelope === null ? '{"id":"]"}' : serialize(envelope));
    const results = parseBatch(` [ ${items.join(" , ")} ] `);
    assertEquals(results.length, envelopes.length);
    for (const [index, envelope] of envelopes.entries()) {
      if (envelope === null) assertEquals(results[index].error?.code, "envelope-invalid");
      else assertEquals(results[index].envelope, generate.copy(envelope));
    }
    const good = envelopes.filter((envelope) => envelope !== null);
    assertEquals(parseBatch(serializeBatch(good)).map(({ envelope }) => envelope), good.map(generate.copy));
  }));
});

Deno.test("parseBatch() throws nothing but a BellhopError", () => {
  const item = fc.constantFrom(MINIMAL, "{}", "1", "[", "]", "[]", "", '"', "{", "}", ",", " ", "\\");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(item).map((items) => `[${items.join(",")}]`),
        fc.string({ unit: "binary" }),
        fc.array(item).map((items) => items.join("")),
      ),
      (body) => {
        let valid = true;
        try {
          valid = Array.isArray(JSON.parse(body));
        } catch {
          valid = false;
        }
        assertEquals(codeOf(() => parseBatch(body)), valid ? "accepted" : "envelope-malformed");
      },
    ),
  );
});

Deno.test("parseBatch() bounds the batch, its items and their number", () => {
  const limits = { ...DEFAULT_ENVELOPE_LIMITS, maxBatchEnvelopes: 2, maxBytes: 60 };
  assertEquals(codeOf(() => parseBatch(`[${MINIMAL},${MINIMAL},${MINIMAL}]`, limits)), "batch-too-large");
  assertEquals(codeOf(() => parseBatch(MINIMAL.repeat(20_000))), "body-too-large");
  const large = `${MINIMAL.slice(0, -1)},"x":"y"}`;
  assertEquals(parseBatch(`[${MINIMAL},${large}]`, limits).map(({ error }) => error?.code), [
    undefined,
    "body-too-large",
  ]);
  assertEquals(parseBatch("[]"), []);
});

Deno.test("serialize() refuses what JSON cannot say", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  for (const data of [circle, 1n]) {
    assertEquals(codeOf(() => serialize({ ...parse(MINIMAL), data } as Envelope)), "envelope-invalid");
  }
});

function invalid(text: string): string {
  return `The envelope is invalid: ${text}`;
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return "accepted";
  } catch (error) {
    if (error instanceof BellhopError) return error.code;
    throw error;
  }
}

/** The shortest of a number's usual writings. */
function shortest(value: number): string {
  const digits = String(value).replace(/e.*/, "").replace(/^(-?)0?\.?0*/, "$1").replace(".", "");
  return [
    JSON.stringify(value),
    value.toExponential().replace("+", ""),
    ...[1, 2, 3, 9].flatMap((power) => [`${digits}e${power}`, `${digits}e-${power}`]),
  ]
    .filter((text) => /^-?(0|[1-9]\d*)(\.\d+)?(e-?\d+)?$/.test(text) && Number(text) === value)
    .reduce((best, text) => text.length < best.length ? text : best);
}
