/**
 * Checks of the chapter Bus: the steps that are told, their members and their order.
 *
 * @module
 */
import fc from "fast-check";
import type { Ability, Profile, TraceStep } from "../control.ts";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { cancel, inMs, letter, letterOf } from "./_bus.ts";

const needs = ["core", "registry"] as const;
type Step = TraceStep["event"];

const MESSAGE = ["source", "id", "type", "priority"] as const;
const DELIVERY = [...MESSAGE, "receiver", "run"] as const;

/** How a step is brought about, and what it must have. Gives the values that are known. */
const STEPS: readonly {
  readonly kind: string;
  readonly members: readonly string[];
  readonly needs?: readonly Profile[];
  readonly can?: readonly Ability[];
  cause(session: Session): Promise<{ readonly id: string; readonly [member: string]: unknown }>;
}[] = [
  {
    kind: "accepted",
    members: MESSAGE,
    cause: (session) => session.accepted(),
  },
  {
    kind: "delayed",
    members: [...MESSAGE, "delayMs"],
    cause: async (session) => ({ ...await session.accepted({ deliverat: inMs(session, 4_321) }), delayMs: 4_321 }),
  },
  {
    kind: "duplicate",
    members: MESSAGE,
    async cause(session) {
      const event = await session.accepted();
      await session.publish(event);
      return event;
    },
  },
  {
    kind: "attempt",
    members: [...DELIVERY, "attempt", "instance"],
    cause: async (session) => ({ ...await session.accepted(), attempt: 1, instance: "i1" }),
  },
  {
    kind: "failed",
    members: [...DELIVERY, "attempt", "instance", "reason"],
    async cause(session) {
      const event = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"));
      return { ...event, attempt: 1, instance: "i1", reason: "nak" };
    },
  },
  {
    kind: "retry",
    members: [...DELIVERY, "attempt", "instance"],
    async cause(session) {
      const event = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"));
      return { ...event, attempt: 2, instance: "i1" };
    },
  },
  {
    kind: "waiting",
    members: [...DELIVERY, "attempt", "delayMs"],
    async cause(session) {
      const event = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"), 1_234);
      return { ...event, delayMs: 1_234 };
    },
  },
  {
    kind: "deferred",
    members: [...DELIVERY, "reason", "delayMs"],
    async cause(session) {
      for (let n = 0; n < 5; n++) {
        await session.accepted({ priority: "LOW" });
        for (let attempt = 1; attempt <= 2; attempt++) await session.nak(session.begun("RET-017", "b"));
      }
      return await session.accepted();
    },
  },
  {
    kind: "delivered",
    members: [...DELIVERY, "attempt", "instance"],
    async cause(session) {
      const event = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"));
      await session.ack(session.begun("RET-017", "b"));
      return { ...event, attempt: 2, instance: "i1" };
    },
  },
  {
    kind: "dead-letter",
    members: [...DELIVERY, "attempt", "outcome", "reason"],
    async cause(session) {
      const event = await session.accepted();
      await session.term(session.begun("BUS-019", "b"));
      return { ...event, attempt: 1, outcome: "rejected", reason: "term" };
    },
  },
  {
    kind: "ended",
    members: [...DELIVERY, "attempt", "outcome", "reason"],
    async cause(session) {
      const event = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"), 9_000);
      await cancel(session, event);
      return { ...event, outcome: "cancelled", reason: "cancelled" };
    },
  },
  {
    kind: "redriven",
    members: DELIVERY,
    async cause(session) {
      const event = await session.accepted();
      await session.term(session.begun("BUS-019", "b"));
      await letter(session, await letterOf(session, event), "redrive");
      return { ...event, run: 2 };
    },
  },
  {
    kind: "stored",
    members: [...DELIVERY, "attempt"],
    needs: ["durable"],
    async cause(session) {
      const event = await session.accepted({ priority: "CRITICAL" });
      await session.nak(session.begun("BUS-019", "b"), 1_234);
      return event;
    },
  },
  {
    kind: "refused",
    members: [...MESSAGE, "reason"],
    needs: ["durable"],
    can: ["store-faults"],
    async cause(session) {
      await session.say({ do: "store", action: "fail" });
      const event = session.event({ priority: "CRITICAL" });
      await session.publish(event);
      return event as { readonly id: string };
    },
  },
  {
    kind: "recovered",
    members: MESSAGE,
    needs: ["durable"],
    can: ["crash"],
    async cause(session) {
      const event = await session.accepted({ priority: "CRITICAL" });
      await session.say({ do: "store", action: "crash" });
      await session.start({ keep: true, nowMs: session.nowMs });
      await session.advance(1);
      return event;
    },
  },
];

