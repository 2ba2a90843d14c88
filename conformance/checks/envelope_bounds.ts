/**
 * Checks of the chapter Envelope: bounds, at which an envelope is taken and beyond which it is refused.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { canonical, type Session, START_MS } from "../session.ts";
import { nested } from "./_envelopes.ts";
import { BATCHED, begin, INVALID, invalid, judgeInvalid, named, pass, STRUCTURED, taken } from "./_envelope_asked.ts";

const needs = ["core"] as const;
const MAX_BYTES = 262_144;

/** See the module. */
export const ENVELOPE_BOUND_CHECKS: readonly Check[] = [
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
];

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
