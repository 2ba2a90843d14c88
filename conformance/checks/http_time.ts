/**
 * Checks of the time that requests have: bodies that do not come, proxied requests without an answer, attempts whose
 * answer does not end.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { Session } from "../session.ts";
import { begin, called, http, type HttpReply, lateReply, problem, replyAfter, taken } from "./_http.ts";
import { hangUp } from "./_http_stream.ts";

const needs = ["core", "registry", "http"] as const;

/** See the module. */
export const HTTP_TIME_CHECKS: readonly Check[] = [
  {
    id: "http/body-that-does-not-come",
    requirements: ["HTTP-009"],
    title: "A request whose body does not arrive in time is refused with timeout or cut off, and the gateway goes on",
    kind: "hostile",
    needs,
    can: ["streams", "bounds"],
    virtual: false,
    async run(session: Session) {
      const ms = session.hello.clock === "real" ? 300 : 30_000;
      await session.start(session.hello.clock === "real" ? { bounds: { bodyMs: ms } } : {});
      const text = JSON.stringify(session.event());
      const type = { "content-type": "application/cloudevents+json" };
      for (const headers of [type, { ...type, "content-length": String(text.length) }]) {
        const { reply, seq } = await begin(session, "POST", "/messages", {
          headers,
          body: text.slice(0, -1),
          unfinished: true,
        });
        const answer = reply ?? await untilReply(session, seq, ms);
        session.must(answer !== undefined, "HTTP-009", `a body that does not come is given up after ${ms} ms`);
        if (answer.status !== 0) problem(session, answer, 504, "timeout", "HTTP-009");
        await hangUp(session, { seq });
      }
      const { status } = await http(session, "POST", "/messages", { headers: type, body: text });
      session.must(status === 202, "HTTP-007", `the same with its whole body is accepted, not answered ${status}`);
    },
  },
  {
    id: "http/proxy-has-the-time-of-an-attempt",
    requirements: ["HTTP-045", "HTTP-046"],
    title: "A proxied request without an answer is refused with timeout when the attempt's time is up",
    kind: "fault",
    needs,
    virtual: false,
    async run(session: Session) {
      const ms = session.hello.clock === "real" ? 400 : 15_000;
      await session.start(session.hello.clock === "real" ? { policy: { attemptTimeoutMs: ms } } : {});
      await session.member("b");
      for (const headers of [{}, { "bellhop-deadline-ms": "60000" }]) {
        const fromMs = session.nowMs;
        const { reply, seq } = await begin(session, "GET", "/services/b/x", { headers });
        session.must(
          reply === undefined,
          "HTTP-046",
          () => `there is an answer at once: ${reply?.status} ${reply?.text}`,
        );
        await called(session, "proxy", "HTTP-040");
        const answer = await replyAfter(
          session,
          seq,
          { fromMs, ms },
          "HTTP-046",
          "an answer in place of the instance's",
        );
        problem(session, answer, 504, "timeout", "HTTP-045");
        session.otherCalls = [];
      }
    },
  },
  {
    id: "http/proxy-has-its-deadline",
    requirements: ["HTTP-045", "HTTP-046"],
    title: "A proxied request whose own deadline has passed is refused with deadline-exceeded",
    kind: "fault",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b");
      for (const ms of [300, 1]) {
        const fromMs = session.nowMs;
        const headers = { "bellhop-deadline-ms": String(ms) };
        const { reply, seq } = await begin(session, "GET", "/services/b/x", { headers });
        const answer = reply ??
          await replyAfter(session, seq, { fromMs, ms }, "HTTP-046", "an answer in place of the instance's");
        problem(session, answer, 504, "deadline-exceeded", "HTTP-045");
        session.otherCalls = [];
      }
      const { reply, seq } = await begin(session, "GET", "/services/b/x", {
        headers: { "bellhop-deadline-ms": "10000" },
      });
      session.must(reply === undefined, "HTTP-046", "within its deadline it waits");
      await session.settle(await called(session, "proxy", "HTTP-040"), { status: 200, headers: {}, body: "in time" });
      const answer = await untilReply(session, seq, 1);
      session.must(answer?.text === "in time", "HTTP-040", "an answer in time is passed on");
    },
  },
  {
    id: "http/proxy-passes-the-deadline-on",
    requirements: ["HTTP-047"],
    title: "The proxy passes on the deadline less the time that has passed",
    kind: "scenario",
    needs,
    virtual: false,
    async run(session: Session) {
      await session.start();
      await session.member("b");
      for (const ms of [2_000, 9_000]) {
        const fromMs = session.nowMs;
        await begin(session, "GET", "/services/b/x", { headers: { "bellhop-deadline-ms": String(ms) } });
        const call = await called(session, "proxy", "HTTP-040");
        const passed = call.request?.headers["bellhop-deadline-ms"] ?? "";
        session.must(/^\d+$/.test(passed), "HTTP-047", `bellhop-deadline-ms is passed on, not ${passed}`);
        session.must(Number(passed) <= ms, "HTTP-047", `of ${ms} ms are ${passed} left, which is more`);
        const leastMs = ms - (call.atMs - fromMs) - SPARE_MS[session.hello.clock];
        session.must(Number(passed) >= leastMs, "HTTP-047", `of ${ms} ms are ${passed} left, at least ${leastMs} were`);
        await session.settle(call, { status: 200, headers: {}, body: "" });
      }
    },
  },
  {
    id: "http/attempt-ends-with-its-body",
    requirements: ["RET-042"],
    title: "The timeout of an attempt covers the answer's body: one that does not end is a nak with timeout",
    kind: "hostile",
    needs,
    can: ["streams"],
    virtual: false,
    async run(session: Session) {
      const real = session.hello.clock === "real";
      const ms = real ? 600 : 10_000;
      await session.start({ policy: { attemptTimeoutMs: ms } });
      await session.member("b", { subscriptions: ["thing.*"] });
      for (const status of [200, 503]) {
        const event = await session.accepted();
        const call = await taken(session, "b");
        // More than half is gone when the headers come: were the body given a time of its own, it would be too late.
        await session.advance(0.6 * ms);
        await session.settle(call, { status, headers: { "retry-after": "0" }, body: "x", unfinished: true });
        const failed = await session.untilTrace(
          ({ kind, id }) => kind === "failed" && id === event.id,
          real ? 10_000 : 2 * ms,
        );
        session.must(failed !== undefined, "RET-042", `an attempt whose answer ${status} does not end is given up`);
        session.must(failed.reason === "timeout", "RET-042", `the reason is timeout, not ${failed.reason}`);
        const tookMs = failed.atMs - call.atMs;
        session.must(
          real ? tookMs >= ms - SPARE_MS.real : tookMs === ms,
          "RET-042",
          `it is given up ${ms} ms after its start, not ${tookMs}`,
        );
        await session.ack(await taken(session, "b"));
        await session.untilTrace(({ kind, id }) => kind === "ended" && id === event.id, 5_000);
      }
    },
  },
];

/** Milliseconds by which the clocks of suite and subject, and the way between them, may differ. */
const SPARE_MS = { virtual: 0, real: 100 };

/** The answer that must come within a time, by the real clock some seconds later at most. */
async function untilReply(session: Session, seq: number, ms: number): Promise<HttpReply | undefined> {
  const untilMs = session.nowMs + (session.hello.clock === "virtual" ? ms : ms + 5_000);
  while (lateReply(session, seq) === undefined && session.nowMs < untilMs) {
    await session.advance(session.hello.clock === "virtual" ? untilMs - session.nowMs : 20);
  }
  return lateReply(session, seq);
}
