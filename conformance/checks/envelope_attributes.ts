/**
 * Checks of the chapter Envelope: which attributes are refused, and what is said of them.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { Json } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session, START_MS } from "../session.ts";
import { BAD_VALUES, FULL } from "./_envelopes.ts";
import { begin, invalid, judgeInvalid, named, pass, REQUIRED, STRUCTURED, taken } from "./_envelope_asked.ts";

const needs = ["core"] as const;

/** See the module. */
export const ENVELOPE_ATTRIBUTE_CHECKS: readonly Check[] = [
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
];

function badFields(): (readonly [string, Json])[] {
  return Object.entries(BAD_VALUES).flatMap(([field, values]) => values.map((value) => [field, value] as const));
}

function requirementOfField(field: string): string {
  return field === "specversion" ? "ENV-002" : field === "priority" ? "PRI-003" : "ENV-003";
}
