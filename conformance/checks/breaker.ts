/**
 * Checks of the chapter Retry: the breaker of each instance.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer, DeliveryCall } from "../control.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";

const needs = ["core", "registry"] as const;
const OPEN_MS = 10_000;
const LOW = { target: "b", priority: "LOW" } as const;

/** See the module. */
export const BREAKER_CHECKS: readonly Check[] = [
  {
    id: "breaker/ten-failures-open-it",
    requirements: ["RET-061", "RET-062"],
    title: "9 failures in a row leave the breaker closed, 10 open it",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const failure = fc.constantFrom<CallAnswer>({ verdict: "nak" }, { fault: "unreachable" });
      await forAll(session, effort, fc.array(failure, { minLength: 10, maxLength: 10 }), async (failures) => {
        await begin(session);
        for (const [at, failure] of failures.entries()) {
          if (at % 2 === 0) await session.accepted(LOW);
          const call = session.peek("b");
          session.must(call !== undefined, "RET-061", `after ${at} failures the breaker is open`);
          await session.settle(call, failure);
        }
        await session.accepted(LOW);
        session.must(session.peek("b") === undefined, "RET-061", "after 10 failures the breaker is closed");
        await session.advance(OPEN_MS - 1);
        session.must(session.peek("b") === undefined, "RET-062", "an attempt is made before 10,000 ms have passed");
      });
    },
  },
  {
    id: "breaker/timeouts-count",
    requirements: ["RET-061"],
    title: "10 timeouts in a row open the breaker",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      for (let i = 0; i < 10; i++) await session.accepted(LOW);
      await session.untilTrace(({ kind, reason }) => kind === "failed" && reason === "timeout", 20_000);
      await session.advance(0);
      session.calls = [];
      const event = await session.accepted(LOW);
      session.must(session.peek("b") === undefined, "RET-061", "after 10 timeouts the breaker is closed");
      session.same((await session.delivery(event)).attempts, 0, "RET-001", "the attempts of one that is held back");
    },
  },
  {
    id: "breaker/in-a-row",
    requirements: ["RET-061", "RET-065"],
    title: "An ack and a term each begin the row anew",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const rows = fc.array(
        fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom("ack" as const, "term" as const)),
        {
          minLength: 1,
          maxLength: 4,
        },
      );
      await forAll(session, effort, rows, async (rows) => {
        await begin(session);
        for (const [failures, verdict] of rows) {
          for (let i = 0; i < failures; i++) await fail(session);
          await settleAll(session, verdict);
          await session.accepted(LOW);
          const call = session.peek("b");
          session.must(
            call !== undefined,
            verdict === "term" ? "RET-065" : "RET-061",
            `after ${failures} failures and a ${verdict} the breaker is open`,
          );
          await session.settle(call, { verdict });
        }
        for (let i = 0; i < 9; i++) await fail(session);
        await settleAll(session, "ack");
        await session.accepted(LOW);
        session.must(session.peek("b") !== undefined, "RET-061", "9 failures after a success open it");
      });
    },
  },
  {
    id: "breaker/one-probe",
    requirements: ["RET-062", "RET-063"],
    title: "After 10,000 ms exactly one attempt is let through, however many wait",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      await open(session);
      for (let i = 0; i < 5; i++) await session.accepted({ target: "b", priority: "HIGH" });
      session.must(session.peek("b") === undefined, "RET-062", "an open breaker lets an attempt through");
      await session.advance(OPEN_MS - 1);
      session.must(session.peek("b") === undefined, "RET-062", "it lets one through before its time");
      await session.advance(1);
      session.same(session.calls.length, 1, "RET-063", "attempts that are let through");
      await session.advance(5_000);
      await session.accepted({ target: "b", priority: "HIGH" });
      session.same(session.calls.length, 1, "RET-063", "attempts while that one runs");
    },
  },
  ...(["ack", "term"] as const).map((verdict): Check => ({
    id: `breaker/closed-by-${verdict}`,
    requirements: ["RET-064"],
    title: `The attempt that is let through closes the breaker if it is a${verdict === "ack" ? "n" : ""} ${verdict}`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      await open(session);
      for (let i = 0; i < 5; i++) await session.accepted(LOW);
      await session.advance(OPEN_MS);
      await session.settle(session.begun("RET-063", "b"), { verdict });
      await session.accepted(LOW);
      session.must(session.calls.length >= 1, "RET-064", `after a ${verdict} the breaker is open`);
      for (let i = 0; i < 4; i++) await fail(session);
      session.must(session.peek("b") !== undefined || (await again(session)), "RET-064", "4 failures open it");
    },
  })),
  ...([["nak", { verdict: "nak" }], ["fault", { fault: "unreachable" }]] as const).map(([name, answer]): Check => ({
    id: `breaker/opened-anew-by-${name}`,
    requirements: ["RET-064"],
    title: `The attempt that is let through opens the breaker anew if it fails (${name})`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      await open(session);
      await session.accepted({ target: "b", priority: "HIGH" });
      for (let round = 0; round < 3; round++) {
        await session.advance(OPEN_MS - 1);
        session.must(session.peek("b") === undefined, "RET-064", `round ${round}: it lets an attempt through early`);
        await session.advance(1);
        const call = session.peek("b");
        session.must(call !== undefined, "RET-063", `round ${round}: no attempt is let through after 10,000 ms`);
        await session.settle(call, answer);
      }
    },
  })),
  {
    id: "breaker/deferral-is-free",
    requirements: ["RET-001", "RET-066", "RET-004"],
    title: "A delivery behind an open breaker keeps its budget and is tried when an attempt is let through",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      await open(session);
      const event = await session.accepted({ target: "b", priority: "NORMAL" });
      const view = await session.delivery(event);
      session.same([view.state, view.attempts], ["deferred", 0], "RET-004", "state and attempts behind the breaker");
      const beganMs = session.nowMs;
      for (let attempt = 1; attempt <= 4; attempt++) {
        const call = await session.untilCall(2 * OPEN_MS, "b");
        session.must(call?.attempt === attempt, "RET-001", `attempt ${attempt} is made, not ${call?.attempt}`);
        session.same(call.atMs - beganMs, attempt * OPEN_MS, "RET-066", `when attempt ${attempt} is made`);
        await session.nak(call);
      }
      session.same((await session.delivery(event)).outcome, "exhausted", "RET-003", "the outcome after 4 attempts");
      const deferred = session.steps(event, "deferred");
      session.must(deferred.length >= 1, "BUS-106", "a deferral yields a trace event");
    },
  },
  {
    id: "breaker/of-each-instance",
    requirements: ["RET-062", "RET-066", "REG-042"],
    title: "One instance's open breaker leaves the deliveries to the other; with both open the first decides",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await begin(session);
      await session.member("b", { instance: "i2" });
      await openOf(session, "i1");
      for (let i = 0; i < 6; i++) {
        await session.accepted(LOW);
        const call = session.peek("b");
        session.must(call !== undefined, "REG-042", "i2 is healthy and closed: it is called");
        session.must(call.instance === "i2", "RET-062", "the instance with the open breaker is called");
        await session.ack(call);
      }
      await session.advance(3_000);
      await openOf(session, "i2");
      const event = await session.accepted({ target: "b", priority: "HIGH" });
      session.same((await session.delivery(event)).state, "deferred", "RET-066", "its state");
      await session.advance(6_999);
      session.must(session.peek("b") === undefined, "RET-062", "an open breaker lets an attempt through");
      await session.advance(1);
      const call = session.peek("b");
      session.must(call?.instance === "i1", "RET-066", `at 10,000 ms i1 is called, not ${call?.instance}`);
    },
  },
  {
    id: "breaker/renewal-does-not-close",
    requirements: ["REG-028"],
    title: "A renewal by request leaves the breaker open",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const lease = await begin(session);
      await open(session);
      await session.registry("service.renew", { lease });
      await session.accepted(LOW);
      session.must(session.peek("b") === undefined, "REG-028", "a renewal closes the breaker");
      await session.advance(OPEN_MS - 1);
      session.must(session.peek("b") === undefined, "REG-028", "a renewal shortens the breaker's time");
    },
  },
];

