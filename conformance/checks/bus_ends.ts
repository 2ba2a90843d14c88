/**
 * Checks of the chapter Bus: what ends a delivery, and that it ends once.
 *
 * @module
 */
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import fc from "fast-check";
import { refused } from "./_bus.ts";

const needs = ["core", "registry"] as const;

/** See the module. */
export const END_CHECKS: readonly Check[] = [
  {
    id: "bus/expiry",
    requirements: ["BUS-038", "BUS-039"],
    title: "A waiting delivery ends at the instant of its expirytime, and is not attempted after it",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const cases = fc.record({
        lifeMs: fc.integer({ min: 1, max: 4_000 }),
        u: fc.double({ min: 0, max: 0.999, noNaN: true }),
      });
      await forAll(session, effort, cases, async ({ lifeMs, u }) => {
        await session.start({ draws: [u], policy: { baseMs: 700, capMs: 5_000 } });
        await session.member("b", { subscriptions: ["thing.*"] });
        const expiresMs = session.nowMs + lifeMs;
        const event = await session.accepted({ priority: "HIGH", expirytime: new Date(expiresMs).toISOString() });
        for (let n = 0; n < 12; n++) {
          const call = await session.untilCall(Math.max(0, expiresMs - session.nowMs), "b");
          if (call === undefined) break;
          session.must(
            call.atMs < expiresMs,
            "BUS-039",
            `an attempt began at ${call.atMs - expiresMs} ms after expiry`,
          );
          await session.nak(call);
        }
        await session.advance(Math.max(1, expiresMs - session.nowMs));
        const [ended] = session.steps(event, "ended");
        session.must(ended?.outcome === "expired", "BUS-038", `the outcome is expired, not ${ended?.outcome}`);
        session.must(
          ended.atMs === expiresMs,
          "BUS-038",
          `it ends at its expiry, not ${ended.atMs - expiresMs} ms from it`,
        );
      });
    },
  },
  {
    id: "bus/cancel",
    requirements: ["BUS-040", "BUS-042", "BUS-043", "BUS-076"],
    title: "A cancellation ends what is not in flight, once",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"));
      await session.nak(session.begun("RET-017", "b"));
      const reply = await session.say({ do: "cancel", source: event.source, id: event.id });
      session.must(reply.ok !== undefined, "BUS-040", `a cancellation: ${JSON.stringify(reply)}`);
      const delivery = await session.delivery(event);
      session.must(delivery.outcome === "cancelled", "BUS-040", `the outcome is cancelled, not ${delivery.outcome}`);
      session.must((await session.list("dead-letters")).length === 1, "BUS-076", "it becomes a dead letter");
      await session.advance(60_000);
      session.must(session.peek("b") === undefined, "RET-005", "no attempt follows");
      refused(
        session,
        await session.say({ do: "cancel", source: event.source, id: event.id }),
        "message-ended",
        "BUS-042",
      );
      refused(session, await session.say({ do: "cancel", source: "/suite", id: "none" }), "message-unknown", "BUS-043");
    },
  },
  ...["cancel", "expire", "deregister"].flatMap((deed) =>
    (["ack", "nak", "term"] as const).map((verdict) => race(deed, verdict))
  ),
  {
    id: "bus/leases",
    requirements: ["RET-041", "BUS-034", "BUS-035", "RET-006"],
    title: "An attempt without an answer is a timeout, and what settles too late or twice is ignored",
    kind: "fault",
    needs,
    async run(session: Session) {
      await session.start({ policy: { attemptTimeoutMs: 2_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      const first = session.begun("BUS-019", "b");
      await session.advance(1_999);
      session.must(session.steps(event, "failed").length === 0, "RET-041", "1,999 ms are not too long");
      await session.advance(1);
      const [failed] = session.steps(event, "failed");
      session.must(
        failed?.reason === "timeout",
        "RET-041",
        `after 2,000 ms the attempt is a timeout, not ${failed?.reason}`,
      );
      const second = session.calls.find((call) => call.attempt === 2);
      session.must(second !== undefined, "RET-025", "retry 1 follows a timeout too");
      await session.ack(first);
      session.must(
        (await session.delivery(event)).outcome === undefined,
        "BUS-034",
        "an ack that comes too late counts for nothing",
      );
      await session.ack(second);
      await session.say({ do: "settle", call: second.call, answer: { verdict: "term" } });
      const delivery = await session.delivery(event);
      session.must(
        delivery.outcome === "delivered" && delivery.attempts === 2,
        "BUS-035",
        `a second settlement counts for nothing: ${JSON.stringify(delivery)}`,
      );
    },
  },
  {
    id: "bus/any-flow-ends-once",
    requirements: ["BUS-029", "BUS-030", "BUS-093", "RET-003", "RET-044", "RET-045", "RET-046"],
    title: "Whatever receivers answer, each delivery ends once, by the table",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const budget = { LOW: 2, NORMAL: 4, HIGH: 11 } as const;
      const answers = fc.array(fc.constantFrom("ack", "nak", "nak", "nak", "later", "term", "status", "silence"), {
        minLength: 12,
        maxLength: 12,
      });
      const message = fc.record({ priority: fc.constantFrom("LOW", "NORMAL", "HIGH"), answers });
      await forAll(session, effort, fc.array(message, { minLength: 1, maxLength: 4 }), async (messages) => {
        await session.start({ policy: { baseMs: 50, capMs: 400, attemptTimeoutMs: 2_000 } });
        await session.member("b", { subscriptions: ["thing.*"], instance: "i1" });
        const wanted = new Map<string, { outcome: string; attempts: number }>();
        const plans = new Map<string, readonly string[]>();
        for (const { priority, answers } of messages) {
          const event = await session.accepted({ priority });
          plans.set(event.id, answers);
          const most = budget[priority as keyof typeof budget];
          const end = answers.findIndex((one) => one === "ack" || one === "term");
          const attempts = end >= 0 && end < most ? end + 1 : most;
          const outcome = end >= 0 && end < most ? (answers[end] === "ack" ? "delivered" : "rejected") : "exhausted";
          wanted.set(event.id, { outcome, attempts });
        }
        const silent = new Set<string>();
        for (let n = 0; n < 200; n++) {
          const open = session.calls.find((call) => !silent.has(call.call)) ?? await nextCall(session, silent);
          if (open === undefined) break;
          const answer = plans.get(String(open.envelope.id))![open.attempt - 1];
          if (answer === "silence") silent.add(open.call);
          else if (answer === "later") await session.nak(open, 700);
          else if (answer === "status" && session.has("http")) {
            await session.settle(open, { status: 502, headers: {}, body: "" });
          } else if (answer === "status") await session.nak(open);
          else await session.settle(open, { verdict: answer as "ack" });
        }
        for (const [id, { outcome, attempts }] of wanted) {
          const delivery = await session.delivery({ source: "/suite", id });
          session.must(delivery.state === "ended", "BUS-029", `${id} has an outcome: ${JSON.stringify(delivery)}`);
          session.must(
            delivery.outcome === outcome,
            outcome === "delivered" ? "RET-044" : outcome === "rejected" ? "RET-045" : "RET-003",
            `${id} is ${outcome}, not ${delivery.outcome}`,
          );
          session.must(
            delivery.attempts === attempts,
            "RET-046",
            `${id} takes ${attempts} attempts, not ${delivery.attempts}`,
          );
        }
      });
    },
  },
];

/** Lets time pass until an attempt begins that is not left without an answer; a breaker may take its time. */
async function nextCall(session: Session, silent: ReadonlySet<string>) {
  for (let n = 0; n < 80; n++) {
    await session.advance(500);
    const call = session.calls.find((one) => !silent.has(one.call));
    if (call !== undefined) return call;
    if (!session.trace.some(({ kind }) => kind === "deferred") && n > 4) return undefined;
  }
  return undefined;
}

/** A deed while an attempt runs, and its verdict afterwards. */
function race(deed: string, verdict: "ack" | "nak" | "term"): Check {
  const marked = { cancel: "cancelled", expire: "expired", deregister: "receiver-gone" }[deed]!;
  return {
    id: `bus/${deed}-while-in-flight-${verdict}`,
    requirements: ["BUS-041", "RET-047", "BUS-044"],
    title: `A delivery that meets ${deed} in flight ends by its ack, and as ${marked} otherwise (${verdict})`,
    kind: "interleaving",
    needs,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
      const life = deed === "expire" ? { expirytime: new Date(session.nowMs + 1_000).toISOString() } : {};
      const event = await session.accepted(life);
      const call = session.begun("BUS-019", "b");
      if (deed === "cancel") await session.say({ do: "cancel", source: event.source, id: event.id });
      if (deed === "deregister") await session.registry("service.deregister", { lease, service: true });
      if (deed === "expire") await session.advance(1_500);
      session.must(session.steps(event, "ended").length === 0, "BUS-041", "it does not end while the attempt runs");
      await session.settle(call, { verdict });
      const [ended, ...more] = session.steps(event, "ended");
      session.must(more.length === 0, "BUS-029", "it ends once");
      const wanted = verdict === "ack" ? "delivered" : marked;
      session.must(
        ended?.outcome === wanted,
        verdict === "ack" ? "RET-047" : "BUS-041",
        `the outcome is ${wanted}, not ${ended?.outcome}`,
      );
    },
  };
}