/** See the module. */
export const TRACE_CHECKS: readonly Check[] = [
  ...STEPS.map((step): Check => ({
    id: `trace/${step.kind}`,
    requirements: ["BUS-106"],
    title: `The step ${step.kind} yields one trace event with its members`,
    kind: "scenario",
    needs: [...needs, ...(step.needs ?? [])],
    ...(step.can === undefined ? {} : { can: step.can }),
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const cause = await step.cause(session);
      const [found, ...more] = session.steps(cause, step.kind);
      session.must(found !== undefined, "BUS-106", `the step ${step.kind} yields a trace event`);
      session.must(more.length === 0, "BUS-106", () => `one step yields ${more.length + 1} events ${step.kind}`);
      const known: Readonly<Record<string, unknown>> = { priority: "NORMAL", receiver: "b", run: 1, ...cause };
      for (const member of step.members) {
        session.must(
          found[member] !== undefined,
          "BUS-106",
          () => `${step.kind} has ${member}: ${JSON.stringify(found)}`,
        );
        if (known[member] !== undefined) {
          session.same(found[member], known[member], "BUS-106", `${member} of ${step.kind}`);
        }
      }
      session.must(Number.isInteger(found.atMs), "BUS-106", () => `atMs of ${step.kind} is ${found.atMs}`);
    },
  })),
  {
    id: "trace/receipt",
    requirements: ["BUS-106"],
    title: "The step receipt yields one trace event that names the publisher's service, outcome, run and attempt",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("a", { receipts: true });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({}, { lease });
      await session.term(session.begun("BUS-019", "b"));
      const [found, ...more] = session.trace.filter(({ kind }) => kind === "receipt");
      session.must(found !== undefined && more.length === 0, "BUS-106", `one receipt yields ${more.length + 1} events`);
      const { receiver, outcome, run, attempt } = found;
      session.same([receiver, outcome, run, attempt], ["a", "rejected", 1, 1], "BUS-106", "the members of receipt");
    },
  },
  {
    id: "trace/no-event-without-its-step",
    requirements: ["BUS-106"],
    title: "Delivered messages end without a reason, and what did not happen is not told",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.ack(session.begun("BUS-019", "b"));
      const kinds = session.steps(event).map(({ kind }) => kind);
      for (const kind of ["delayed", "duplicate", "failed", "stored", "waiting", "retry", "dead-letter", "redriven"]) {
        session.must(!kinds.includes(kind), "BUS-106", `${kind} is told, and did not happen`);
      }
      const [ended] = session.steps(event, "ended");
      session.same(
        [ended?.outcome, ended?.reason],
        ["delivered", undefined],
        "BUS-106",
        "the end of what is delivered",
      );
    },
  },
  {
    id: "trace/order-of-any-flow",
    requirements: ["BUS-107", "BUS-108", "RET-050", "RET-053"],
    title: "Whatever happens, the steps of each delivery come in their order, none before it has happened",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const deed = fc.record({
        deed: fc.constantFrom("ack", "nak", "nak", "nak", "ask", "term", "pass", "publish", "cancel"),
        which: fc.nat({ max: 9 }),
      });
      const inputs = fc.array(deed, { minLength: 4, maxLength: 25, size: "max" });
      await forAll(session, effort, inputs, async (deeds) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const events = [await session.accepted({ priority: "HIGH" })];
        let told = session.trace.length;
        let strikes = 0;
        for (const { deed, which } of deeds) {
          const beforeMs = session.nowMs;
          const calls = session.calls.slice();
          const call = calls[which % Math.max(1, calls.length)];
          const breaker = (deed === "nak" || deed === "ask") && ++strikes >= 9;
          if (deed === "pass") await session.advance(1 + which * 300);
          else if (deed === "publish") {
            const later = which > 6 ? { deliverat: inMs(session, which * 100) } : {};
            events.push(await session.accepted({ priority: which % 2 === 0 ? "NORMAL" : "HIGH", ...later }));
          } else if (deed === "cancel") await cancel(session, events[which % events.length]);
          else if (call === undefined) continue;
          else if (deed === "ack" || breaker) await session.ack(call);
          else if (deed === "term") await session.term(call);
          else await session.nak(call, deed === "ask" ? 450 : undefined);
          if (deed === "ack" || deed === "term" || breaker) strikes = 0;
          for (const step of session.trace.slice(told)) {
            session.must(
              step.atMs >= beforeMs && step.atMs <= session.nowMs,
              "BUS-108",
              () => `${step.kind} is told between ${beforeMs} and ${session.nowMs}, and of ${step.atMs}`,
            );
          }
          told = session.trace.length;
          if (deed === "pass" || deed === "publish") {
            const early = session.trace.filter(({ kind, atMs }) => kind === "delivered" && atMs > beforeMs);
            session.must(early.length === 0, "BUS-108", "a delivery is told as delivered before it is acknowledged");
          }
        }
        for (const event of events) judgeOrder(session, session.steps(event));
      });
    },
  },
  {
    id: "trace/accepted-when-on-disk",
    requirements: ["BUS-108", "BUS-106"],
    title: "A CRITICAL is told as accepted once it is on disk, and not while its write hangs",
    kind: "fault",
    needs: ["core", "registry", "durable"],
    can: ["store-faults"],
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.say({ do: "store", action: "hold" });
      const event = session.event({ priority: "CRITICAL" });
      await session.publish(event);
      await session.advance(1_000);
      session.same(session.steps(event as never, "accepted", "attempt"), [], "BUS-108", "what is told while it hangs");
      await session.say({ do: "store", action: "release" });
      await session.advance(1);
      session.must(session.steps(event as never, "accepted").length === 1, "BUS-106", "then it is told as accepted");
    },
  },
  {
    id: "trace/stored-when-written",
    requirements: ["RET-052", "RET-051", "BUS-108"],
    title: "The step stored is told, and the wait begins, only when the retry state is written",
    kind: "fault",
    needs: ["core", "registry", "durable"],
    can: ["store-faults"],
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted({ priority: "CRITICAL" });
      await session.nak(session.begun("BUS-019", "b"));
      await session.say({ do: "store", action: "hold" });
      await session.nak(session.begun("RET-050", "b"));
      await session.advance(100);
      session.same(session.steps(event, "stored"), [], "RET-052", "what is told while the write hangs");
      session.same(session.steps(event, "waiting"), [], "RET-051", "whether it waits while the write hangs");
      await session.say({ do: "store", action: "release" });
      await session.advance(0);
      await session.untilTrace(({ kind }) => kind === "waiting", 1_000);
      const kinds = session.steps(event, "stored", "waiting").map(({ kind }) => kind);
      session.same(kinds, ["stored", "waiting"], "RET-051", "the steps once it is written");
      const next = await session.untilCall(5_000, "b");
      session.must(next !== undefined, "RET-046", "retry 2 follows");
    },
  },
];