async function begin(session: Session): Promise<string> {
  await session.start({ draws: [0], healthIntervalMs: 0 });
  return (await session.member("b")).lease;
}

/** One failed attempt on whatever runs, or on a new delivery. */
async function fail(session: Session): Promise<void> {
  if (session.peek("b") === undefined) await session.accepted(LOW);
  await session.nak(session.begun("RET-061", "b"));
}

async function settleAll(session: Session, verdict: "ack" | "term"): Promise<void> {
  for (let call = session.peek("b"); call !== undefined; call = session.peek("b")) {
    await session.settle(call, { verdict });
  }
}

/** Ten failures in a row: five deliveries of two attempts. */
async function open(session: Session): Promise<void> {
  for (let failures = 0; failures < 10; failures++) await fail(session);
}

async function openOf(session: Session, instance: string): Promise<void> {
  for (let failures = 0; failures < 10; failures++) {
    if (failures % 2 === 0) await session.accepted({ target: `b@${instance}`, priority: "LOW" });
    const call: DeliveryCall = session.begun("RET-061", "b");
    session.must(call.instance === instance, "BUS-026", `${instance} is called`);
    await session.nak(call);
  }
}

async function again(session: Session): Promise<boolean> {
  await session.accepted(LOW);
  return session.peek("b") !== undefined;
}
