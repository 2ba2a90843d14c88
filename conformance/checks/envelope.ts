/**
 * Checks of the chapter Envelope: what becomes of an envelope on its way from the publisher to the receiver.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { Json, JsonObject, Refusal } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Reply, type Session, START_MS } from "../session.ts";
import { BAD_VALUES, base64, comparable, extensions, FULL, jsonData, nested, text } from "./_envelopes.ts";

const needs = ["core"] as const;
const STRUCTURED = { "content-type": "application/cloudevents+json" };
const BATCHED = { "content-type": "application/cloudevents-batch+json" };
const REQUIRED = ["specversion", "id", "source", "type"] as const;
const MAX_BYTES = 262_144;

/** See the module. */
export const ENVELOPE_CHECKS: readonly Check[] = [
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
    id: "envelope/header-twice",
    requirements: ["ENV-042"],
    title: "An attribute header that occurs twice is refused; once it is taken",
    kind: "hostile",
    needs: ["core", "http"],
    async run(session: Session) {
      await begin(session);
      // Text that may hold a comma and a space cannot be told from two values that were joined on the way.
      const second = { type: "thing.other", source: "/other", priority: "HIGH", time: "2026-01-01T00:00:00Z" };
      for (const [name, value] of Object.entries(second)) {
        const { specversion, id, source, type } = session.event();
        const once: Readonly<Record<string, string>> = {
          "content-type": "application/json",
          "ce-specversion": String(specversion),
          "ce-id": String(id),
          "ce-source": String(source),
          "ce-type": String(type),
          ...(name === "priority" || name === "time" ? { [`ce-${name}`]: value } : {}),
        };
        const reply = await session.publishRaw({ headers: { ...once, [`CE-${name}`]: value }, body: "{}" });
        judgeInvalid(session, reply, "ENV-042", `ce-${name} that stands twice`);
        const twin = await session.publishRaw({ headers: once, body: "{}" });
        session.must(twin.ok !== undefined, "ENV-042", () => `its twin is accepted: ${canonical(twin)}`);
        await session.ack(session.begun("BUS-019", "b"));
      }
    },
  },
  {
    id: "envelope/missing-attributes",
    requirements: ["ENV-001", "ENV-005", "BUS-002"],
    title: "Each of the four required attributes that is absent is named as missing",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      await forAll(session, effort, fc.subarray([...REQUIRED], { minLength: 1 }), async (absent) => {
        await begin(session);
        const event = session.event();
        const less = Object.fromEntries(Object.entries(event).filter(([name]) => !absent.includes(name as never)));
        const refused = await invalid(session, less, "ENV-001");
        for (const name of absent) named(session, refused, name, "missing", "ENV-001");
        await taken(session, event, "ENV-001");
      });
    },
  },
  {
    id: "envelope/one-bad-field",
    requirements: ["ENV-002", "ENV-003", "ENV-005"],
    title: "A value that breaks the grammar or length of its attribute is refused by that name, its twin accepted",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      await forAll(session, effort, fc.constantFrom(...badFields()), async ([field, value]) => {
        await begin(session);
        const event = session.event({ ...FULL });
        const refused = await invalid(session, { ...event, [field]: value }, requirementOfField(field));
        named(session, refused, field, undefined, requirementOfField(field));
        await taken(session, event, requirementOfField(field));
      });
    },
  },
  {
    id: "envelope/every-bad-value",
    requirements: ["ENV-002", "ENV-003"],
    title: "No value of the table of bad ones is accepted",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await begin(session);
      for (const [field, value] of badFields()) {
        const event = session.event({ ...FULL });
        const refused = await invalid(session, { ...event, [field]: value }, requirementOfField(field));
        named(session, refused, field, undefined, requirementOfField(field));
      }
      await pass(session, FULL);
    },
  },
  {
    id: "envelope/every-fault-at-once",
    requirements: ["ENV-004", "ENV-005"],
    title: "A refusal names every fault, not the first alone",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const fields = fc.subarray(Object.keys(BAD_VALUES), { minLength: 2, maxLength: 12 });
      await forAll(session, effort, fc.tuple(fields, fc.nat(20)), async ([names, pick]) => {
        await begin(session);
        const event = session.event({ ...FULL });
        const bad = names.map((name) => [name, BAD_VALUES[name][pick % BAD_VALUES[name].length]]);
        const refused = await invalid(session, { ...event, ...Object.fromEntries(bad) }, "ENV-003");
        for (const name of names) named(session, refused, name, undefined, "ENV-004");
        await taken(session, event, "ENV-003");
      });
    },
  },
  {
    id: "envelope/lengths",
    requirements: ["ENV-003"],
    title: "Lengths count UTF-16 code units: the longest value is accepted, one unit more is refused",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      const longest: readonly (readonly [string, number, (units: number) => string])[] = [
        ["id", 256, (units) => "😀".repeat(units / 2) + "x".repeat(units % 2)],
        ["source", 1_024, (units) => "s".repeat(units)],
        ["subject", 4_096, (units) => "ü".repeat(units)],
        ["correlationid", 4_096, (units) => "😀".repeat(units / 2) + "x".repeat(units % 2)],
        ["causationid", 4_096, (units) => "x".repeat(units)],
        ["partitionkey", 4_096, (units) => "語".repeat(units)],
        ["extension", 4_096, (units) => "x".repeat(units)],
        ["dataschema", 1_024, (units) => `http://${"x".repeat(units - 7)}`],
      ];
      for (const [name, units, make] of longest) {
        const id = name === "id" ? {} : { id: session.event().id };
        const refused = await invalid(session, session.event({ ...id, [name]: make(units + 1) }), "ENV-003");
        named(session, refused, name, "too-long", "ENV-003");
        const { sent, got } = await pass(session, { ...id, [name]: make(units) }, "ENV-003");
        session.same(got, sent, "ENV-011", "the envelope");
      }
      const type = (units: number) => `thing.${"t".repeat(units - 6)}`;
      named(
        session,
        await invalid(session, session.event({ type: type(257) }), "ENV-003"),
        "type",
        "too-long",
        "ENV-003",
      );
      await pass(session, { type: type(256) }, "ENV-003");
    },
  },
  {
    id: "envelope/names-of-attributes",
    requirements: ["ENV-006", "ENV-027"],
    title: "What is no name of an attribute is refused as such; 64 lower-case letters and digits are one",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await begin(session);
      for (
        const name of ["__proto__", "Upper", "with-dash", "under_score", "x".repeat(65), "ümlaut", "a.b", "a b", ""]
      ) {
        const event = session.event();
        for (const value of ['"x"', "null"]) {
          const body = JSON.stringify(event).replace(/}$/, `,${JSON.stringify(name)}:${value}}`);
          const reply = await session.publishRaw({ headers: STRUCTURED, body });
          const refused = judgeInvalid(session, reply, "ENV-027", body);
          session.must(
            (refused.faults ?? []).some(({ code }) => code === "name"),
            "ENV-027",
            () => `the fault is name: ${canonical(refused)}`,
          );
        }
        await taken(session, event, "ENV-027");
      }
      for (const name of ["a", "0", "x".repeat(64), "constructor", "hasownproperty", "tostring"]) {
        const { got } = await pass(session, { [name]: "x" }, "ENV-006");
        session.must(got[name] === "x", "ENV-007", `the attribute ${name} was not kept`);
      }
    },
  },
  {
    id: "envelope/integers",
    requirements: ["ENV-008"],
    title: "Integers of 32 bits are kept, those beyond are refused as out of range",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      for (const value of [-2_147_483_648, -1, 0, 2_147_483_647]) {
        const { got } = await pass(session, { number: value }, "ENV-008");
        session.must(got.number === value, "ENV-007", () => `${value} was delivered as ${canonical(got.number)}`);
      }
      for (const value of [-2_147_483_649, 2_147_483_648, 1e21]) {
        const event = session.event({ number: 1 });
        const refused = await invalid(session, { ...event, number: value }, "ENV-008");
        named(session, refused, "number", "out-of-range", "ENV-008");
        await taken(session, event, "ENV-008");
      }
    },
  },
  {
    id: "envelope/64-attributes",
    requirements: ["ENV-010"],
    title: "64 attributes are accepted and delivered, 65 are refused",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      const extra = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, i]));
      const event = session.event(extra(60));
      const refused = await invalid(session, { ...event, more: "x", data: 1 }, "ENV-010");
      session.must(
        (refused.faults ?? []).some(({ code }) => code === "too-many"),
        "ENV-010",
        () => `the fault is too-many: ${canonical(refused)}`,
      );
      const { sent, got } = await pass(session, { ...event, data: 1 }, "ENV-010");
      session.same(got, sent, "ENV-011", "the envelope");
    },
  },
  {
    id: "envelope/depth",
    requirements: ["ENV-022"],
    title: "Data nested 64 deep is accepted and delivered, 65 deep is refused",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      const withData = (event: JsonObject, data: string) => JSON.stringify(event).replace(/}$/, `,"data":${data}}`);
      for (
        const wrap of [(deep: string) => deep, (deep: string) => deep.replaceAll('{"a":', "[").replaceAll("}", "]")]
      ) {
        const event = session.event();
        const reply = await session.publishRaw({ headers: STRUCTURED, body: withData(event, wrap(nested(65))) });
        const refused = judgeInvalid(session, reply, "ENV-022", "data 65 deep");
        session.must(
          (refused.faults ?? []).some(({ code }) => code === "too-deep"),
          "ENV-022",
          () => `the fault is too-deep: ${canonical(refused)}`,
        );
        const body = withData(event, wrap(nested(64)));
        const accepted = await session.publishRaw({ headers: STRUCTURED, body });
        session.must(accepted.ok !== undefined, "ENV-022", () => `64 deep is accepted: ${canonical(accepted)}`);
        const call = session.begun("BUS-019", "b");
        session.same(call.envelope, JSON.parse(body), "BUS-094", "the envelope");
        await session.ack(call);
      }
    },
  },
  {
    id: "envelope/numbers-beyond-doubles",
    requirements: ["ENV-017"],
    title: "Data with a number that no double holds is refused, the greatest double delivered",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await begin(session);
      const greatest = 1.7976931348623157e308;
      for (const number of ["1e400", "-1e400", "1" + "0".repeat(400)]) {
        for (const around of ["#", '{"a":[#]}']) {
          const event = session.event({ data: 0 });
          const withData = (data: string) => JSON.stringify(event).replace('"data":0', `"data":${data}`);
          const body = withData(around.replace("#", number));
          const reply = await session.publishRaw({ headers: STRUCTURED, body });
          const { faults = [] } = judgeInvalid(session, reply, "ENV-017", body.slice(0, 300));
          session.must(
            faults.some(({ field, code }) => field === "data" && (code === "not-json" || code === "out-of-range")),
            "ENV-017",
            () => `the fault of data is not-json or out-of-range: ${canonical(faults)}`,
          );
          const twin = await session.publishRaw({
            headers: STRUCTURED,
            body: withData(around.replace("#", String(greatest))),
          });
          session.must(twin.ok !== undefined, "ENV-017", () => `${greatest} is accepted: ${canonical(twin)}`);
          const call = session.begun("BUS-019", "b");
          session.same(call.envelope.data, JSON.parse(around.replace("#", String(greatest))), "BUS-094", "the data");
          await session.ack(call);
        }
      }
    },
  },
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
  {
    id: "envelope/hostile-depth",
    requirements: ["ENV-022"],
    title: "Data nested a hundred thousand deep is refused, and the bus goes on",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await begin(session);
      const event = session.event();
      for (const data of [nested(30_000), `${"[".repeat(100_000)}${"]".repeat(100_000)}`, "[".repeat(100_000)]) {
        const body = JSON.stringify(event).replace(/}$/, `,"data":${data}}`);
        const reply = await session.publishRaw({ headers: STRUCTURED, body });
        session.must(
          reply.refused !== undefined && INVALID.has(reply.refused.code),
          "ENV-022",
          () => `it is refused as an envelope: ${canonical(reply).slice(0, 300)}`,
        );
      }
      await taken(session, event, "ENV-022");
    },
  },
  {
    id: "envelope/65536-bytes",
    requirements: ["ENV-045", "BUS-094"],
    title: "An envelope of exactly 65,536 bytes is accepted and delivered",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      for (const letter of ["x", "ü", "😀"]) {
        const event = ofBytes(session, 65_536, letter);
        const reply = await session.publish(event);
        session.must(reply.ok !== undefined, "ENV-045", () => `it was not accepted: ${canonical(reply)}`);
        const call = session.begun("BUS-019", "b");
        session.same(call.envelope, event, "BUS-094", "the envelope");
        await session.ack(call);
      }
    },
  },
  {
    id: "envelope/max-bytes",
    requirements: ["ENV-046"],
    title: "An envelope of 262,144 bytes is accepted, one of a byte more is refused as too large",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      for (const letter of ["x", "ü"]) {
        const larger = ofBytes(session, MAX_BYTES + 1, letter);
        const reply = await session.publish(larger);
        session.must(
          reply.refused?.code === "body-too-large",
          "ENV-046",
          () => `wanted body-too-large, got ${canonical(reply).slice(0, 300)}`,
        );
        const largest = ofBytes(session, MAX_BYTES, letter);
        const accepted = await session.publish(largest);
        session.must(accepted.ok !== undefined, "ENV-046", () => `it was not accepted: ${canonical(accepted)}`);
        await session.ack(session.begun("BUS-019", "b"));
      }
    },
  },
  {
    id: "envelope/limits-have-a-least",
    requirements: ["ENV-047"],
    title: "A bus cannot be begun with a limit below its least value, or uses none below it",
    kind: "fault",
    needs,
    async run(session: Session) {
      const least = {
        maxBytes: 65_536,
        maxBatchBytes: 65_536,
        maxBatchEnvelopes: 1,
        maxAttributes: 32,
        maxAttributeLength: 1_024,
        maxDepth: 32,
      };
      for (const [name, value] of Object.entries(least)) {
        const begun = await session.say({
          do: "start",
          nowMs: START_MS,
          draws: [0.5],
          options: { limits: { [name]: value - 1 } },
        });
        if (begun.refused === undefined) {
          const one = atLimit(session, name, value);
          const reply = name.startsWith("maxBatch")
            ? await session.publishRaw({ headers: BATCHED, body: JSON.stringify([one]) })
            : await session.publish(one);
          session.must(reply.ok !== undefined, "ENV-047", () => `${name} is below ${value}: ${canonical(reply)}`);
        }
        await session.start({ limits: { [name]: value } });
        await session.accepted({}, {}, "ENV-047");
      }
    },
  },
  {
    id: "envelope/timestamps",
    requirements: ["ENV-012"],
    title: "A timestamp is read with its offset, and digits beyond the millisecond are cut off",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const same = [
        "2026-01-01T00:00:01.050Z",
        "2026-01-01T00:00:01.0509999999Z",
        "2026-01-01T05:30:01.050+05:30",
        "2025-12-31T12:00:01.0505-12:00",
        "2026-01-01t00:00:01.05z",
      ];
      for (const deliverat of same) {
        await begin(session);
        await session.accepted({ deliverat }, {}, "ENV-012");
        const call = await session.untilCall(100_000, "b");
        session.must(
          call?.atMs === START_MS + 1_050,
          "ENV-012",
          () => `${deliverat} is after 1050 ms, not after ${call === undefined ? "100 s" : call.atMs - START_MS}`,
        );
      }
    },
  },
  {
    id: "envelope/expiry-with-offset",
    requirements: ["ENV-012"],
    title: "An expiry in another offset is the same instant",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      const passed = await session.publish(session.event({ expirytime: "2026-01-01T01:00:00+01:00" }));
      session.must(
        passed.refused?.code === "message-expired",
        "ENV-012",
        () => `01:00+01:00 is now: ${canonical(passed)}`,
      );
      await session.accepted({ expirytime: "2025-12-31T23:00:01-01:00" }, {}, "ENV-012");
    },
  },
  {
    id: "envelope/types-have-case",
    requirements: ["ENV-013"],
    title: "Types are compared by their code units",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.happened"] });
      for (const type of ["Thing.happened", "thing.Happened", "THING.HAPPENED", "thing.happenee"]) {
        const event = await session.accepted({ type }, {}, "ENV-013");
        session.must(session.peek("b") === undefined, "ENV-013", `${type} (${event.id}) is not thing.happened`);
      }
      await session.accepted({ type: "thing.happened" });
      session.begun("ENV-013", "b");
    },
  },
  {
    id: "envelope/target-grammar",
    requirements: ["ENV-014", "ENV-015"],
    title: "A target that keeps the grammar is looked up, one that does not is a fault of the envelope",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const name = fc.oneof(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/), fc.string({ minLength: 1, maxLength: 66 }));
      const instance = fc.oneof(
        fc.constant(undefined),
        fc.stringMatching(/^[A-Za-z0-9._-]{1,128}$/),
        fc.string({ maxLength: 130 }),
      );
      await forAll(session, effort, fc.tuple(name, instance), async ([service, one]) => {
        await session.start();
        const target = one === undefined ? service : `${service}@${one}`;
        const at = target.indexOf("@");
        const [first, second] = at < 0 ? [target, undefined] : [target.slice(0, at), target.slice(at + 1)];
        const nameFits = /^[a-z0-9][a-z0-9-]{0,62}$/.test(first);
        const instanceFits = second === undefined || /^[A-Za-z0-9._-]{1,128}$/.test(second);
        const reply = await session.publish(session.event({ target }));
        if (nameFits && instanceFits) {
          session.must(
            reply.refused?.code === "target-unknown",
            "ENV-014",
            () => `${target} keeps the grammar, and is unknown: ${canonical(reply)}`,
          );
          return;
        }
        const requirement = nameFits ? "ENV-015" : "ENV-014";
        named(session, judgeInvalid(session, reply, requirement, target), "target", undefined, requirement);
      });
    },
  },
  {
    id: "envelope/longest-target",
    requirements: ["ENV-014", "ENV-015"],
    title: "The longest name and the longest instance are delivered to",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const [name, instance] = [`0${"-".repeat(61)}z`, `${"A".repeat(124)}._-9`];
      await session.member(name, { instance });
      const event = await session.accepted({ target: `${name}@${instance}` }, {}, "ENV-015");
      const call = session.begun("BUS-018", name);
      session.must(call.envelope.id === event.id, "ENV-014", "it goes to that service");
      session.must(call.instance === instance, "ENV-015", "it goes to that instance");
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

/** Refusals that say: this is no envelope. */
const INVALID = new Set(["envelope-malformed", "envelope-invalid", "body-too-large"]);

async function begin(session: Session): Promise<void> {
  await session.start();
  await session.member("b", { subscriptions: ["thing.*"] });
}

/** Publishes, and acknowledges what is delivered. */
async function pass(
  session: Session,
  fields: JsonObject,
  requirement = "ENV-003",
): Promise<{ readonly sent: JsonObject; readonly got: JsonObject }> {
  const sent = await session.accepted(fields, {}, requirement);
  const call = session.begun("BUS-019", "b");
  await session.ack(call);
  return { sent, got: call.envelope };
}

/** Publishes in binary mode with these headers besides the required ones. */
async function publishBinary(
  session: Session,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<{ readonly reply: Reply; readonly id: string }> {
  const { specversion, id, source, type } = session.event();
  const required = { "ce-specversion": specversion, "ce-id": id, "ce-source": source, "ce-type": type };
  const reply = await session.publishRaw({ headers: { ...required, ...headers } as Record<string, string>, body });
  return { reply, id: String(id) };
}

/** The twin: what was refused before is accepted without its fault, and as new. */
async function taken(session: Session, event: JsonObject, requirement: string): Promise<void> {
  const reply = await session.publish(event);
  session.must(reply.ok !== undefined, requirement, () => `the twin is accepted: ${canonical(reply)}`);
  session.must(reply.ok.duplicate === false, "BUS-002", "what was refused has left nothing");
  await session.ack(session.begun("BUS-019", "b"));
}

async function invalid(session: Session, event: JsonObject, requirement: string): Promise<Refusal> {
  return judgeInvalid(session, await session.publish(event), requirement, canonical(event).slice(0, 600));
}

function judgeInvalid(session: Session, reply: Reply, requirement: string, what: string): Refusal {
  session.must(
    reply.refused?.code === "envelope-invalid",
    requirement,
    () => `wanted envelope-invalid for ${what}, got ${canonical(reply)}`,
  );
  for (const fault of reply.refused.faults ?? []) {
    for (const member of ["field", "code", "reason"] as const) {
      session.must(
        typeof fault[member] === "string",
        "ENV-005",
        () => `a fault without ${member}: ${canonical(fault)}`,
      );
    }
  }
  return reply.refused;
}

function named(session: Session, refused: Refusal, field: string, code: string | undefined, requirement: string): void {
  session.must(
    (refused.faults ?? []).some((fault) => fault.field === field && (code ?? fault.code) === fault.code),
    requirement,
    () => `wanted the fault ${code ?? ""} of ${field}, got ${canonical(refused)}`,
  );
}

interface BatchResult {
  readonly ok?: { readonly duplicate?: boolean };
  readonly refused?: { readonly code: string };
}

function resultsOf(session: Session, reply: Reply, requirement: string): readonly BatchResult[] {
  const results = reply.ok?.results;
  session.must(Array.isArray(results), requirement, () => `a batch is answered with results: ${canonical(reply)}`);
  return results as readonly BatchResult[];
}

function badFields(): (readonly [string, Json])[] {
  return Object.entries(BAD_VALUES).flatMap(([field, values]) => values.map((value) => [field, value] as const));
}

function requirementOfField(field: string): string {
  return field === "specversion" ? "ENV-002" : field === "priority" ? "PRI-003" : "ENV-003";
}

/** An envelope of exactly so many bytes as structured JSON. */
function ofBytes(session: Session, bytes: number, letter: string): JsonObject {
  const event = session.event({ data: "" });
  const room = bytes - sizeOf(event);
  const each = new TextEncoder().encode(letter).length;
  return { ...event, data: letter.repeat(Math.floor(room / each)) + "y".repeat(room % each) };
}

function sizeOf(event: JsonObject): number {
  return new TextEncoder().encode(JSON.stringify(event)).length;
}

/** An envelope that needs all of a limit. */
function atLimit(session: Session, name: string, value: number): JsonObject {
  if (name === "maxBytes") return ofBytes(session, value, "x");
  if (name === "maxBatchBytes") return ofBytes(session, value - 2, "x");
  if (name === "maxAttributes") {
    return session.event(Object.fromEntries(Array.from({ length: value - 4 }, (_, i) => [`x${i}`, i])));
  }
  if (name === "maxAttributeLength") return session.event({ subject: "x".repeat(value) });
  if (name === "maxDepth") return session.event({ data: JSON.parse(nested(value)) });
  return session.event();
}

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
