/**
 * Checks of pull delivery: who registers for it, and what is handed out in which order.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { http, problem } from "./_http.ts";
import { answer, idsOf, LEASE_MS, puller, take, takeOne } from "./_pulled.ts";
import { prioritiesOf } from "./_queued.ts";
import { RoundModel } from "./_round_model.ts";

const needs = ["core", "registry", "http", "pull"] as const;
const ACK = "ack";

/** See the module. */
export const PULL_TAKEN_CHECKS: readonly Check[] = [
  {
    id: "pull/registration",
    requirements: ["PULL-001", "PULL-002"],
    title: "Who pulls registers without an endpoint, and all instances of a service take their deliveries one way",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const data = { name: "b", version: "1.0.0", instance: "i1", subscriptions: [], delivery: "pull" };
      const endpoint = "http://127.0.0.1:9/b";
      await refusedFor(session, { ...data, endpoint }, "endpoint", "PULL-001");
      await takenAs(session, data, "PULL-001");
      await refusedFor(session, { ...data, instance: "i2", delivery: "push", endpoint }, "delivery", "PULL-002");
      await takenAs(session, { ...data, instance: "i2" }, "PULL-002");
      const called = { ...data, name: "c", delivery: "push", endpoint };
      await takenAs(session, called, "PULL-002");
      await refusedFor(session, { ...data, name: "c", instance: "i2" }, "delivery", "PULL-002");
      await takenAs(session, { ...called, instance: "i2" }, "PULL-002");
    },
  },
  {
    id: "pull/nobody-is-called",
    requirements: ["PULL-003"],
    title: "Who pulls is called for nothing, and what nobody asks for is not attempted",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      session.manualHealth = true;
      const b = await puller(session);
      const event = await session.accepted();
      await session.advance(60_000);
      session.same(session.calls.length + session.otherCalls.length, 0, "PULL-003", "the calls that were made");
      session.same((await session.delivery(event)).attempts, 0, "PULL-003", "the attempts while nobody asks");
      problem(session, await http(session, "GET", "/services/b/x"), 503, "no-instance", "PULL-003");
      await session.registry("service.deregister", { lease: b.lease });
      const late = await session.accepted();
      await session.advance(60_000);
      session.same((await session.delivery(late)).attempts, 0, "PULL-003", "the attempts while no instance is there");
    },
  },
  {
    id: "pull/takes-and-answers",
    requirements: ["PULL-004", "PULL-012", "PULL-013"],
    title: "What waits is handed out, and each verdict ends its attempt as that of a push would",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      session.same(await take(session, b), [], "PULL-004", "what is handed out when there is nothing");
      const events = [];
      for (let n = 0; n < 4; n++) events.push(await session.accepted());
      const first = await take(session, b, "?max=3");
      session.same(first.length, 3, "PULL-004", "the deliveries of an answer with max=3");
      const [last] = await take(session, b);
      session.same(idsOf([...first, last]), events.map(({ id }) => id), "PULL-006", "what is handed out");
      const { type, source } = first[0].envelope;
      session.same([type, source], ["thing.happened", "/suite"], "PULL-004", "the envelope");
      session.same([first[0].attempt, first[0].leaseMs], [1, LEASE_MS], "PULL-004", "attempt and lease");
      session.same(new Set([...first, last].map(({ ticket }) => ticket)).size, 4, "PULL-004", "the tickets");
      const held = await answer(
        session,
        b,
        { ticket: first[0].ticket, verdict: ACK },
        { ticket: first[1].ticket, verdict: "nak", delayMs: 7_000 },
        { ticket: first[2].ticket, verdict: "term" },
        { ticket: last.ticket, verdict: "working" },
      );
      session.same(held, [true, true, true, true], "PULL-012", "whether the tickets were held");
      session.same((await session.delivery(events[0])).outcome, "delivered", "PULL-013", "how an ack ends it");
      session.same((await session.delivery(events[2])).outcome, "rejected", "PULL-013", "how a term ends it");
      session.same((await session.delivery(events[3])).state, "in-flight", "PULL-013", "where one at work stands");
      const nak = await session.delivery(events[1]);
      session.same([nak.state, nak.lastError], ["waiting", "nak"], "PULL-013", "where a nak leaves it");
      await session.advance(6_999);
      session.same(await take(session, b), [], "PULL-013", "what is handed out before the delay that was asked for");
      await session.advance(1);
      const again = await takeOne(session, b, "PULL-013");
      session.same([again.attempt, again.delivery], [2, first[1].delivery], "PULL-013", "the second attempt");
      session.must(again.ticket !== first[1].ticket, "PULL-004", "a ticket names one attempt");
    },
  },
  {
    id: "pull/order",
    requirements: ["PULL-006"],
    title: "Whatever waits, it is handed out by the round of priorities, as by a push",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const priorities = prioritiesOf(session);
      const drawn = fc.record({
        queued: fc.array(fc.constantFrom(...priorities), { minLength: 1, maxLength: 30 }),
        max: fc.integer({ min: 1, max: 5 }),
      });
      await forAll(session, effort, drawn, async ({ queued, max }) => {
        await session.start();
        const b = await puller(session);
        const round = new RoundModel();
        for (const priority of queued) round.join((await session.accepted({ priority })).id, priority);
        for (;;) {
          const taken = await take(session, b, `?max=${max}`);
          if (taken.length === 0) break;
          const wanted = taken.map(() => round.dispatch()?.id);
          session.same(idsOf(taken), wanted, "PULL-006", "what is handed out next");
          await answer(session, b, ...taken.map(({ ticket }) => ({ ticket, verdict: ACK })));
        }
        session.must(round.dispatch() === undefined, "PULL-006", "everything is handed out");
      });
    },
  },
  {
    id: "pull/lanes-and-slots",
    requirements: ["PULL-006"],
    title: "Of a lane one is out at a time, through its retries, and of a service as many as it has slots",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const b = await puller(session, { maxInFlight: 3 });
      const lane = [];
      for (let n = 0; n < 3; n++) lane.push((await session.accepted({ partitionkey: "k" })).id);
      const [head, ...more] = await take(session, b);
      session.same([head?.envelope.id, more.length], [lane[0], 0], "PULL-006", "what is out of a lane");
      await answer(session, b, { ticket: head.ticket, verdict: "nak", delayMs: 5_000 });
      session.same(await take(session, b), [], "PULL-006", "what passes the head of its lane while that waits");
      await session.advance(5_000);
      for (const id of lane) {
        const taken = await takeOne(session, b, "PULL-006");
        session.same(taken.envelope.id, id, "PULL-006", "the next of the lane");
        await answer(session, b, { ticket: taken.ticket, verdict: ACK });
      }
      for (let n = 0; n < 5; n++) await session.accepted();
      const out = await take(session, b);
      session.same(out.length, 3, "PULL-006", "the attempts of a service with three slots");
      await answer(session, b, { ticket: out[1].ticket, verdict: ACK });
      session.same((await take(session, b)).length, 1, "PULL-006", "what one free slot lets out");
    },
  },
  {
    id: "pull/retry-table",
    requirements: ["PULL-006", "PULL-013"],
    title: "Every nak is followed by the wait of the policy, until the budget of the priority is spent",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const u = fc.double({ min: 0, max: 0.999_999_9, noNaN: true });
      const budget = { LOW: 2, NORMAL: 4, HIGH: 11 } as const;
      const drawn = fc.record({
        draws: fc.array(u, { minLength: 10, maxLength: 10 }),
        priority: fc.constantFrom("LOW", "NORMAL", "HIGH"),
      });
      await forAll(session, effort, drawn, async ({ draws, priority }) => {
        await session.start({ draws, policy: { maxElapsedMs: null } });
        const b = await puller(session);
        const event = await session.accepted({ priority });
        const attempts = budget[priority as keyof typeof budget];
        for (let attempt = 1; attempt <= attempts; attempt++) {
          const taken = await takeOne(session, b, "PULL-006");
          session.same(taken.attempt, attempt, "PULL-006", "the attempt");
          await answer(session, b, { ticket: taken.ticket, verdict: "nak" });
          if (attempt === 1 || attempt === attempts) continue;
          const waitMs = Math.max(1, Math.floor(draws[attempt - 2] * Math.min(300_000, 1_000 * 2 ** (attempt - 2))));
          await session.advance(waitMs - 1);
          session.same(await take(session, b), [], "PULL-013", `what is handed out before ${waitMs} ms`);
          await session.advance(1);
        }
        session.same((await session.delivery(event)).outcome, "exhausted", "PULL-013", "how it ends");
      });
    },
  },
];

/** A registration that must be refused for one member. */
async function refusedFor(session: Session, data: JsonObject, member: string, requirement: string): Promise<void> {
  const { refused } = await session.registry("service.register", data);
  session.must(
    refused?.code === "registration-invalid" && (refused.faults ?? []).some(({ field }) => field.startsWith(member)),
    requirement,
    () => `wanted registration-invalid with a fault of ${member}, got ${JSON.stringify(refused)}`,
  );
}

async function takenAs(session: Session, data: JsonObject, requirement: string): Promise<void> {
  const reply = await session.registry("service.register", data);
  session.must(reply.ok !== undefined, requirement, () => `a valid registration is taken: ${JSON.stringify(reply)}`);
}
