import { assert, assertEquals, assertFalse, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CloudEvent, HTTP } from "npm:cloudevents@10.0.0";
import { BellhopError } from "../error.ts";
import * as generate from "./_generators_test.ts";
import {
  type Envelope,
  fromHttp,
  type HttpContent,
  type HttpMessage,
  parse,
  serialize,
  toBatched,
  toBinary,
  toStructured,
  validate,
} from "./mod.ts";

const REQUIRED = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/a", "ce-type": "b" };
const encoder = new TextEncoder();

Deno.test("fromHttp() reads back what each mode wrote, with the same meaning", () => {
  fc.assert(
    fc.property(generate.envelope, (envelope) => {
      const wanted = generate.meaning(envelope);
      assertEquals(generate.meaning(one(receive(toStructured(envelope)))), wanted);
      assertEquals(generate.meaning(one(receive(toBinary(envelope)))), wanted);
      const batch = receive(toBatched([envelope, envelope]));
      assert(batch.mode === "batched");
      for (const { envelope: item } of batch.results) assertEquals(generate.meaning(item!), wanted);
      // Structured to binary to structured.
      assertEquals(generate.meaning(parse(serialize(one(receive(toBinary(parse(serialize(envelope)))))))), wanted);
    }),
    { numRuns: 300 },
  );
});

