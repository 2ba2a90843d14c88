/**
 * Checks of the chapter Priority: slots, and that targets do not wait for each other.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { drainQueue } from "./_queued.ts";

const needs = ["core"] as const;

/** See the module. */
export const SLOT_CHECKS: readonly Check[] = [
  {
    id: "priority/not-before-eligible",
    requirements: ["PRI-013"],
    title: "No attempt starts before it is due, or while its lane or every slot is taken",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 2 });
      await session.accepted({ partitionkey: "k" });
      const head = session.begun("BUS-019", "b");
      await session.accepted({ partitionkey: "k" });
      session.same(session.calls.length, 1, "PRI-013", "attempts that run while the lane is taken");
      await session.accepted({ partitionkey: "other" });
      session.same(session.calls.length, 2, "PRI-032", "attempts that run while a slot is free");
      await session.accepted({});
      session.same(session.calls.length, 2, "PRI-013", "attempts that run while every slot is taken");
      await session.nak(head, 10_000);
      session.same(session.calls.length, 2, "PRI-015", "attempts that run once the slot is free again");
      await drainQueue(session);
      await session.advance(9_999);
      session.must(session.peek() === undefined, "PRI-013", "it is not due, and holds its lane");
      await session.advance(1);
      session.must(session.peek()?.attempt === 2, "PRI-013", "it is due now");
    },
  },
  {
    id: "priority/slots",
    requirements: ["PRI-014"],
    title: "Never more than maxInFlight attempts of a target run at once, and no fewer while something is eligible",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const ops = fc.array(fc.oneof(fc.constant(-1), fc.nat(9)), { minLength: 5, maxLength: 60, size: "max" });
      await forAll(session, effort, fc.tuple(fc.integer({ min: 1, max: 5 }), ops), async ([maxInFlight, ops]) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight });
        let unfinished = 0;
        for (const op of ops) {
          if (op < 0 || session.calls.length === 0) {
            await session.accepted();
            unfinished++;
          } else {
            await session.ack(session.calls[op % session.calls.length]);
            unfinished--;
          }
          const running = session.calls.length;
          session.must(running <= maxInFlight, "PRI-014", `${running} attempts run, maxInFlight is ${maxInFlight}`);
          session.must(
            running === Math.min(maxInFlight, unfinished),
            "PRI-013",
            `${unfinished} deliveries are eligible or run, ${maxInFlight} slots, and ${running} run`,
          );
        }
      });
    },
  },
  {
    id: "priority/64-slots-by-default",
    requirements: ["PRI-014"],
    title: "A target that says nothing of it has 64 slots, whatever its number of instances",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      for (const instance of ["i1", "i2"]) await session.member("b", { subscriptions: ["thing.*"], instance });
      for (let i = 0; i < 80; i++) await session.accepted({ priority: "HIGH" });
      session.same(session.calls.length, 64, "PRI-014", "attempts that run");
    },
  },
  {
    id: "priority/waiting-holds-no-slot",
    requirements: ["PRI-015"],
    title: "A delivery that waits or is deferred leaves its slot to another",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ draws: [0] });
      for (const instance of ["i1", "i2"]) await session.member("b", { maxInFlight: 1, instance });
      await session.accepted({ target: "b" });
      await session.nak(session.begun("BUS-018", "b"), 60_000);
      const second = await session.accepted({ target: "b@i1", priority: "HIGH" });
      session.must(session.peek()?.envelope.id === second.id, "PRI-015", "one that waits holds a slot");
      for (let failures = 0; failures < 10; failures++) {
        // The first failure may have been one of this instance.
        const call = await session.untilCall(1_000, "b");
        if (call !== undefined) await session.nak(call);
      }
      await session.advance(10);
      session.same((await session.delivery(second)).state, "deferred", "RET-066", "the state behind an open breaker");
      const third = await session.accepted({ target: "b@i2" });
      session.must(session.peek()?.envelope.id === third.id, "PRI-015", "one that is deferred holds a slot");
    },
  },
  {
    id: "priority/targets-do-not-wait",
    requirements: ["PRI-016"],
    title: "A target whose slots are taken and whose queue is long keeps no other waiting",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { maxInFlight: 1 });
      await session.member("c", {});
      for (let i = 0; i < 60; i++) await session.accepted({ target: "b", priority: "HIGH" });
      const event = await session.accepted({ target: "c", priority: "LOW" });
      session.must(session.peek("c")?.envelope.id === event.id, "PRI-016", "c is served at once");
    },
  },
  {
    id: "priority/targets-take-turns",
    requirements: ["PRI-017"],
    title: "While two targets have eligible deliveries, each is dispatched in turn",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", {});
      await session.member("c", {});
      const deliverat = new Date(session.nowMs + 1_000).toISOString();
      for (const target of ["b", "c"]) {
        for (let i = 0; i < 10; i++) await session.accepted({ target, deliverat });
      }
      await session.advance(1_000);
      const starts = session.calls.map(({ receiver }) => receiver);
      session.same(starts.length, 20, "BUS-116", "attempts that begin when the time has come");
      for (const target of ["b", "c"]) {
        let others = 0;
        let left = 10;
        for (const receiver of starts) {
          if (receiver === target) left--;
          others = receiver === target ? 0 : others + 1;
          session.must(
            left === 0 || others <= 1,
            "PRI-017",
            () => `between two dispatches of ${target} another is dispatched ${others} times: ${starts.join(" ")}`,
          );
        }
      }
    },
  },
];
