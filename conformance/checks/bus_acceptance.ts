/**
 * Checks of the chapter Bus: what is accepted, what is refused, and for which of several reasons.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { Json, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { type EventFields, type Reply, type Session, START_MS } from "../session.ts";
import { cancel, inMs, refused } from "./_bus.ts";

const needs = ["core", "registry"] as const;
/** The longest delay by default. */
const LONGEST_MS = 604_800_000;

/** A fault of a publish, its row in the table of checks, and the code of its refusal. */
interface Fault {
  readonly row: number;
  readonly code: string;
  fields(session: Session): EventFields;
}

const FAULTS: readonly Fault[] = [
  { row: 3, code: "envelope-invalid", fields: () => ({ priority: "URGENT" }) },
  { row: 4, code: "type-reserved", fields: () => ({ type: "message.x" }) },
  { row: 5, code: "id-conflict", fields: () => ({ id: "taken", subject: "other" }) },
  { row: 6, code: "message-expired", fields: (session) => ({ expirytime: inMs(session, 0) }) },
  {
    row: 6,
    code: "message-expired",
    fields: (session) => ({ deliverat: inMs(session, 9_000), expirytime: inMs(session, 9_000) }),
  },
  { row: 6, code: "argument-invalid", fields: (session) => ({ deliverat: inMs(session, LONGEST_MS + 1) }) },
  { row: 7, code: "target-unknown", fields: () => ({ target: "nobody" }) },
  { row: 7, code: "target-unknown", fields: () => ({ target: "full@i9" }) },
  { row: 9, code: "queue-full", fields: () => ({ target: "full" }) },
];

