/**
 * Checks of pull delivery: streams, and what is refused.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Json } from "../control.ts";
import type { Session } from "../session.ts";
import { http, problem } from "./_http.ts";
import { eventsOf, hangUp, stream } from "./_http_stream.ts";
import { answer, asked, came, eventStream, idsOf, LEASE_MS, puller, streamed, takeOne } from "./_pulled.ts";

const needs = ["core", "registry", "http", "pull"] as const;
const ACK = "ack";

/** See the module. */
export const PULL_STREAM_CHECKS: readonly Check[] = [
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
];
