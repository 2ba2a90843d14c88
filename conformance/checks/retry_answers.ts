/**
 * Checks of the chapter Retry: what an answer is worth, and by which clock.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { beginWithB } from "./_queued.ts";
import { waitAfter } from "./_retried.ts";

const needs = ["core"] as const;

/** See the module. */
export const RETRY_ANSWER_CHECKS: readonly Check[] = [
  {
    id: "retry/reasons",
    requirements: ["RET-048"],
    title: "Each way to fail has its word",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session, [0]);
      const event = await session.accepted({ priority: "HIGH" });
      await session.nak(session.begun("BUS-019", "b"));
      await session.settle(session.begun("RET-017", "b"), { fault: "unreachable" });
      const third = await session.untilCall(60_000, "b");
      session.must(third !== undefined, "RET-046", "it is retried");
      await session.untilTrace((step) => step.kind === "failed" && step.attempt === 3, 20_000);
      session.calls = [];
      const fourth = await session.untilCall(60_000, "b");
      session.must(fourth !== undefined, "RET-046", "it is retried");
      await session.term(fourth);
      session.same(
        session.steps(event, "failed").map(({ reason }) => reason),
        ["nak", "unreachable", "timeout", "term"],
        "RET-048",
        "the reasons of the failed attempts",
      );
    },
  },
  {
    id: "retry/reasons-by-status",
    requirements: ["RET-048"],
    title: "Where the status decided, the reason says which; where the header did, its word",
    kind: "scenario",
    needs: ["core", "http"],
    async run(session: Session) {
      await beginWithB(session, [0]);
      const event = await session.accepted({ priority: "HIGH" });
      const answers = [[503, {}], [404, {}], [302, {}], [500, { "bellhop-verdict": "nak" }], [422, {}]] as const;
      for (const [status, headers] of answers) {
        const call = await session.untilCall(60_000, "b");
        session.must(call !== undefined, "RET-046", "it is retried");
        await session.settle(call, { status, headers, body: "" });
      }
      session.same(
        session.steps(event, "failed").map(({ reason }) => reason),
        ["status-503", "status-404", "status-302", "nak", "status-422"],
        "RET-048",
        "the reasons of the failed attempts",
      );
    },
  },
  {
    id: "retry/flow",
    requirements: ["RET-050", "RET-053"],
    title: "The flow is accepted, attempt, failed, retry, failed, waiting, retry, delivered, and nothing is stored",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const priority of ["NORMAL", "HIGH"]) {
        await beginWithB(session);
        const event = await session.accepted({ priority });
        await session.nak(session.begun("BUS-019", "b"));
        await session.nak(session.begun("RET-017", "b"));
        await session.ack((await session.untilCall(10_000, "b"))!);
        const known = ["accepted", "attempt", "failed", "retry", "stored", "waiting", "delivered"];
        const steps = session.steps(event, ...known).map(({ kind }) => String(kind));
        session.must(!steps.includes("stored"), "RET-053", `a ${priority} delivery is stored`);
        session.same(
          steps,
          ["accepted", "attempt", "failed", "retry", "failed", "waiting", "retry", "delivered"],
          "RET-050",
          "the flow",
        );
      }
    },
  },
  {
    id: "retry/flow-of-critical",
    requirements: ["RET-050"],
    title: "Retry 1 of a CRITICAL delivery follows with no storing and no wait between",
    kind: "scenario",
    needs: ["core", "durable"],
    async run(session: Session) {
      await beginWithB(session);
      const event = await session.accepted({ priority: "CRITICAL" });
      await session.nak(session.begun("BUS-019", "b"));
      await session.nak(session.begun("RET-050", "b"));
      await session.ack((await session.untilCall(10_000, "b"))!);
      const known = ["accepted", "attempt", "failed", "retry", "stored", "waiting", "delivered"];
      session.same(
        session.steps(event, ...known).map(({ kind }) => kind),
        ["accepted", "attempt", "failed", "retry", "failed", "stored", "waiting", "retry", "delivered"],
        "RET-050",
        "the flow",
      );
    },
  },
  {
    id: "retry/clock-of-the-bus",
    requirements: ["RET-058"],
    title: "Due times and expiry follow the clock of the bus, not the time in the envelope nor that of the machine",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const nowMs of [Date.UTC(1999, 11, 31, 23, 59, 59), Date.UTC(2040, 1, 29)]) {
        for (const time of ["1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]) {
          await session.start({ nowMs });
          await session.member("b", { subscriptions: ["thing.*"] });
          const event = await session.accepted(
            { time, expirytime: new Date(nowMs + 8_000).toISOString() },
            {},
            "RET-058",
          );
          session.same(await waitAfter(session, { verdict: "nak", delayMs: 5_000 }), 5_000, "RET-058", "the wait");
          await session.nak(session.begun("RET-046", "b"), 20_000);
          await session.advance(2_999);
          session.same((await session.delivery(event)).outcome, undefined, "RET-058", "the outcome before its expiry");
          await session.advance(1);
          session.same((await session.delivery(event)).outcome, "expired", "RET-058", "the outcome at its expiry");
        }
      }
    },
  },
  {
    id: "retry/in-time",
    requirements: ["RET-026", "RET-027"],
    title: "An attempt begins when it is due, and within 100 ms of that",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { jitter: "none", baseMs: 700, factor: 1 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ priority: "HIGH" });
      await waitAfter(session, { verdict: "nak" });
      for (let retry = 2; retry <= 8; retry++) {
        const waited = await waitAfter(session, { verdict: "nak" });
        session.must(waited >= 700, "RET-026", `retry ${retry} begins after ${waited} ms, before its 700 ms`);
        session.must(waited <= 800, "RET-027", `retry ${retry} begins after ${waited} ms, late by more than 100`);
      }
    },
  },
  {
    id: "retry/long-answers",
    requirements: ["RET-043"],
    title: "The verdict of an answer with a long body is that of its status and headers",
    kind: "hostile",
    needs: ["core", "http"],
    async run(session: Session) {
      const body = "x".repeat(200_000);
      const answers: readonly (readonly [CallAnswer, string])[] = [
        [{ status: 200, headers: {}, body }, "delivered"],
        [{ status: 422, headers: {}, body }, "rejected"],
        [{ status: 503, headers: { "bellhop-verdict": "term" }, body }, "rejected"],
      ];
      for (const [answer, outcome] of answers) {
        await beginWithB(session);
        const event = await session.accepted();
        await session.settle(session.begun("BUS-019", "b"), answer);
        await session.advance(1);
        session.same((await session.delivery(event)).outcome, outcome, "RET-043", "the outcome");
      }
      await beginWithB(session);
      await session.accepted();
      const asked = { status: 503, headers: { "retry-after": "3" }, body };
      session.same(await waitAfter(session, asked), 3_000, "RET-043", "the wait that its header asks for");
    },
  },
  {
    id: "retry/gone-endpoint",
    requirements: ["RET-038"],
    title: "A 410 removes the instance that answered, unless a verdict header decides",
    kind: "scenario",
    needs: ["core", "registry", "http"],
    async run(session: Session) {
      for (const header of [false, true]) {
        await beginWithB(session);
        await session.member("b", { subscriptions: ["thing.*"], instance: "i2" });
        await session.accepted();
        const call = session.begun("BUS-019", "b");
        await session.settle(call, { status: 410, headers: header ? { "bellhop-verdict": "nak" } : {}, body: "" });
        const [service] = await session.list("services");
        const left = (service.instances as readonly JsonObject[]).map(({ instance }) => instance);
        session.must(
          left.includes(call.instance) === header,
          "RET-038",
          `after 410 ${header ? "with" : "without"} a verdict header ${call.instance} is ${
            header ? "gone" : "still there"
          }`,
        );
        const again = await session.untilCall(10_000, "b");
        session.must(again !== undefined, "RET-046", "a 410 is a nak: it is retried");
        if (!header) session.must(again.instance !== call.instance, "RET-038", "it is retried on the one removed");
      }
    },
  },
  {
    id: "retry/charged-to-health",
    requirements: ["RET-039"],
    title: "A 4xx that hints at a misconfigured endpoint is charged to its health, others are not",
    kind: "property",
    needs: ["core", "registry", "http"],
    async run(session: Session, effort: Effort) {
      const charged = fc.constantFrom(401, 402, 403, 404, 405, 406, 407, 411, 414, 416, 418, 421, 428, 451, 499);
      const others = fc.constantFrom(408, 425, 429, 500, 502, 503, 302);
      const one = fc.oneof(
        fc.record({ status: charged, headers: fc.constant({}), wanted: fc.constant(true) }),
        fc.record({ status: others, headers: fc.constant({}), wanted: fc.constant(false) }),
        fc.record({ status: charged, headers: fc.constant({ "bellhop-verdict": "nak" }), wanted: fc.constant(false) }),
      );
      await forAll(session, effort, one, async ({ status, headers, wanted }) => {
        await session.start({ draws: [0], healthIntervalMs: 0 });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted({ priority: "HIGH" });
        for (let failures = 0; failures < 3; failures++) {
          session.must(!unhealthy(session), "REG-049", `unhealthy after ${failures} verdicts`);
          const call = await session.untilCall(60_000, "b");
          session.must(call !== undefined, "RET-046", "it is retried");
          await session.settle(call, { status, headers, body: "" });
        }
        session.must(
          unhealthy(session) === wanted,
          "RET-039",
          `three of ${status} ${canonical(headers)} are ${wanted ? "" : "not "}charged to the health`,
        );
      });
    },
  },
];

function unhealthy(session: Session): boolean {
  return session.trace.some(({ kind }) => kind === "unhealthy");
}
