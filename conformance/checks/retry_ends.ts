/**
 * Checks of the chapter Retry: what is charged, and what ends a delivery.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import { type Session, START_MS } from "../session.ts";
import { beginWithB, idOf } from "./_queued.ts";

const needs = ["core"] as const;
const HOUR_MS = 3_600_000;

/** See the module. */
export const RETRY_END_CHECKS: readonly Check[] = [
  {
    id: "retry/only-attempts-count",
    requirements: ["RET-001", "RET-004"],
    title: "Standing in line for a slot is no attempt and costs nothing",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { attemptTimeoutMs: HOUR_MS } });
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      await session.accepted({ priority: "HIGH" });
      const held = session.begun("BUS-019", "b");
      const event = await session.accepted({ priority: "LOW" });
      await session.advance(HOUR_MS / 2);
      const { attempts, outcome } = await session.delivery(event);
      session.must(attempts === 0 && outcome === undefined, "RET-004", `it has ${attempts} attempts and ${outcome}`);
      await session.ack(held);
      await session.nak(session.begun("RET-001", "b"));
      await session.nak(session.begun("RET-001", "b"));
      session.same((await session.delivery(event)).attempts, 2, "RET-001", "the attempts that were charged");
    },
  },
  {
    id: "retry/no-instance",
    requirements: ["RET-002", "RET-048"],
    title: "That a service has no instance to be called is a failed attempt, by the rules of any",
    kind: "scenario",
    needs: ["core", "registry"],
    async run(session: Session) {
      await session.start({ draws: [0.5], healthIntervalMs: 0 });
      const { lease } = await session.member("b");
      await session.registry("service.deregister", { lease });
      const low = await session.accepted({ target: "b", priority: "LOW" }, {}, "BUS-007");
      await session.advance(60_000);
      const view = await session.delivery(low);
      session.same(
        [view.outcome, view.attempts, view.lastError],
        ["exhausted", 2, "no-instance"],
        "RET-002",
        "outcome, attempts and last error of a LOW delivery",
      );
      const failed = session.steps(low, "failed").map(({ reason, atMs }) => [reason, atMs]);
      const beganMs = session.steps(low, "accepted")[0]?.atMs;
      session.same(failed, [["no-instance", beganMs], ["no-instance", beganMs]], "RET-002", "its failures");

      const high = await session.accepted({ target: "b", priority: "HIGH" }, {}, "BUS-007");
      await session.advance(5_000);
      // 0, 500, 1000, 2000 ms have passed: four retries.
      session.same((await session.delivery(high)).attempts, 5, "RET-002", "attempts after 5 s");
      await session.member("b", { instance: "i2" });
      const call = await session.untilCall(600_000, "b");
      session.must(call?.envelope.id === high.id, "RET-046", "it is delivered once there is an instance");
      session.must(call.attempt > 5, "RET-002", `it is attempt ${call.attempt}`);
    },
  },
  {
    id: "retry/exhausted-at-the-last-failure",
    requirements: ["RET-003"],
    title: "The outcome exhausted comes with the last failure, without another wait",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session);
      const event = await session.accepted({ priority: "NORMAL" });
      for (let attempt = 1; attempt <= 4; attempt++) {
        const call = await session.untilCall(60_000, "b");
        session.must(call?.attempt === attempt, "RET-046", `attempt ${attempt} follows`);
        session.same((await session.delivery(event)).outcome, undefined, "RET-003", "the outcome while it runs");
        await session.nak(call, 1_000);
      }
      session.same((await session.delivery(event)).outcome, "exhausted", "RET-003", "the outcome at once");
      const [ended] = session.steps(event, "ended");
      session.same(ended?.atMs, session.nowMs, "RET-003", "when it ended");
    },
  },
  ...(["delivered", "rejected", "exhausted", "expired", "cancelled"] as const).map((outcome): Check => ({
    id: `retry/nothing-after-${outcome}`,
    requirements: ["RET-005"],
    title: `After the outcome ${outcome} nothing is attempted for a day`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"] });
      const expirytime = new Date(session.nowMs + 30_000).toISOString();
      const event = await session.accepted(outcome === "expired" ? { expirytime } : { priority: "LOW" });
      const call = session.begun("BUS-019", "b");
      if (outcome === "delivered") await session.ack(call);
      else if (outcome === "rejected") await session.term(call);
      else {
        await session.nak(call, 40_000);
        if (outcome === "cancelled") await session.say({ do: "cancel", source: event.source, id: event.id });
        else if (outcome === "expired") await session.advance(30_000);
        else await session.nak((await session.untilCall(60_000, "b"))!);
      }
      session.same((await session.delivery(event)).outcome, outcome, "BUS-061", "the outcome");
      await session.advance(86_400_000);
      session.must(session.peek() === undefined, "RET-005", `it is attempted after its outcome ${outcome}`);
    },
  })),
  {
    id: "retry/one-attempt-at-once",
    requirements: ["RET-006", "RET-041"],
    title: "While an attempt runs there is no other, up to its timeout and not before",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.array(fc.nat(20_000), { maxLength: 6 }));
      await forAll(session, effort, drawn, async ([attemptTimeoutMs, steps]) => {
        await session.start({ policy: { attemptTimeoutMs } });
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted();
        const first = session.begun("BUS-019", "b");
        let passed = 0;
        for (const step of steps) {
          if (passed + step >= attemptTimeoutMs) break;
          await session.advance(step);
          passed += step;
          session.same(session.calls.length, 1, "RET-006", "attempts that run");
        }
        await session.advance(attemptTimeoutMs - 1 - passed);
        session.same(session.calls.length, 1, "RET-006", "attempts that run");
        session.same(session.steps(event, "failed").length, 0, "RET-041", "failures before the timeout");
        await session.advance(1);
        const [failed] = session.steps(event, "failed");
        session.same(
          [failed?.reason, failed?.atMs],
          ["timeout", first.atMs + attemptTimeoutMs],
          "RET-041",
          "reason and time of the failure",
        );
      });
    },
  },
  {
    id: "retry/max-elapsed",
    requirements: ["RET-016"],
    title: "What waits or stands in line when maxElapsedMs have passed ends as exhausted, at that instant",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(fc.integer({ min: 2, max: 100_000 }), fc.constantFrom("waits", "queued", "blocked"));
      await forAll(session, effort, drawn, async ([maxElapsedMs, how]) => {
        await session.start({ policy: { maxElapsedMs, attemptTimeoutMs: 10 * maxElapsedMs } });
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight: how === "queued" ? 1 : 64 });
        const lane = how === "blocked" ? { partitionkey: "k" } : {};
        const first = await session.accepted(lane);
        const event = how === "waits" ? first : await session.accepted(lane);
        if (how === "waits") await session.nak(session.begun("BUS-019", "b"), HOUR_MS);
        await session.advance(maxElapsedMs - 1);
        session.same((await session.delivery(event)).outcome, undefined, "RET-016", "the outcome 1 ms before");
        await session.advance(1);
        session.same((await session.delivery(event)).outcome, "exhausted", "RET-016", `the outcome of one that ${how}`);
        const [ended] = session.steps(event, "ended");
        session.same(
          [ended?.reason, ended?.atMs],
          ["max-elapsed", START_MS + maxElapsedMs],
          "RET-016",
          "reason and time of its end",
        );
      });
    },
  },
  {
    id: "retry/max-elapsed-in-flight",
    requirements: ["RET-016", "RET-044"],
    title: "A running attempt may finish after maxElapsedMs: its ack counts, its failure ends the delivery",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { maxElapsedMs: 1_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const [acked, failed] = [await session.accepted(), await session.accepted()];
      await session.advance(5_000);
      for (const event of [acked, failed]) {
        session.same((await session.delivery(event)).outcome, undefined, "RET-016", "the outcome while it runs");
      }
      await session.ack(session.calls.find((call) => idOf(call) === acked.id)!);
      session.same((await session.delivery(acked)).outcome, "delivered", "RET-044", "the outcome of an ack");
      const call = session.calls.find((call) => idOf(call) === failed.id)!;
      await session.nak(call, 2_000);
      await session.advance(3_000);
      session.same((await session.delivery(failed)).outcome, "exhausted", "RET-016", "the outcome of a nak");
    },
  },
  {
    id: "retry/ack-ends",
    requirements: ["RET-044", "RET-045", "RET-046"],
    title: "An ack delivers, a term rejects whatever budget is left, a nak retries while there is any",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(fc.nat(9), fc.constantFrom("ack" as const, "term" as const));
      await forAll(session, effort, drawn, async ([naks, last]) => {
        await beginWithB(session, [0]);
        const event = await session.accepted({ priority: "HIGH" });
        for (let attempt = 1; attempt <= naks; attempt++) {
          const call = await session.untilCall(60_000, "b");
          session.must(call?.attempt === attempt, "RET-046", `attempt ${attempt} follows`);
          await session.nak(call);
        }
        const call = await session.untilCall(60_000, "b");
        session.must(call?.attempt === naks + 1, "RET-046", `attempt ${naks + 1} follows`);
        await session.settle(call, { verdict: last });
        const { outcome, attempts } = await session.delivery(event);
        session.must(
          outcome === (last === "ack" ? "delivered" : "rejected"),
          last === "ack" ? "RET-044" : "RET-045",
          `after ${naks} naks and a ${last} the outcome is ${outcome}`,
        );
        session.same(attempts, naks + 1, "BUS-062", "the attempts");
      });
    },
  },
  ...(["expired", "cancelled", "receiver-gone"] as const).map((mark): Check => ({
    id: `retry/ack-wins-over-${mark}`,
    requirements: ["RET-047"],
    title: `The ack of a running attempt wins over ${mark}; without it the delivery ends as that`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const answer of ["ack", "nak"] as const) {
        await session.start();
        const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
        const expirytime = new Date(session.nowMs + 1_000).toISOString();
        const event = await session.accepted(mark === "expired" ? { expirytime } : {});
        const call = session.begun("BUS-019", "b");
        if (mark === "expired") await session.advance(2_000);
        else if (mark === "cancelled") await session.say({ do: "cancel", source: event.source, id: event.id });
        else await session.registry("service.deregister", { lease, service: true });
        session.same((await session.delivery(event)).outcome, undefined, "RET-047", "the outcome while it runs");
        await session.settle(call, { verdict: answer });
        session.same(
          (await session.delivery(event)).outcome,
          answer === "ack" ? "delivered" : mark,
          answer === "ack" ? "RET-047" : "BUS-041",
          `the outcome after ${mark} and a ${answer}`,
        );
        await session.advance(60_000);
        session.must(session.peek() === undefined, "RET-005", "it is attempted after its outcome");
      }
    },
  })),
];
