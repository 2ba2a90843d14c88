/**
 * Checks of the chapter Envelope: what reaches the receiver as it was published, in every form of the binding.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { base64, comparable, extensions, FULL, jsonData, text } from "./_envelopes.ts";
import {
  BATCHED,
  begin,
  invalid,
  judgeInvalid,
  named,
  pass,
  publishBinary,
  REQUIRED,
  resultsOf,
  taken,
} from "./_envelope_asked.ts";

const needs = ["core"] as const;

/** See the module. */
export const ENVELOPE_KEPT_CHECKS: readonly Check[] = [
  {
    id: "envelope/extensions-are-kept",
    requirements: ["ENV-007", "ENV-011"],
    title: "Attributes that nobody knows reach the receiver with their values and types",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      await forAll(session, effort, extensions(), async (attributes) => {
        await begin(session);
        const { sent, got } = await pass(session, attributes);
        for (const name of Object.keys(attributes)) {
          session.same(got[name], sent[name], "ENV-007", `the attribute ${name}`);
        }
        session.same(got, sent, "ENV-011", "the envelope");
      });
    },
  },
  {
    id: "envelope/every-attribute-is-kept",
    requirements: ["ENV-011"],
    title: "Every attribute of the table reaches the receiver as it was written, time offsets and fractions included",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      const { sent, got } = await pass(session, FULL);
      session.same(got, sent, "ENV-011", "the envelope");
      const second = await pass(session, { time: "2026-06-30T23:59:59.123456789-08:00", subject: "  spaces  " });
      session.same(second.got, second.sent, "ENV-011", "the envelope");
    },
  },
  {
    id: "envelope/attributes-in-any-text",
    requirements: ["ENV-011", "ENV-003"],
    title: "Text of any script is accepted and kept in the attributes that are text",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const texts = fc.record({
        subject: text(100),
        correlationid: text(100),
        causationid: text(100),
        partitionkey: text(100),
        tracestate: text(100),
      });
      await forAll(session, effort, texts, async (attributes) => {
        await begin(session);
        const { sent, got } = await pass(session, attributes, "ENV-003");
        session.same(got, sent, "ENV-011", "the envelope");
      });
    },
  },
  {
    id: "envelope/null-attribute-is-absent",
    requirements: ["ENV-009"],
    title: "An attribute that is null is treated as if it were not there",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      for (const name of ["subject", "priority", "target", "expirytime", "partitionkey", "extension", "time"]) {
        const { sent, got } = await pass(session, { [name]: null }, "ENV-009");
        const { [name]: _, ...rest } = sent;
        const { [name]: found, ...others } = got;
        session.must(found === undefined || found === null, "ENV-009", `${name} was delivered as ${canonical(found)}`);
        session.same(others, rest, "ENV-011", "the rest of the envelope");
      }
      for (const name of REQUIRED) {
        const event = session.event();
        const refused = await invalid(session, { ...event, [name]: null }, "ENV-009");
        named(session, refused, name, "missing", "ENV-009");
        await taken(session, event, "ENV-009");
      }
    },
  },
  {
    id: "envelope/json-data-is-kept",
    requirements: ["ENV-017", "BUS-094"],
    title: "Any JSON value reaches the receiver as it was published",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const types = fc.constantFrom(undefined, "application/json", "text/json", "application/vnd.thing+json");
      await forAll(session, effort, fc.tuple(jsonData(), types), async ([data, datacontenttype]) => {
        await begin(session);
        const { got } = await pass(session, { data, ...(datacontenttype === undefined ? {} : { datacontenttype }) });
        session.must("data" in got, "ENV-017", () => `data is carried as a JSON value: ${canonical(got)}`);
        session.same(got.data, data, "BUS-094", "the data");
      });
    },
  },
  {
    id: "envelope/null-data-is-null",
    requirements: ["ENV-023"],
    title: "Data that is null is delivered as null, absent data as absent",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      const { got } = await pass(session, { data: null });
      session.must("data" in got && got.data === null, "ENV-023", () => `data is null: ${canonical(got)}`);
      const without = await pass(session, {});
      session.must(!("data" in without.got), "ENV-023", () => `there is no data: ${canonical(without.got)}`);
    },
  },
  {
    id: "envelope/bytes-are-kept",
    requirements: ["ENV-018", "ENV-019", "ENV-021"],
    title: "Any bytes reach the receiver unchanged",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      await forAll(session, effort, fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        await begin(session);
        const { sent, got } = await pass(session, {
          datacontenttype: "application/octet-stream",
          data_base64: base64(bytes),
        });
        session.must(
          (got.data_base64 === undefined) !== (got.data === undefined),
          "ENV-018",
          () => `text or bytes: ${canonical(got)}`,
        );
        if (got.data_base64 !== undefined) {
          session.must(
            /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(String(got.data_base64)),
            "ENV-019",
            `data_base64 is padded and without white space: ${got.data_base64}`,
          );
        }
        session.must(comparable(got) === comparable(sent), "ENV-021", () => `${canonical(got)} for ${canonical(sent)}`);
      });
    },
  },
  {
    id: "envelope/text-data-is-kept",
    requirements: ["ENV-018", "ENV-021"],
    title: "Text of no JSON media type reaches the receiver unchanged",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const content = fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 });
      await forAll(session, effort, content, async (data) => {
        await begin(session);
        const { sent, got } = await pass(session, { datacontenttype: "text/plain", data }, "ENV-018");
        session.must(comparable(got) === comparable(sent), "ENV-021", () => `${canonical(got)} for ${canonical(sent)}`);
      });
    },
  },
  {
    id: "envelope/modes-are-equal",
    requirements: ["ENV-044", "ENV-021"],
    title: "An envelope is the same message in structured, binary and batched mode",
    kind: "property",
    needs: ["core", "http"],
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(text(40), fc.uint8Array({ minLength: 1, maxLength: 60 }));
      await forAll(session, effort, drawn, async ([subject, bytes]) => {
        await begin(session);
        const type = { datacontenttype: "application/octet-stream" };
        const { sent, got } = await pass(session, { subject, ...type, data_base64: base64(bytes), extension: "text" });
        const binary = await session.publishRaw({
          headers: {
            "content-type": "application/octet-stream",
            ...Object.fromEntries(
              Object.entries(sent).filter(([name]) => name !== "datacontenttype" && name !== "data_base64")
                .map(([name, value]) => [`ce-${name}`, encodeURIComponent(String(value))]),
            ),
          },
          bodyBase64: base64(bytes),
        });
        session.must(
          binary.ok?.duplicate === true,
          "ENV-044",
          () => `the same envelope in binary mode is a duplicate: ${canonical(binary)}`,
        );
        const batch = await session.publishRaw({ headers: BATCHED, body: JSON.stringify([sent]) });
        const [result] = resultsOf(session, batch, "ENV-044");
        session.must(result.ok?.duplicate === true, "ENV-044", () => `and in batched mode: ${canonical(batch)}`);

        const other = session.event({ subject, ...type });
        const { datacontenttype: _, ...attributes } = other;
        await session.publishRaw({
          headers: {
            "content-type": "application/octet-stream",
            ...Object.fromEntries(
              Object.entries(attributes).map(([name, value]) => [`ce-${name}`, encodeURIComponent(String(value))]),
            ),
          },
          bodyBase64: base64(bytes),
        });
        const call = session.begun("BUS-019", "b");
        const wanted = comparable({ ...other, data_base64: base64(bytes) });
        session.must(
          comparable(call.envelope) === wanted,
          "ENV-021",
          () => `${canonical(call.envelope)} for ${wanted}`,
        );
        session.must(got.id === sent.id, "ENV-011", "the id is kept");
      });
    },
  },
  {
    id: "envelope/quoted",
    requirements: ["ENV-039"],
    title: "A quoted value is unquoted, escapes and all, and one that only begins with a quote is refused",
    kind: "hostile",
    needs: ["core", "http"],
    async run(session: Session) {
      await begin(session);
      const json = { "content-type": "application/json" };
      for (const [raw, value] of [['"a%20b"', "a b"], ['"a\\"b"', 'a"b'], ['"a\\\\b\\c"', "a\\bc"], ['a"b"', 'a"b"']]) {
        const { reply } = await publishBinary(session, { ...json, "ce-subject": raw }, "{}");
        session.must(reply.ok !== undefined, "ENV-039", () => `the subject ${raw}: ${canonical(reply)}`);
        const call = session.begun("BUS-019", "b");
        session.same(call.envelope.subject, value, "ENV-039", `the subject ${raw}`);
        await session.ack(call);
      }
      for (const raw of ['"', '"a', '"a"b', '"a" ', '"a\\"']) {
        // White space at the ends of a value is none of it.
        if (raw.trim() !== raw) continue;
        const { reply } = await publishBinary(session, { ...json, "ce-subject": raw }, "{}");
        named(session, judgeInvalid(session, reply, "ENV-039", raw), "subject", "quoted", "ENV-039");
      }
    },
  },
];