/** The steps of each delivery as letters must read like a flow. */
function judgeOrder(session: Session, steps: readonly Step[]): void {
  const letters: Readonly<Record<string, string>> = {
    attempt: "a",
    failed: "f",
    waiting: "w",
    retry: "r",
    delivered: "d",
    "dead-letter": "L",
    ended: "E",
  };
  const [first] = steps;
  session.must(first?.kind === "accepted", "BUS-107", () => `the first step is accepted, not ${first?.kind}`);
  const own = steps.filter(({ kind }) => kind in letters);
  const flow = own.map(({ kind }) => letters[kind]).join("");
  session.must(
    /^(a(fw?r)*(d|fw?|f?)?)?(E|LE|EL)?$/.test(flow) && !/d(L|EL)/.test(flow),
    "BUS-107",
    () => `the steps come as ${own.map(({ kind }) => kind).join(", ")}`,
  );
  let attempt = 0;
  for (const [at, step] of own.entries()) {
    if (at > 0) session.must(step.atMs >= own[at - 1].atMs, "BUS-107", `${step.kind} is told before what it follows`);
    if (step.kind === "attempt" || step.kind === "retry") {
      attempt++;
      session.must(step.attempt === attempt, "BUS-106", `attempt ${attempt} is told as ${step.attempt}`);
    }
    session.must(step.kind !== "stored", "RET-053", "what is in memory is told as stored");
    const [before, last] = [own[at - 2], own[at - 1]];
    if (step.kind !== "retry") continue;
    const waited = last.kind === "waiting" ? Number(last.delayMs) : 0;
    const failed = last.kind === "waiting" ? before : last;
    session.must(
      step.atMs - failed.atMs >= waited,
      "RET-026",
      `a retry ${step.atMs - failed.atMs} ms after its failure`,
    );
    if (step.attempt === 2 && last.kind === "failed") {
      session.must(step.atMs === failed.atMs, "RET-050", "retry 1 follows its failure at once");
    }
  }
}