Deno.test("fromHttp() throws nothing but a BellhopError, and gives nothing but valid envelopes", () => {
  const name = fc.oneof(
    fc.constantFrom(
      ...Object.keys(REQUIRED),
      "content-type",
      "ce-data",
      "ce-__proto__",
      "ce-constructor",
      "ce-time",
      "ce-",
    ),
    fc.stringMatching(/^ce-[a-z0-9_-]{1,30}$/),
  );
  const value = fc.oneof(
    fc.constantFrom(
      "1.0",
      "application/cloudevents+json",
      "application/cloudevents-batch+json",
      "application/json",
      "text/plain",
      "%",
      "%ff",
      "%00",
      '"',
      '"\\',
      '"a\\"b"',
    ),
    fc.string({ unit: fc.constantFrom(...'ab%20"\\;,=/\u00e9\u00ff ') }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value)),
      fc.boolean(),
      fc.oneof(fc.uint8Array(), fc.json().map((text) => encoder.encode(text))),
      (pairs, required, body) => {
        const headers = new Headers(required ? REQUIRED : {});
        for (const [key, text] of pairs) headers.set(key, text);
        try {
          const content = fromHttp(headers, body);
          if (content.mode !== "batched") {
            assertEquals(validate(content.envelope), []);
          }
        } catch (error) {
          if (!(error instanceof BellhopError)) throw error;
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("toBinary() writes headers that nothing can break out of", () => {
  const anything = fc.string({ unit: "binary" });
  fc.assert(fc.property(generate.envelope, anything, anything, (envelope, name, value) => {
    for (
      const spoilt of [{ ...envelope, [name]: value }, { ...envelope, subject: value }, {
        ...envelope,
        datacontenttype: value,
      }]
    ) {
      try {
        const { headers } = toBinary(spoilt as Envelope);
        for (const [key, text] of Object.entries(headers)) {
          assertMatch(key, /^(ce-[a-z0-9]+|content-type)$/);
          assertMatch(text, /^[\x20-\x7e]*$/);
        }
        new Headers(headers);
      } catch (error) {
        if (!(error instanceof BellhopError)) throw error;
        assertEquals(error.code, "envelope-invalid");
      }
    }
  }));
});

Deno.test("toBinary() escapes as the binding's own example does", () => {
  const { headers } = toBinary({ ...minimal(), subject: "Euro € 😀" });
  assertEquals(headers["ce-subject"], "Euro%20%E2%82%AC%20%F0%9F%98%80");
  assertEquals(toBinary({ ...minimal(), subject: '50 % "off"' }).headers["ce-subject"], "50%20%25%20%22off%22");
});

Deno.test("fromHttp() undoes quoting and exactly one round of escaping", () => {
  const subject = (text: string) =>
    one(receive({ headers: { ...REQUIRED, "ce-subject": text }, body: undefined })).subject;
  assertEquals(subject("%25%32%30"), "%20");
  assertEquals(subject("%2541"), "%41");
  assertEquals(subject("a b"), "a b");
  assertEquals(subject('"a \\"b\\" %E2%82%AC"'), 'a "b" €');
  for (
    const [text, code] of [
      ["%", "percent"],
      ["%4", "percent"],
      ["%zz", "percent"],
      ["%C3%28", "utf8"],
      ["%ED%A0%80", "utf8"],
      ["%0D%0Ax: y", "character"],
      ["%00", "character"],
      ["é", "character"],
      ['"a', "quoted"],
      ['"a"b', "quoted"],
    ]
  ) {
    const error = assertThrows(() => subject(text), BellhopError);
    assertEquals(error.faults?.map(({ field, code }) => [field, code]), [["subject", code]], text);
  }
});

Deno.test("fromHttp() tells the mode by the content type, whatever its case and parameters", () => {
  const mode = (contentType: string | undefined, extra: Record<string, string> = {}, body = serialize(minimal())) =>
    receive({ headers: { ...(contentType === undefined ? {} : { "content-type": contentType }), ...extra }, body })
      .mode;
  assertEquals(mode("application/cloudevents+json"), "structured");
  assertEquals(mode('Application/CloudEvents+JSON ; Charset="UTF-8"; x=y'), "structured");
  assertEquals(mode("application/cloudevents+json", REQUIRED), "structured");
  assertEquals(mode("application/cloudevents-batch+json;", {}, "[]"), "batched");
  assertEquals(mode("application/json", REQUIRED), "binary");
  assertEquals(mode(undefined, REQUIRED), "binary");
  for (
    const [contentType, extra] of [
      ["application/json"],
      [undefined],
      ["application/cloudevents+xml", REQUIRED],
      ["application/cloudevents", REQUIRED],
      ["application/cloudevents+json; charset=latin1"],
      ["application/cloudevents+json, text/plain"],
      ["\u00e9"],
    ] as const
  ) {
    assertEquals(
      assertThrows(() => mode(contentType, extra), BellhopError).code,
      "content-type-unsupported",
      contentType,
    );
  }
});

Deno.test("fromHttp() reads the body as the content type says", () => {
  const data = (contentType: string | undefined, body: string | Uint8Array<ArrayBuffer> | undefined) =>
    one(
      receive({
        headers: { ...REQUIRED, ...(contentType === undefined ? {} : { "content-type": contentType }) },
        body,
      }),
    ).data;
  assertEquals(data("application/json; charset=utf-8", '{"a":1}'), { a: 1 });
  assertEquals(data("application/vnd.a+json", "null"), null);
  assertEquals(data("text/plain", "é"), "é");
  assertEquals(data("text/plain", new Uint8Array([0xff])), new Uint8Array([0xff]));
  assertEquals(data("text/plain; charset=latin1", "a"), encoder.encode("a"));
  assertEquals(data("image/png", "a"), encoder.encode("a"));
  assertEquals(data(undefined, "a"), encoder.encode("a"));
  assertEquals(data("application/json", undefined), undefined);
  assertEquals(assertThrows(() => data("application/json", "{"), BellhopError).code, "envelope-malformed");
  assertEquals(
    assertThrows(() => data("application/json", new Uint8Array([0x22, 0xff, 0x22])), BellhopError).code,
    "envelope-malformed",
  );
  assertEquals(assertThrows(() => data("image/png", "x".repeat(262_145)), BellhopError).code, "body-too-large");
  assertEquals(
    assertThrows(() => data("application/json", "[".repeat(65) + "]".repeat(65)), BellhopError).faults?.[0].code,
    "too-deep",
  );
});

Deno.test("fromHttp() tells every fault of headers and body, and takes one required header for binary mode", () => {
  const faults = (headers: Record<string, string>, body = new Uint8Array()) =>
    assertThrows(() => fromHttp(new Headers(headers), body), BellhopError).faults?.map((
      { field, code },
    ) => [field, code]);
  const missing = ["specversion", "id", "source", "type"].map((field) => [field, "missing"]);
  for (const [at, [field]] of missing.entries()) {
    const [header, value] = Object.entries(REQUIRED)[at];
    assertEquals(faults({ [header]: value }), missing.filter(([other]) => other !== field));
  }
  const deep = encoder.encode("[".repeat(65) + "]".repeat(65));
  assertEquals(faults({ ...REQUIRED, "content-type": "application/json", "ce-subject": "%", "ce-type": ".b" }, deep), [
    ["subject", "percent"],
    ["type", "format"],
    ["data", "too-deep"],
  ]);
  assertEquals(faults({ ...REQUIRED, "content-type": "json" }, deep), [["datacontenttype", "format"]]);
});

Deno.test("toBinary() sends no header and no body for what is null", () => {
  const none = { subject: null, my: undefined, datacontenttype: null } as unknown as Partial<Envelope>;
  assertEquals(toBinary({ ...minimal(), ...none }), { headers: REQUIRED, body: undefined });
  assertEquals(toBinary({ ...minimal(), data: null, datacontenttype: "text/plain" }).body, undefined);
  assertEquals(toBinary({ ...minimal(), data: null }).body, "null");
});

Deno.test("fromHttp() refuses headers that say a thing twice, or more than may be", () => {
  const faults = (extra: readonly (readonly [string, string])[]) => {
    const headers = new Headers(REQUIRED);
    for (const [name, text] of extra) headers.append(name, text);
    return assertThrows(() => fromHttp(headers, new Uint8Array()), BellhopError).faults?.map((
      { field, code },
    ) => [field, code]);
  };
  assertEquals(faults([["ce-specversion", "1.0"]]), [["specversion", "unknown-value"]]);
  assertEquals(faults([["ce-type", "c"]]), [["type", "format"]]);
  assertEquals(faults([["ce-source", "/b"]]), [["source", "format"]]);
  assertEquals(faults([["ce-datacontenttype", "text/plain"]]), [["datacontenttype", "conflict"]]);
  assertEquals(faults([["ce-data", "x"], ["ce-__proto__", "x"]]), [["__proto__", "name"], ["data", "name"]]);
  assertEquals(faults(Array.from({ length: 61 }, (_, index) => [`ce-x${index}`, "y"])), [["", "too-many"]]);
});

Deno.test("the official SDK reads what each of our modes wrote", () => {
  const envelope: Envelope = {
    ...minimal(),
    time: "2026-01-01T00:00:00.000Z",
    subject: "s",
    priority: "HIGH",
    data: { a: [1, "é"] },
    datacontenttype: "application/json",
  };
  for (const { headers, body } of [toStructured(envelope), toBinary(envelope)]) {
    const event = HTTP.toEvent({ headers: { ...headers }, body }) as CloudEvent<unknown>;
    assertEquals(JSON.parse(JSON.stringify(event)), JSON.parse(serialize(envelope)));
  }
  const { headers, body } = toBatched([envelope, envelope]);
  const events = HTTP.toEvent({ headers: { ...headers }, body }) as CloudEvent<unknown>[];
  assertEquals(JSON.parse(JSON.stringify(events)), [envelope, envelope]);
  const bytes = toStructured({ ...minimal(), data: new Uint8Array([1, 2, 255]) });
  assertEquals(
    (HTTP.toEvent({ headers: { ...bytes.headers }, body: bytes.body }) as CloudEvent<unknown>).data_base64,
    "AQL/",
  );
});

Deno.test("fromHttp() reads what each mode of the official SDK wrote", () => {
  const event = new CloudEvent({
    id: "1",
    source: "/a",
    type: "b",
    subject: "s",
    time: "2026-01-01T00:00:00.000Z",
    datacontenttype: "application/json",
    priority: "HIGH",
    data: { a: [1, "é"] },
  });
  for (const message of [HTTP.structured(event), HTTP.binary(event)]) {
    const { headers, body } = message;
    const content = receive({ headers: headers as Record<string, string>, body: body as string });
    assertEquals(JSON.parse(serialize(one(content))), JSON.parse(JSON.stringify(event)));
  }
});

function minimal(): Envelope {
  return { specversion: "1.0", id: "1", source: "/a", type: "b" };
}

/** What a receiver sees, through the platform's own Headers. */
function receive({ headers, body }: HttpMessage): HttpContent {
  return fromHttp(new Headers(headers), typeof body === "string" ? encoder.encode(body) : body ?? new Uint8Array());
}

function one(content: HttpContent): Envelope {
  assertFalse(content.mode === "batched");
  assert(content.mode !== "batched");
  return content.envelope;
}
