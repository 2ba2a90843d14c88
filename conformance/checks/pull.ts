/**
 * Checks of the chapter Pull delivery.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { Json, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { begin, http, lateReply, problem, replyAfter } from "./_http.ts";
import { eventsOf, hangUp, readUntil, stream } from "./_http_stream.ts";
import {
  answer,
  asked,
  came,
  eventStream,
  idsOf,
  LEASE_MS,
  pulledIn,
  puller,
  streamed,
  take,
  takeOne,
} from "./_pulled.ts";
import { prioritiesOf } from "./_queued.ts";
import { RoundModel } from "./_round_model.ts";

const needs = ["core", "registry", "http", "pull"] as const;
const ACK = "ack";

/** See the module. */
export const PULL_CHECKS: readonly Check[] = [
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
  {
    id: "pull/wait",
    requirements: ["PULL-005"],
    title: "A request that waits is answered by the first delivery, or when its time has passed",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const headers = { "bellhop-lease": b.lease };
      const idle = await begin(session, "GET", "/deliveries?wait=7", { headers });
      session.must(idle.reply === undefined, "PULL-005", "a request waits while there is nothing");
      const empty = await replyAfter(
        session,
        idle.seq,
        { fromMs: session.nowMs, ms: 7_000 },
        "PULL-005",
        "it is answered",
      );
      session.same(pulledIn(session, empty), [], "PULL-005", "what it is answered with");
      const waiting = await begin(session, "GET", "/deliveries?wait=60", { headers });
      await session.advance(3_000);
      const { id } = await session.accepted();
      await session.advance(1);
      const reply = lateReply(session, waiting.seq);
      session.must(reply !== undefined, "PULL-005", "it is answered as soon as there is a delivery");
      session.same(idsOf(pulledIn(session, reply)), [id], "PULL-005", "what it is answered with");
    },
  },
  {
    id: "pull/gone-reader",
    requirements: ["PULL-009"],
    title: "Whoever goes away while waiting costs no attempt",
    kind: "interleaving",
    needs,
    can: ["streams"],
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const headers = { "bellhop-lease": b.lease };
      const waiting = await begin(session, "GET", "/deliveries?wait=60", { headers });
      const events = await stream(session, "/deliveries?max=1", eventStream(b));
      await readUntil(session, events, () => false);
      await hangUp(session, waiting);
      await hangUp(session, events);
      await session.advance(1);
      const { id } = await session.accepted();
      const taken = await takeOne(session, b, "PULL-009");
      session.same([taken.envelope.id, taken.attempt], [id, 1], "PULL-009", "what the next one is given");
    },
  },
  {
    id: "pull/lease-expired",
    requirements: ["PULL-014", "BUS-033"],
    title: "An attempt that is not answered in time counts as a nak, with the reason lease-expired",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const event = await session.accepted();
      const first = await takeOne(session, b, "PULL-004");
      await session.advance(LEASE_MS - 1);
      session.same((await session.delivery(event)).state, "in-flight", "PULL-014", "where it stands before");
      await session.advance(1);
      const [failed] = session.steps(event, "failed");
      session.same(failed?.reason, "lease-expired", "BUS-033", "the reason");
      session.same(failed?.atMs, session.nowMs, "PULL-014", "when it failed");
      session.same((await takeOne(session, b, "PULL-014")).attempt, 2, "PULL-014", "the attempt that follows");
      session.same(
        await answer(session, b, { ticket: first.ticket, verdict: ACK }),
        [false],
        "PULL-016",
        "whether the first is still held",
      );
    },
  },
  {
    id: "pull/working",
    requirements: ["PULL-015", "BUS-036"],
    title: "Who is still at it has the whole lease anew, as often as it says so",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const waits = fc.array(fc.integer({ min: 1, max: LEASE_MS - 1 }), { minLength: 1, maxLength: 5 });
      await forAll(session, effort, waits, async (waits) => {
        await session.start();
        const b = await puller(session);
        const event = await session.accepted();
        const { ticket } = await takeOne(session, b, "PULL-004");
        for (const ms of waits) {
          await session.advance(ms);
          session.same(
            await answer(session, b, { ticket, verdict: "working" }),
            [true],
            "PULL-015",
            "whether it was held",
          );
        }
        await session.advance(LEASE_MS - 1);
        session.same(session.steps(event, "failed"), [], "BUS-036", "how it fails before its lease anew has passed");
        await session.advance(1);
        session.same(session.steps(event, "failed").length, 1, "PULL-015", "the failures when it has passed");
      });
    },
  },
  {
    id: "pull/strange-tickets",
    requirements: ["PULL-016"],
    title: "A ticket of an attempt before, of another instance, or of nobody changes nothing",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const [a, b] = [await puller(session), await puller(session, { instance: "i2" })];
      const event = await session.accepted();
      const first = await takeOne(session, a, "PULL-004");
      const verdicts = [ACK, "nak", "term", "working"];
      const strange = async (by: typeof a, ticket: string, what: string) => {
        const before = await session.delivery(event);
        for (const verdict of verdicts) {
          session.same(await answer(session, by, { ticket, verdict }), [false], "PULL-016", `whether ${what} is held`);
        }
        session.same(await session.delivery(event), before, "PULL-016", `what ${what} changes`);
      };
      await strange(b, first.ticket, "the ticket of another instance");
      await strange(a, `${first.ticket}x`, "a ticket that nobody was given");
      session.same(
        await answer(session, a, { ticket: first.ticket, verdict: "nak" }),
        [true],
        "PULL-012",
        "whether the own is held",
      );
      const second = await takeOne(session, a, "PULL-013");
      await strange(a, first.ticket, "the ticket of the attempt before");
      session.same(
        await answer(session, a, { ticket: second.ticket, verdict: ACK }, { ticket: second.ticket, verdict: "nak" }),
        [true, false],
        "PULL-016",
        "whether a ticket is held that was answered",
      );
      session.same((await session.delivery(event)).outcome, "delivered", "PULL-016", "how it ends");
    },
  },
  {
    id: "pull/for-one-instance",
    requirements: ["PULL-007"],
    title: "A delivery for one instance is handed to it alone, and holds up nothing for the others",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const [a, b] = [await puller(session), await puller(session, { instance: "i2" })];
      const pinned = await session.accepted({ target: "b@i2", priority: "HIGH" });
      const open = await session.accepted();
      session.same(idsOf(await take(session, a)), [open.id], "PULL-007", "what another is given");
      await session.advance(1_000);
      const taken = await takeOne(session, b, "PULL-007");
      session.same([taken.envelope.id, taken.attempt], [pinned.id, 1], "PULL-007", "what the one is given");
    },
  },
  {
    id: "pull/in-turn",
    requirements: ["PULL-008"],
    title: "Those who wait are given one each in turn, and a retry goes to another",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const members = [await puller(session), await puller(session, { instance: "i2" })];
      const wait = async () => {
        const waiting = [];
        for (const { lease } of members) {
          waiting.push(await begin(session, "GET", "/deliveries?wait=30", { headers: { "bellhop-lease": lease } }));
        }
        return waiting;
      };
      const waiting = await wait();
      // They fall due together.
      for (let n = 0; n < 2; n++) await session.accepted({}, { delayMs: 5_000 });
      await session.advance(5_001);
      const taken = waiting.map(({ seq }) => {
        const reply = lateReply(session, seq);
        return reply === undefined ? [] : pulledIn(session, reply);
      });
      session.same(taken.map(({ length }) => length), [1, 1], "PULL-008", "what each of two is given of two");
      const again = await wait();
      await answer(session, members[0], { ticket: taken[0][0].ticket, verdict: "nak" });
      await session.advance(1);
      const [own, other] = again.map(({ seq }) => lateReply(session, seq));
      session.must(own === undefined && other !== undefined, "PULL-008", "a retry goes to another that waits");
    },
  },
  {
    id: "pull/refusals",
    requirements: ["PULL-010", "PULL-011"],
    title: "What breaks the tables is refused by its name and changes nothing; its twin is taken",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const event = await session.accepted();
      for (const field of ["max", "wait"]) {
        for (const value of [field === "max" ? "0" : "61", field === "max" ? "101" : "-1", "1.5", "x", ""]) {
          const reply = await asked(session, b, "GET", `/deliveries?${field}=${value}`);
          const { field: named } = problem(session, reply, 400, "argument-invalid", "PULL-010");
          session.same(named, field, "PULL-010", `the field of ${field}=${value}`);
        }
      }
      const { ticket } = await takeOne(session, b, "PULL-004");
      const bad: readonly (readonly [string, Json])[] = [
        ["answers", {}],
        ["answers", { answers: [] }],
        ["answers", { answers: Array(101).fill({ ticket, verdict: ACK }) }],
        ["answers[1].ticket", { answers: [{ ticket, verdict: ACK }, { verdict: ACK }] }],
        ["answers[1].ticket", { answers: [{ ticket, verdict: ACK }, { ticket: "x".repeat(129), verdict: ACK }] }],
        ["answers[1].verdict", { answers: [{ ticket, verdict: ACK }, { ticket, verdict: "done" }] }],
        ["answers[1].delayMs", { answers: [{ ticket, verdict: ACK }, { ticket, verdict: "nak", delayMs: -1 }] }],
        [
          "answers[1].delayMs",
          { answers: [{ ticket, verdict: ACK }, { ticket, verdict: "nak", delayMs: 86_400_001 }] },
        ],
      ];
      for (const [field, json] of bad) {
        const reply = await asked(session, b, "POST", "/deliveries", { json });
        const { field: named } = problem(session, reply, 400, "argument-invalid", "PULL-010");
        session.same(named, field, "PULL-010", "the field at fault");
        session.same((await session.delivery(event)).state, "in-flight", "PULL-010", "where the delivery stands");
      }
      const json = { answers: [{ ticket: "x", verdict: "nak", delayMs: 0 }] };
      for (const method of ["GET", "POST"]) {
        const body = method === "GET" ? {} : { json };
        const unknown = await asked(session, { lease: "nobody-holds-this-lease" }, method, "/deliveries", body);
        problem(session, unknown, 404, "lease-unknown", "PULL-011");
        const without = await http(session, method, "/deliveries", body);
        const { field } = problem(session, without, 400, "argument-invalid", "PULL-010");
        session.same(field, "bellhop-lease", "PULL-010", "the field without a lease");
        session.same((await asked(session, b, method, "/deliveries", body)).status, 200, "PULL-011", "its twin");
      }
      const called = await session.member("c");
      const reply = await asked(session, called, "GET", "/deliveries");
      const { field } = problem(session, reply, 400, "argument-invalid", "PULL-011");
      session.same(field, "delivery", "PULL-011", "the field of one that is called");
      session.same(
        await answer(session, b, { ticket, verdict: ACK }),
        [true],
        "PULL-010",
        "whether the ticket is still held",
      );
    },
  },
  {
    id: "pull/stream-window",
    requirements: ["PULL-017", "PULL-018"],
    title: "A stream sends as many as may be out, and another for each that is answered or lost",
    kind: "scenario",
    needs,
    can: ["streams"],
    async run(session: Session) {
      await session.start({ policy: { jitter: "none", baseMs: 60_000 } });
      const b = await puller(session);
      const events = await stream(session, "/deliveries?max=2", eventStream(b));
      session.must(events.reply.status === 200, "PULL-017", `the stream was answered ${events.reply.status}`);
      session.must(
        /^text\/event-stream\b/i.test(events.reply.headers["content-type"] ?? ""),
        "PULL-017",
        `the stream is text/event-stream, not ${events.reply.headers["content-type"]}`,
      );
      const sent: string[] = [];
      await came(session, events);
      for (let n = 0; n < 6; n++) sent.push((await session.accepted()).id);
      await came(session, events);
      session.same(idsOf(streamed(session, events)), sent.slice(0, 2), "PULL-018", "what is out with max=2");
      const [first, second] = streamed(session, events);
      await answer(session, b, { ticket: second.ticket, verdict: "working" });
      await came(session, events);
      session.same(streamed(session, events).length, 2, "PULL-018", "what is out while one is at work");
      await answer(session, b, { ticket: first.ticket, verdict: ACK });
      await came(session, events);
      session.same(idsOf(streamed(session, events)), sent.slice(0, 3), "PULL-018", "what is sent when one is answered");
      await session.advance(LEASE_MS - 1);
      await came(session, events);
      session.same(streamed(session, events).length, 3, "PULL-018", "what is out before the leases run out");
      await session.advance(1);
      await came(session, events);
      session.same(streamed(session, events).length, 5, "PULL-018", "what was sent when two leases have run out");
      await hangUp(session, events);
    },
  },
  {
    id: "pull/stream-lives",
    requirements: ["PULL-019", "PULL-020"],
    title: "An idle stream carries comments, and keeps the lease of its instance while it is read",
    kind: "scenario",
    needs,
    can: ["streams"],
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const b = await puller(session, { leaseMs: 30_000 });
      const events = await stream(session, "/deliveries", eventStream(b));
      await came(session, events);
      for (let n = 1; n <= 4; n++) {
        const from = events.text.length;
        for (let step = 0; step < 5; step++) {
          await session.advance(3_000);
          await came(session, events);
        }
        session.must(
          /(^|[\r\n]):/.test(events.text.slice(from)),
          "PULL-019",
          () => `within ${n} · 15 s comes a comment, not ${JSON.stringify(events.text.slice(from))}`,
        );
      }
      const suspected = session.trace.filter(({ kind }) => kind === "suspect");
      session.same(suspected, [], "PULL-020", "the suspicions after two leases");
      await hangUp(session, events);
      await session.advance(60_000);
      const removed = session.trace.some(({ kind }) => kind === "removed");
      session.must(removed, "PULL-020", "whose stream has gone keeps no lease");
    },
  },
  {
    id: "pull/stream-ended",
    requirements: ["PULL-021"],
    title: "A stream ends with an event that says so when its lease is lost",
    kind: "scenario",
    needs,
    can: ["streams"],
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const b = await puller(session);
      const events = await stream(session, "/deliveries", eventStream(b));
      await came(session, events);
      await session.registry("service.deregister", { lease: b.lease });
      for (let step = 0; step < 6 && !events.ended; step++) {
        await came(session, events);
        if (!events.ended) await session.advance(3_000);
      }
      session.must(events.ended, "PULL-021", "the stream ends");
      const last = eventsOf(events).at(-1);
      session.must(last?.event === "ended", "PULL-021", () => `its last event is ended, not ${JSON.stringify(last)}`);
      session.same(JSON.parse(last.data).code, "lease-unknown", "PULL-021", "the code that it tells");
    },
  },
  {
    id: "pull/marked-while-out",
    requirements: ["PULL-006"],
    title: "What is cancelled or expires while it is out ends as one on the wire does",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const deed of ["cancel", "expire"]) {
        for (const verdict of [ACK, "nak"]) {
          await session.start();
          const b = await puller(session);
          const expirytime = new Date(session.nowMs + 5_000).toISOString();
          const event = await session.accepted(deed === "expire" ? { expirytime } : {});
          const { ticket } = await takeOne(session, b, "PULL-004");
          if (deed === "cancel") await session.say({ do: "cancel", source: event.source, id: event.id });
          else await session.advance(6_000);
          await answer(session, b, { ticket, verdict });
          const wanted = verdict === ACK ? "delivered" : deed === "cancel" ? "cancelled" : "expired";
          session.same((await session.delivery(event)).outcome, wanted, "PULL-006", `how it ends by ${deed}`);
        }
      }
    },
  },
  {
    id: "pull/critical-survives",
    requirements: ["PULL-006"],
    title: "A CRITICAL delivery outlives a crash, with its attempts, and the tickets of before are worth nothing",
    kind: "fault",
    needs: [...needs, "durable"],
    can: ["crash"],
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const event = await session.accepted({ priority: "CRITICAL" });
      const first = await takeOne(session, b, "PULL-004");
      await answer(session, b, { ticket: first.ticket, verdict: "nak" });
      const second = await takeOne(session, b, "PULL-006");
      await answer(session, b, { ticket: second.ticket, verdict: "nak", delayMs: 20_000 });
      await session.advance(1_000);
      await session.say({ do: "store", action: "crash" });
      await session.start({ nowMs: session.nowMs, keep: true });
      await session.advance(20_000);
      const third = await takeOne(session, b, "PULL-006");
      session.same([third.envelope.id, third.attempt], [event.id, 3], "PULL-006", "what follows the crash");
      for (const { ticket } of [first, second]) {
        session.same(
          await answer(session, b, { ticket, verdict: ACK }),
          [false],
          "PULL-016",
          "whether an old one is held",
        );
      }
      await answer(session, b, { ticket: third.ticket, verdict: ACK });
      session.same((await session.delivery(event)).outcome, "delivered", "PULL-013", "how it ends");
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
