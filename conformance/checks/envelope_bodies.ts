/**
 * Checks of the chapter Envelope: bodies that hold no envelope, hold one twice, or many.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { base64 } from "./_envelopes.ts";
import {
  BATCHED,
  begin,
  INVALID,
  invalid,
  pass,
  publishBinary,
  resultsOf,
  STRUCTURED,
  taken,
} from "./_envelope_asked.ts";

const needs = ["core"] as const;

/** See the module. */
export const ENVELOPE_BODY_CHECKS: readonly Check[] = [
  {
    id: "envelope/members-twice-in-data",
    requirements: ["ENV-026"],
    title: "Of a member named twice below the top level the last one counts",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      const body = JSON.stringify(session.event({ data: 0 })).replace(
        '"data":0',
        '"data":{"a":1,"b":{"c":1,"c":2},"a":3}',
      );
      const reply = await session.publishRaw({ headers: STRUCTURED, body });
      session.must(reply.ok !== undefined, "ENV-026", () => `it is accepted: ${canonical(reply)}`);
      const call = session.begun("BUS-019", "b");
      session.same(call.envelope.data, { a: 3, b: { c: 2 } }, "ENV-026", "the data");
      await session.ack(call);
    },
  },
  {
    id: "envelope/empty-body",
    requirements: ["ENV-043"],
    title: "An empty body in binary mode is no data, of JSON too; a space is data that is not JSON",
    kind: "scenario",
    needs: ["core", "http"],
    async run(session: Session) {
      await begin(session);
      for (const type of ["application/json", "text/plain", "application/octet-stream"]) {
        const { reply, id } = await publishBinary(session, { "content-type": type }, "");
        session.must(reply.ok !== undefined, "ENV-043", () => `an empty body of ${type}: ${canonical(reply)}`);
        const call = session.begun("BUS-019", "b");
        session.same(call.envelope.id, id, "BUS-019", "the envelope that is delivered");
        session.same(
          [call.envelope.data, call.envelope.data_base64],
          [undefined, undefined],
          "ENV-043",
          `data of ${type}`,
        );
        await session.ack(call);
      }
      const { reply } = await publishBinary(session, { "content-type": "application/json" }, " ");
      session.same(reply.refused?.code, "envelope-malformed", "ENV-043", "the refusal of a space");
    },
  },
  {
    id: "envelope/data-said-twice",
    requirements: ["ENV-020"],
    title: "An envelope with data and data_base64 is refused as a conflict",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      const event = session.event({ datacontenttype: "text/plain", data: "x" });
      const refused = await invalid(session, { ...event, data_base64: "eA==" }, "ENV-020");
      session.must(
        (refused.faults ?? []).some(({ code }) => code === "conflict"),
        "ENV-020",
        () => `the fault is conflict: ${canonical(refused)}`,
      );
      await taken(session, event, "ENV-020");
    },
  },
  {
    id: "envelope/broken-base64",
    requirements: ["ENV-019"],
    title: "Base64 that is not padded, has white space or other letters is refused",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await begin(session);
      for (const broken of ["eA", "eA=", " eA==", "eA==\n", "e A==", "eA-_", "=", "eA==eA==", "ü"]) {
        const event = session.event({ datacontenttype: "application/octet-stream", data_base64: "eA==" });
        const refused = await invalid(session, { ...event, data_base64: broken }, "ENV-019");
        session.must(
          (refused.faults ?? []).some(({ code }) => code === "base64"),
          "ENV-019",
          () => `the fault is base64: ${canonical(refused)}`,
        );
        await taken(session, event, "ENV-019");
      }
    },
  },
  {
    id: "envelope/malformed",
    requirements: ["ENV-024", "ENV-025", "ENV-026"],
    title: "What is no JSON object in UTF-8, begins with a byte order mark or names a member twice is malformed",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await begin(session);
      const event = session.event();
      const good = JSON.stringify(event);
      const cases: readonly (readonly [string, Uint8Array | string])[] = [
        ["ENV-024", ""],
        ["ENV-024", "[]"],
        ["ENV-024", "null"],
        ["ENV-024", '"text"'],
        ["ENV-024", "7"],
        ["ENV-024", good.slice(0, -1)],
        ["ENV-024", `${good}x`],
        ["ENV-024", good.replaceAll('"', "'")],
        ["ENV-024", good.replace(/}$/, ",}")],
        ["ENV-024", withByte(good, 0xff)],
        ["ENV-024", withByte(good, 0xc0)],
        ["ENV-025", `\ufeff${good}`],
        ["ENV-026", good.replace(/}$/, ',"type":"thing.happened"}')],
        ["ENV-026", good.replace(/}$/, ',"\\u0074ype":"thing.other"}')],
        ["ENV-026", good.replace(/}$/, ',"data":1,"data":2}')],
      ];
      for (const [requirement, body] of cases) {
        const parts = typeof body === "string" ? { body } : { bodyBase64: base64(body) };
        const reply = await session.publishRaw({ headers: STRUCTURED, ...parts });
        session.must(
          reply.refused?.code === "envelope-malformed",
          requirement,
          () => `wanted envelope-malformed for ${JSON.stringify(parts)}, got ${canonical(reply)}`,
        );
      }
      await taken(session, event, "ENV-024");
    },
  },
  {
    id: "envelope/any-bytes",
    requirements: ["ENV-024"],
    title: "Bytes of chance are refused as an envelope, and the bus goes on",
    kind: "hostile",
    needs,
    async run(session: Session, effort: Effort) {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((one) => new TextEncoder().encode(one)),
      );
      await forAll(session, effort, bytes, async (body) => {
        await begin(session);
        const reply = await session.publishRaw({ headers: STRUCTURED, bodyBase64: base64(body) });
        session.must(
          reply.refused !== undefined && INVALID.has(reply.refused.code),
          "ENV-024",
          () => `it is refused as an envelope: ${canonical(reply)}`,
        );
        await pass(session, {});
      });
    },
  },
  {
    id: "envelope/mutated-text",
    requirements: ["ENV-024", "BUS-016"],
    title: "A body with one byte changed is refused, or accepted as the JSON that it now is",
    kind: "hostile",
    needs,
    async run(session: Session, effort: Effort) {
      const change = fc.tuple(fc.nat(400), fc.integer({ min: 0x20, max: 0x7e }));
      await forAll(session, effort, change, async ([at, byte]) => {
        await begin(session);
        const body = new TextEncoder().encode(JSON.stringify(session.event({ data: { a: [1, 2] }, priority: "LOW" })));
        body[at % body.length] = byte;
        const text = new TextDecoder().decode(body);
        const reply = await session.publishRaw({ headers: STRUCTURED, body: text });
        if (reply.ok === undefined) return;
        const json = parsed(text);
        session.must(json !== undefined, "ENV-024", `it is no JSON, and was accepted: ${text}`);
        const call = session.peek("b");
        if (call !== undefined) session.same(call.envelope, json, "ENV-011", "what was delivered");
      });
    },
  },
  {
    id: "envelope/batch-item-by-item",
    requirements: ["ENV-031", "ENV-032", "BUS-017"],
    title: "The items of a batch are judged one by one, in their order",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      await forAll(session, effort, fc.array(fc.boolean(), { maxLength: 12 }), async (good) => {
        await begin(session);
        const events = good.map((fine) => session.event(fine ? {} : { priority: "urgent" }));
        const reply = await session.publishRaw({ headers: BATCHED, body: JSON.stringify(events) });
        const results = resultsOf(session, reply, good.length === 0 ? "ENV-032" : "ENV-031");
        session.must(results.length === good.length, "ENV-031", () => `a result for each item: ${canonical(reply)}`);
        good.forEach((fine, at) => {
          const { ok, refused } = results[at];
          if (fine) {
            session.must(ok !== undefined, "ENV-031", () => `item ${at} is accepted: ${canonical(results[at])}`);
          } else {
            session.must(
              refused?.code === "envelope-invalid",
              "ENV-031",
              () => `item ${at} is refused as envelope-invalid: ${canonical(results[at])}`,
            );
          }
        });
        const wanted = events.filter((_, at) => good[at]).map(({ id }) => id);
        session.same(session.calls.map(({ envelope }) => envelope.id), wanted, "BUS-017", "what is delivered");
      });
    },
  },
  {
    id: "envelope/batch-refused-whole",
    requirements: ["ENV-030", "ENV-033"],
    title: "A batch that is no array is malformed, and one of more than 1,000 is too large",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      for (const body of ["{}", "null", "[", '"x"', JSON.stringify(session.event())]) {
        const reply = await session.publishRaw({ headers: BATCHED, body });
        session.must(
          reply.refused?.code === "envelope-malformed",
          "ENV-030",
          () => `wanted envelope-malformed for ${body}, got ${canonical(reply)}`,
        );
      }
      const many = Array.from({ length: 1_001 }, () => session.event());
      const larger = await session.publishRaw({ headers: BATCHED, body: JSON.stringify(many) });
      session.must(
        larger.refused?.code === "batch-too-large",
        "ENV-033",
        () => `wanted batch-too-large, got ${canonical(larger).slice(0, 300)}`,
      );
      session.must(session.peek() === undefined, "ENV-033", "none of them is delivered");
      const reply = await session.publishRaw({ headers: BATCHED, body: JSON.stringify(many.slice(1)) });
      const results = resultsOf(session, reply, "ENV-033");
      session.must(
        results.length === 1_000 && results.every(({ ok }) => ok !== undefined && ok.duplicate === false),
        "ENV-033",
        "1,000 are accepted",
      );
    },
  },
];

function withByte(text: string, byte: number): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  bytes[bytes.indexOf("m".charCodeAt(0))] = byte;
  return bytes;
}

function parsed(text: string): JsonObject | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
