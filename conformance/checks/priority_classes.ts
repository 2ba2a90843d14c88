/**
 * Checks of the chapter Priority: the four words, their budgets, and what is kept.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { beginWithB, drainQueue, idOf, oneSlotTaken, prioritiesOf, redrive } from "./_queued.ts";

const needs = ["core"] as const;
const durable = ["core", "durable"] as const;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const ATTEMPTS: Readonly<Record<string, number>> = { LOW: 2, NORMAL: 4, HIGH: 11 };

/** See the module. */
export const CLASS_CHECKS: readonly Check[] = [
  {
    id: "priority/four-words",
    requirements: ["PRI-001", "PRI-003"],
    title: "The four priorities are accepted, and no other word or case",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session);
      for (const priority of prioritiesOf(session)) {
        const event = await session.accepted({ priority }, {}, "PRI-001");
        await session.ack(session.begun("BUS-019", "b"));
        session.same((await session.status(event)).priority, priority, "PRI-001", "the priority of the status");
      }
      for (const priority of ["low", "Normal", "hIGH", "CRITICAL ", "URGENT", "MEDIUM", "0", "", 1, true, ["HIGH"]]) {
        const event = session.event({ priority: "HIGH" });
        const { refused } = await session.publish({ ...event, priority });
        session.must(
          refused?.code === "envelope-invalid" && (refused.faults ?? []).some(({ field }) => field === "priority"),
          "PRI-003",
          () =>
            `wanted envelope-invalid with a fault of priority for ${canonical(priority)}, got ${canonical(refused)}`,
        );
        const twin = await session.publish(event);
        session.must(twin.ok !== undefined, "PRI-001", () => `the twin is accepted: ${canonical(twin)}`);
        await session.ack(session.begun("BUS-019", "b"));
      }
    },
  },
  {
    id: "priority/absent-is-normal",
    requirements: ["PRI-002"],
    title: "A message without a priority has the budget and the place of NORMAL",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session);
      const event = await session.accepted();
      session.same((await session.status(event)).priority, "NORMAL", "PRI-002", "its priority");
      session.same(await attemptsUntilEnd(session, event, { verdict: "nak" }), 4, "PRI-002", "its attempts");

      await session.start();
      const held = await oneSlotTaken(session);
      const [low, without, normal] = [
        await session.accepted({ priority: "LOW" }),
        await session.accepted(),
        await session.accepted({ priority: "NORMAL" }),
      ];
      await session.ack(held);
      session.same(await drainQueue(session), [without.id, normal.id, low.id], "PRI-002", "the order of the starts");
    },
  },
  ...Object.entries(ATTEMPTS).map(([priority, attempts]): Check => ({
    id: `priority/${priority.toLowerCase()}-is-attempted-${attempts}-times`,
    requirements: [`PRI-00${["LOW", "NORMAL", "HIGH"].indexOf(priority) + 4}`],
    title: `A ${priority} delivery that always fails is attempted ${attempts} times and not again`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      const [requirement] = this.requirements;
      await beginWithB(session, [0]);
      const event = await session.accepted({ priority });
      const made = await attemptsUntilEnd(session, event, { verdict: "nak" });
      session.same(made, attempts, requirement, `attempts of ${priority}`);
      const { outcome, attempts: shown } = await session.delivery(event);
      session.must(outcome === "exhausted", requirement, `the outcome is exhausted, not ${outcome}`);
      session.must(shown === attempts, requirement, `the status shows ${attempts} attempts, not ${shown}`);
      await session.advance(2 * HOUR_MS);
      session.must(session.peek() === undefined, requirement, "nothing is attempted after that");
    },
  })),
  {
    id: "priority/budget-depends-on-priority-alone",
    requirements: ["PRI-008"],
    title: "However attempts fail and whatever the message and the policy are, the budget is that of the priority",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const failures: fc.Arbitrary<CallAnswer | undefined> = fc.oneof(
        fc.constant({ verdict: "nak" } as const),
        fc.nat(20_000).map((delayMs) => ({ verdict: "nak", delayMs }) as const),
        fc.constant({ fault: "unreachable" } as const),
        fc.constant(undefined),
      );
      const drawn = fc.record({
        priority: fc.constantFrom("LOW", "NORMAL", "HIGH"),
        failures: fc.array(failures, { minLength: 1, maxLength: 11 }),
        fields: fc.constantFrom({}, { partitionkey: "k" }, { target: "b" }, { subject: "s", flag: true }, {
          data: null,
        }),
        instances: fc.integer({ min: 1, max: 3 }),
        policy: fc.constantFrom({}, { baseMs: 10, capMs: 100 }, { jitter: "none", factor: 1 }, { baseMs: 0 }),
      });
      await forAll(session, effort, drawn, async ({ priority, failures, fields, instances, policy }) => {
        await session.start({ policy, draws: [0.1, 0.9] });
        for (let i = 1; i <= instances; i++) {
          await session.member("b", { subscriptions: ["thing.*"], instance: `i${i}` });
        }
        const event = await session.accepted({ priority, ...fields });
        let made = 0;
        for (;;) {
          const call = await session.untilCall(HOUR_MS, "b");
          if (call === undefined) break;
          const failure = failures[made % failures.length];
          made++;
          session.must(made <= ATTEMPTS[priority], "PRI-008", `a ${priority} delivery is attempted ${made} times`);
          if (failure !== undefined) await session.settle(call, failure);
          else {
            await session.untilTrace(
              (step) => step.id === event.id && step.kind === "failed" && step.attempt === made,
              20_000,
            );
            session.calls = session.calls.filter((one) => one !== call);
          }
        }
        session.same(made, ATTEMPTS[priority], "PRI-008", `attempts of ${priority}`);
      });
    },
  },
  {
    id: "priority/critical-is-never-exhausted",
    requirements: ["PRI-007"],
    title: "A CRITICAL delivery that fails for 30 days is still retried, and delivered in the end",
    kind: "scenario",
    needs: durable,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted({ priority: "CRITICAL" });
      for (let hour = 0; hour < 30 * 24; hour++) {
        const call = await session.untilCall(2 * HOUR_MS, "b");
        session.must(call !== undefined, "PRI-007", `after ${hour} failures it is not attempted again`);
        await session.nak(call, HOUR_MS);
      }
      const { outcome, attempts } = await session.delivery(event);
      session.must(outcome === undefined, "PRI-007", `after 30 days its outcome is ${outcome}`);
      session.must(attempts === 720, "BUS-062", `720 attempts were made, the status shows ${attempts}`);
      const last = await session.untilCall(2 * HOUR_MS, "b");
      session.must(last !== undefined, "PRI-007", "it is attempted again");
      await session.ack(last);
      session.same((await session.delivery(event)).outcome, "delivered", "RET-044", "its outcome");
    },
  },
  {
    id: "priority/critical-fails-a-thousand-times",
    requirements: ["PRI-007"],
    title: "A CRITICAL delivery is retried after a thousand failures of any kind",
    kind: "scenario",
    needs: durable,
    async run(session: Session) {
      await session.start({ draws: [0], healthIntervalMs: 0 });
      for (const instance of ["i1", "i2", "i3"]) await session.member("b", { subscriptions: ["thing.*"], instance });
      const event = await session.accepted({ priority: "CRITICAL" });
      for (let failures = 0; failures < 1_000; failures++) {
        const call = await session.untilCall(HOUR_MS, "b");
        session.must(call !== undefined, "PRI-007", `after ${failures} failures it is not attempted again`);
        await session.settle(call, failures % 2 === 0 ? { verdict: "nak" } : { fault: "unreachable" });
      }
      session.same((await session.delivery(event)).outcome, undefined, "PRI-007", "its outcome");
    },
  },
  {
    id: "priority/critical-needs-a-durable-store",
    requirements: ["PRI-011"],
    title: "Without durable storage CRITICAL is refused with store-required, HIGH accepted",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ store: "memory" });
      await session.member("b", { subscriptions: ["thing.*"] });
      for (const fields of [{}, { target: "b" }, { type: "nobody.wants" }]) {
        const event = session.event({ ...fields, priority: "CRITICAL" });
        const reply = await session.publish(event);
        session.must(
          reply.refused?.code === "store-required",
          "PRI-011",
          () => `wanted store-required, got ${canonical(reply)}`,
        );
        const twin = await session.publish({ ...event, priority: "HIGH" });
        session.must(twin.ok?.duplicate === false, "BUS-002", () => `the twin is accepted as new: ${canonical(twin)}`);
      }
    },
  },
  {
    id: "priority/kept-over-a-crash",
    requirements: ["PRI-009", "PRI-010"],
    title: "After the death of the process CRITICAL is delivered, and nothing else",
    kind: "fault",
    needs: durable,
    can: ["crash"],
    async run(session: Session) {
      await beginWithB(session);
      const events = new Map<string, JsonObject & { readonly source: string; readonly id: string }>();
      for (const priority of prioritiesOf(session)) {
        events.set(priority, await session.accepted({ priority }));
        await session.nak(session.begun("BUS-019", "b"), 5_000);
      }
      await session.say({ do: "store", action: "crash" });
      await session.start({ keep: true, nowMs: session.nowMs });
      const seen = new Set<string>();
      for (;;) {
        const call = await session.untilCall(60_000, "b");
        if (call === undefined) break;
        seen.add(idOf(call));
        await session.ack(call);
      }
      for (const [priority, { id }] of events) {
        if (priority === "CRITICAL") session.must(seen.has(id), "PRI-009", "CRITICAL is delivered after the restart");
        else session.must(!seen.has(id), "PRI-010", `${priority} is delivered by a bus that was started after it`);
      }
    },
  },
  {
    id: "priority/does-not-change",
    requirements: ["PRI-012"],
    title: "The priority stays through retries, waits and a redrive",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const priority of prioritiesOf(session)) {
        await beginWithB(session);
        const event = await session.accepted({ priority });
        await session.nak(session.begun("BUS-019", "b"));
        const call = await session.untilCall(10_000, "b");
        session.must(call?.envelope.priority === priority, "PRI-012", `it is delivered as ${call?.envelope.priority}`);
        await session.term(call);
        session.same((await session.status(event)).priority, priority, "PRI-012", "the priority of the status");
        await redrive(session, idOf(call), "PRI-012");
        const again = session.begun("BUS-085", "b");
        session.must(again.envelope.priority === priority, "PRI-012", `redriven as ${again.envelope.priority}`);
        session.same((await session.status(event)).priority, priority, "PRI-012", "the priority of the status");
      }
    },
  },
];

/** Fails every attempt of a message; counts them. */
async function attemptsUntilEnd(session: Session, event: { readonly id: string }, answer: CallAnswer): Promise<number> {
  for (let attempts = 0; attempts < 100; attempts++) {
    const call = await session.untilCall(MINUTE_MS, "b");
    if (call === undefined) return attempts;
    session.must(idOf(call) === event.id, "BUS-016", `${idOf(call)} is delivered`);
    await session.settle(call, answer);
  }
  return 100;
}