/** See the module. */
export const ACCEPTANCE_CHECKS: readonly Check[] = [
  {
    id: "acceptance/first-of-two-faults",
    requirements: ["BUS-001"],
    title: "Of any two faults the one that stands first in the table refuses",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await aFullTarget(session);
      for (const first of FAULTS) {
        const alone = await session.publish(session.event(first.fields(session)));
        refused(session, alone, first.code, "BUS-001", `row ${first.row} alone`);
        for (const second of FAULTS) {
          // Two that need the same attribute cannot come together.
          const fields = { ...second.fields(session), ...first.fields(session) };
          const shared = Object.keys(second.fields(session)).some((name) => name in first.fields(session));
          if (first.row >= second.row || shared) continue;
          const reply = await session.publish(session.event(fields));
          refused(session, reply, first.code, "BUS-001", `row ${first.row} (${first.code}) beside row ${second.row}`);
        }
      }
    },
  },
  {
    id: "acceptance/malformed-first",
    requirements: ["BUS-001"],
    title: "What cannot be read is refused for that, whatever stands in it",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await aFullTarget(session);
      for (const fault of FAULTS) {
        const text = JSON.stringify(session.event(fault.fields(session)));
        const headers = { "content-type": "application/cloudevents+json" };
        const reply = await session.publishRaw({ headers, body: text.slice(0, -1) });
        refused(session, reply, "envelope-malformed", "BUS-001", `a body cut off, with ${fault.code}`);
      }
    },
  },
  {
    id: "acceptance/refusals-leave-nothing",
    requirements: ["BUS-002"],
    title: "A refused publish leaves no message, no delivery and no entry: its id is free",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await aFullTarget(session);
      await session.member("b", { subscriptions: ["thing.*"] });
      for (const [at, fault] of FAULTS.entries()) {
        if (fault.code === "id-conflict") continue;
        const id = `free-${at}`;
        refused(session, await session.publish(session.event({ id, ...fault.fields(session) })), fault.code, "BUS-001");
        const status = await session.say({ do: "status", source: "/suite", id });
        refused(session, status, "message-unknown", "BUS-002", `the status of what was refused with ${fault.code}`);
        session.must(session.peek("b") === undefined, "BUS-002", `what was refused with ${fault.code} is delivered`);
        session.same(session.steps({ id }, "accepted", "attempt", "ended"), [], "BUS-002", "its steps");
        const reply = await session.publish(session.event({ id, data: at }));
        session.must(
          reply.ok?.duplicate === false,
          "BUS-002",
          () => `its id is free after ${fault.code}: ${JSON.stringify(reply)}`,
        );
        await session.ack(session.begun("BUS-019", "b"));
      }
      session.same(await session.list("dead-letters"), [], "BUS-002", "the dead letters of what was refused");
    },
  },
  {
    id: "acceptance/own-source",
    requirements: ["BUS-109"],
    title: "The source of the gateway's own messages is refused from publishers",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const a = await session.member("a", { receipts: true });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({}, { lease: a.lease });
      await session.ack(session.begun("BUS-019", "b"));
      const { source } = session.begun("BUS-064", "a").envelope;
      const own = session.event({ source: source! });
      refused(session, await session.publish(own), "source-reserved", "BUS-109", `the source ${source}`);
      await session.accepted({ id: own.id! });
    },
  },
  {
    id: "acceptance/expiry-by-the-bus-clock",
    requirements: ["BUS-004", "BUS-115", "RET-058"],
    title: "The clock of the bus alone says what has expired, whatever the time is elsewhere",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const cases = fc.record({
        nowMs: fc.integer({ min: Date.UTC(1980, 0), max: Date.UTC(2090, 0) }),
        passedMs: fc.integer({ min: 0, max: 9_999 }),
      });
      await forAll(session, effort, cases, async ({ nowMs, passedMs }) => {
        await session.start({ nowMs });
        if (passedMs > 0) await session.advance(passedMs);
        const expired = await session.publish(session.event({ expirytime: inMs(session, 0) }));
        refused(session, expired, "message-expired", "BUS-004", "an expirytime that is now");
        await session.accepted({ expirytime: inMs(session, 1) }, {}, "RET-058");
        const early = await session.publish(
          session.event({ deliverat: inMs(session, 500), expirytime: inMs(session, 500) }),
        );
        refused(session, early, "message-expired", "BUS-115", "what expires at the time asked for");
        await session.accepted({ deliverat: inMs(session, 500), expirytime: inMs(session, 501) }, {}, "RET-058");
      });
    },
  },
  {
    id: "acceptance/targets-that-left",
    requirements: ["BUS-005", "BUS-006", "BUS-007"],
    title: "A target is known while its service is, an instance while it is registered",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const first = await session.member("b");
      const second = await session.member("b", { instance: "i2" });
      await session.accepted({ target: "b@i1" }, {}, "BUS-006");
      await session.registry("service.deregister", { lease: first.lease });
      const gone = await session.publish(session.event({ target: "b@i1" }));
      refused(session, gone, "target-unknown", "BUS-006", "an instance that has left");
      await session.accepted({ target: "b@i2" }, {}, "BUS-006");
      await session.registry("service.deregister", { lease: second.lease });
      await session.accepted({ target: "b" }, {}, "BUS-007");
      const third = await session.member("b", { instance: "i3" });
      await session.accepted({ target: "b@i3" }, {}, "BUS-006");
      await session.registry("service.deregister", { lease: third.lease, service: true });
      const ended = await session.publish(session.event({ target: "b" }));
      refused(session, ended, "target-unknown", "BUS-005", "a service that has ended");
    },
  },
  {
    id: "acceptance/targets-at-their-ends",
    requirements: ["ENV-014", "ENV-015"],
    title: "A target of the longest names is looked up, one of a character more or a bad beginning is a fault",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const good = ["b", "0", "b-", "b--", "a".repeat(63), `9${"-".repeat(62)}`, "b@.", "b@-", `b@${"Z".repeat(128)}`];
      for (const target of good) {
        const reply = await session.publish(session.event({ target }));
        refused(session, reply, "target-unknown", target.includes("@") ? "ENV-015" : "ENV-014", `the target ${target}`);
      }
      const bad: readonly (readonly [string, string])[] = [
        ["a".repeat(64), "ENV-014"],
        [`${"a".repeat(64)}@i1`, "ENV-014"],
        ["-b", "ENV-014"],
        ["-", "ENV-014"],
        ["-b@i1", "ENV-014"],
        ["B", "ENV-014"],
        ["b.c", "ENV-014"],
        ["b_c", "ENV-014"],
        ["b ", "ENV-014"],
        ["@i1", "ENV-014"],
        ["b@", "ENV-015"],
        [`b@${"Z".repeat(129)}`, "ENV-015"],
        ["b@i1@i2", "ENV-015"],
        ["b@i/1", "ENV-015"],
      ];
      for (const [target, requirement] of bad) {
        const reply = await session.publish(session.event({ target }));
        refused(session, reply, "envelope-invalid", requirement, `the target ${target}`);
        const fields = (reply.refused?.faults ?? []).map(({ field }) => field);
        session.same(fields, ["target"], requirement, `what is at fault with the target ${target}`);
      }
    },
  },
  {
    id: "acceptance/durability-of-memory",
    requirements: ["BUS-008", "BUS-009"],
    title: "What is not CRITICAL is accepted with the durability memory, whatever the store is",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b");
      for (const priority of [undefined, "LOW", "NORMAL", "HIGH"]) {
        for (const more of [{}, { target: "b" }, { deliverat: inMs(session, 900) }]) {
          const event = session.event({ ...(priority === undefined ? {} : { priority }), ...more });
          const reply = await session.publish(event);
          session.same(reply.ok?.durability, "memory", "BUS-009", `the durability of ${priority ?? "no priority"}`);
          const again = await session.publish(event);
          session.same(again.ok?.durability, "memory", "BUS-008", "the durability of its duplicate");
        }
      }
    },
  },
  {
    id: "acceptance/durability-of-critical",
    requirements: ["BUS-008"],
    title: "What is CRITICAL says that it is flushed, or better",
    kind: "scenario",
    needs: ["core", "registry", "durable"],
    async run(session: Session) {
      await session.start();
      await session.member("b");
      for (const more of [{}, { target: "b" }, { deliverat: inMs(session, 900) }]) {
        const reply = await session.publish(session.event({ priority: "CRITICAL", ...more }));
        session.must(
          reply.ok?.durability === "flushed" || reply.ok?.durability === "replicated",
          "BUS-008",
          () => `a CRITICAL is accepted as flushed: ${JSON.stringify(reply)}`,
        );
      }
    },
  },
  {
    id: "acceptance/batch-as-if-alone",
    requirements: ["BUS-017"],
    title: "Each item of a batch is judged as if it had come alone, in its order",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const kinds = ["good", "good", "twice", "conflict", ...FAULTS.keys()] as const;
      const items = fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 8 });
      await forAll(session, effort, items, async (items) => {
        const events: JsonObject[] = [];
        const verdicts: Json[][] = [];
        for (const batched of [false, true]) {
          await aFullTarget(session);
          if (!batched) {
            for (const [at, kind] of items.entries()) events.push(itemOf(session, kind, at, events));
            for (const event of events) verdicts.push(verdictOf(await session.publish(event)));
            continue;
          }
          const headers = { "content-type": "application/cloudevents-batch+json" };
          const reply = await session.publishRaw({ headers, body: JSON.stringify(events) });
          const { results } = (reply.ok ?? {}) as { readonly results?: readonly Reply[] };
          session.must(
            results?.length === events.length,
            "BUS-017",
            () => `a batch has a result for each item: ${JSON.stringify(reply)}`,
          );
          session.same(results.map(verdictOf), verdicts, "BUS-017", "the verdicts of the batch, and of each alone");
        }
      });
    },
  },
  {
    id: "acceptance/broadcast-to-nobody",
    requirements: ["BUS-024"],
    title: "A broadcast that nobody subscribes to is accepted, remembered, and never delivered to who comes later",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("c", { subscriptions: ["other.*"] });
      for (const priority of ["LOW", "NORMAL", "HIGH"]) {
        const event = session.event({ priority });
        const reply = await session.publish(event);
        session.same(reply.ok?.receivers, [], "BUS-024", `the receivers of a ${priority} nobody subscribes to`);
        session.same((await session.status(event as never)).deliveries, [], "BUS-061", "its deliveries");
        refused(session, await cancel(session, event), "message-ended", "BUS-024", "its cancellation");
      }
      session.same(await session.list("dead-letters"), [], "BUS-024", "the dead letters");
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.advance(60_000);
      session.must(session.peek("b") === undefined, "BUS-022", "who came later gets nothing");
    },
  },
];

/** A target `full` that takes nothing more, and a message `taken`. */
async function aFullTarget(session: Session): Promise<void> {
  await session.start({ capacity: 1, nowMs: START_MS });
  await session.member("full");
  await session.accepted({ target: "full" });
  session.begun("BUS-018", "full");
  await session.accepted({ id: "taken", type: "nobody.listens" });
}

function itemOf(session: Session, kind: string | number, at: number, before: readonly JsonObject[]): JsonObject {
  const earlier = before.at(-1);
  if (typeof kind === "number") return session.event({ id: `item-${at}`, ...FAULTS[kind].fields(session) });
  if (kind === "twice" && earlier !== undefined) return earlier;
  if (kind === "conflict" && earlier !== undefined) return { ...earlier, subject: `other-${at}` };
  return session.event({ id: `item-${at}` });
}

function verdictOf({ ok, refused }: Reply): Json[] {
  return ok === undefined ? [refused?.code ?? null] : [ok.id, ok.duplicate, ok.durability];
}
