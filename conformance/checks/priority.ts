/**
 * Checks of the chapter Priority: the four words, their budgets, slots and the round.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer, DeliveryCall, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { beginWithB, cursorAtPlaceOne, drainQueue, idOf, oneSlotTaken, prioritiesOf, redrive } from "./_queued.ts";
import { RoundModel } from "./_round_model.ts";

const needs = ["core"] as const;
const durable = ["core", "durable"] as const;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Slots of a round by priority. */
const WEIGHT: Readonly<Record<string, number>> = { CRITICAL: 8, HIGH: 4, NORMAL: 2, LOW: 1 };
const ATTEMPTS: Readonly<Record<string, number>> = { LOW: 2, NORMAL: 4, HIGH: 11 };

/** See the module. */
export const PRIORITY_CHECKS: readonly Check[] = [
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
  {
    id: "priority/fifo",
    requirements: ["PRI-018"],
    title: "Deliveries of one priority start in the order in which they became eligible",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(
        fc.constantFrom(...prioritiesOf(session)),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(7), { minLength: 4, maxLength: 25, size: "max" }),
      );
      await forAll(session, effort, drawn, async ([priority, maxInFlight, picks]) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight });
        const wanted: string[] = [];
        for (let i = 0; i < picks.length; i++) wanted.push((await session.accepted({ priority })).id);
        const started = session.calls.map(idOf);
        for (const pick of picks) {
          const before = new Set(session.calls.map(({ call }) => call));
          await session.ack(session.calls[pick % session.calls.length]);
          started.push(...session.calls.filter(({ call }) => !before.has(call)).map(idOf));
        }
        session.same(started, wanted, "PRI-018", "the order of the starts");
      });
    },
  },
  {
    id: "priority/retry-joins-the-tail",
    requirements: ["PRI-019"],
    title: "A retry that falls due joins the tail of its queue, whether it waited or not",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      const first = await session.accepted();
      const [second, third] = [await session.accepted(), await session.accepted()];
      await session.nak(session.begun("BUS-019", "b"));
      session.same(await drainQueue(session), [second.id, third.id, first.id], "PRI-019", "the order of the starts");

      const late = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"), 1_000);
      const [fourth, fifth] = [await session.accepted(), await session.accepted()];
      await session.advance(1_000);
      const sixth = await session.accepted();
      session.same(
        await drainQueue(session),
        [fourth.id, fifth.id, late.id, sixth.id],
        "PRI-019",
        "the order of the starts",
      );
    },
  },
  {
    id: "priority/round",
    requirements: ["PRI-018", "PRI-019", "PRI-020", "PRI-021", "PRI-024"],
    title: "Whatever comes, ends and fails: every dispatch is the one that the round asks for",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const priorities = prioritiesOf(session);
      const op = fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...priorities) },
        { weight: 4, arbitrary: fc.nat(5).map((pick) => ({ pick, retry: false })) },
        { weight: 1, arbitrary: fc.nat(5).map((pick) => ({ pick, retry: true })) },
      );
      const drawn = fc.tuple(
        fc.integer({ min: 1, max: 3 }),
        fc.array(op, { minLength: 10, maxLength: 120, size: "max" }),
      );
      await forAll(session, effort, drawn, async ([slots, ops]) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight: slots });
        const round = new Round(session, slots);
        for (const one of ops) {
          if (typeof one === "string") await round.publish(one);
          else await round.settle(one.pick, one.retry);
        }
        await round.drain();
      });
    },
  },
  {
    id: "priority/round-of-15",
    requirements: ["PRI-020", "PRI-022"],
    title: "With something of every priority, the round is C H C N C H C L C H C N C H C, again and again",
    kind: "scenario",
    needs: durable,
    async run(session: Session) {
      await session.start();
      const release = await cursorAtPlaceOne(session);
      const letters = new Map<string, string>();
      for (const [priority, count] of [["LOW", 3], ["NORMAL", 5], ["HIGH", 9], ["CRITICAL", 17]] as const) {
        for (let i = 0; i < count; i++) letters.set((await session.accepted({ priority })).id, priority[0]);
      }
      await release();
      const started: (string | undefined)[] = [];
      for (let i = 0; i < 30; i++) {
        const call = session.begun("BUS-019", "b");
        started.push(letters.get(idOf(call)));
        await session.ack(call);
      }
      const round = "C H C N C H C L C H C N C H C";
      session.same(started.slice(0, 15).join(" "), round, "PRI-020", "the first round");
      session.same(started.slice(15).join(" "), round, "PRI-022", "the second round");
    },
  },
  {
    id: "priority/first-place",
    requirements: ["PRI-025"],
    title: "The first dispatch of a target uses place 1, whichever priority it serves",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const first of prioritiesOf(session)) {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
        await session.accepted({ priority: first });
        const held = session.begun("BUS-019", "b");
        const letters = new Map<string, string>();
        for (const priority of ["LOW", "NORMAL", "HIGH"]) {
          for (let i = 0; i < 15; i++) letters.set((await session.accepted({ priority })).id, priority[0]);
        }
        await session.ack(held);
        const started = (await drainQueue(session)).slice(0, 15).map((id) => letters.get(id)).join(" ");
        // Places 2 to 15 and 1 again, those of C given to H.
        session.same(started, "H H N H H H L H H H N H H H H", "PRI-025", `the starts after one of ${first}`);
      }
    },
  },
  {
    id: "priority/empty-target-keeps-its-place",
    requirements: ["PRI-023"],
    title: "The cursor stays while nothing is eligible: through time, waits and refusals",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      for (let dispatches = 0; dispatches < 3; dispatches++) {
        await session.accepted({ priority: "LOW" });
        await session.ack(session.begun("BUS-019", "b"));
        await session.publish(session.event({ priority: "none" }));
        await session.advance(20_000);
      }
      const waits = await session.accepted({ priority: "LOW" });
      await session.nak(session.begun("BUS-019", "b"), 600_000);
      await session.advance(500_000);
      // Four dispatches were made: place 5 is next, and held by this one.
      await session.accepted({ priority: "LOW" });
      const held = session.begun("BUS-019", "b");
      const letters = new Map<string, string>();
      for (const priority of ["LOW", "NORMAL", "HIGH"]) {
        for (let i = 0; i < 15; i++) letters.set((await session.accepted({ priority })).id, priority[0]);
      }
      await session.ack(held);
      const started = (await drainQueue(session)).slice(0, 7).map((id) => letters.get(id)).join(" ");
      session.same(started, "H H L H H H N", "PRI-023", "the starts from place 6 on");
      session.must((await session.delivery(waits)).state === "waiting", "PRI-013", "the first one still waits");
    },
  },
  {
    id: "priority/cursor-of-each-target",
    requirements: ["PRI-022"],
    title: "The dispatches of one target do not move the cursor of another",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      for (const name of ["b", "c"]) await session.member(name, { maxInFlight: 1 });
      for (let i = 0; i < 5; i++) {
        await session.accepted({ target: "b" });
        await session.ack(session.begun("BUS-019", "b"));
      }
      await session.accepted({ target: "c" });
      const held = session.begun("BUS-019", "c");
      const letters = new Map<string, string>();
      for (const priority of ["NORMAL", "HIGH"]) {
        for (let i = 0; i < 8; i++) {
          letters.set((await session.accepted({ target: "c", priority })).id, priority[0]);
        }
      }
      await session.ack(held);
      const started = (await drainQueue(session, "c")).slice(0, 8).map((id) => letters.get(id)).join(" ");
      session.same(started, "H H N H H H H H", "PRI-022", "the starts of c from place 2 on");
    },
  },
  {
    id: "priority/nothing-starves",
    requirements: ["PRI-024"],
    title: "Behind an endless stream of higher priorities every delivery starts within its bound",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const priorities = prioritiesOf(session);
      const drawn = fc.tuple(
        fc.array(fc.constantFrom(...priorities), { minLength: 1, maxLength: 10 }),
        fc.array(fc.constantFrom(...priorities.slice(1)), { minLength: 60, maxLength: 80 }),
      );
      await forAll(session, effort, drawn, async ([backlog, stream]) => {
        await session.start();
        const held = await oneSlotTaken(session);
        const queues = new Map(priorities.map((priority) => [priority, 0]));
        const bounds = new Map<string, { readonly at: number; readonly priority: string }>();
        let dispatches = 0;
        const add = async (priority: string) => {
          const { id } = await session.accepted({ priority });
          const place = queues.get(priority)! + 1;
          queues.set(priority, place);
          bounds.set(id, { at: dispatches + Math.ceil(15 / WEIGHT[priority]) * place, priority });
        };
        for (const priority of backlog) await add(priority);
        for (const priority of stream.slice(0, 10)) await add(priority);
        await session.ack(held);
        for (const priority of stream.slice(10)) {
          const call = session.begun("BUS-019", "b");
          dispatches++;
          const one = bounds.get(idOf(call))!;
          queues.set(one.priority, queues.get(one.priority)! - 1);
          bounds.delete(idOf(call));
          const late = [...bounds.values()].find(({ at }) => at < dispatches);
          session.must(
            late === undefined,
            "PRI-024",
            `a ${late?.priority} delivery has not started ${dispatches} dispatches on, its bound was ${late?.at}`,
          );
          await add(priority);
          await session.ack(call);
        }
      });
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

/** A target whose every start is compared with the round. */
class Round {
  private readonly model = new RoundModel();
  private readonly priorities = new Map<string, string>();
  private readonly retried = new Set<string>();
  /** Per delivery in a queue: the dispatch by which it must have started. */
  private readonly bounds = new Map<string, number>();
  private readonly lengths = new Map<string, number>();
  private readonly seen = new Set<string>();
  private running = 0;
  private dispatches = 0;

  constructor(private readonly session: Session, private readonly slots: number) {}

  async publish(priority: string): Promise<void> {
    const event = this.session.event({ priority });
    const id = String(event.id);
    this.priorities.set(id, priority);
    this.join(id, priority);
    const reply = await this.session.publish(event);
    this.session.must(reply.ok !== undefined, "BUS-093", () => `a publish is refused: ${canonical(reply)}`);
    this.compare();
  }

  /** Ends one of the running attempts; each delivery fails at most once, so that no retry has to wait. */
  async settle(pick: number, retry: boolean): Promise<void> {
    const { calls } = this.session;
    if (calls.length === 0) return;
    const call = calls[pick % calls.length];
    const id = idOf(call);
    this.running--;
    if (retry && !this.retried.has(id)) {
      this.retried.add(id);
      this.join(id, this.priorities.get(id)!);
      await this.session.nak(call);
    } else await this.session.ack(call);
    this.compare();
  }

  async drain(): Promise<void> {
    while (this.session.calls.length > 0) await this.settle(0, false);
    this.session.must(this.bounds.size === 0, "PRI-024", `${this.bounds.size} deliveries never started`);
  }

  private join(id: string, priority: string): void {
    this.model.join(id, priority);
    const place = (this.lengths.get(priority) ?? 0) + 1;
    this.lengths.set(priority, place);
    this.bounds.set(id, this.dispatches + Math.ceil(15 / WEIGHT[priority]) * place);
  }

  private compare(): void {
    const session: Session = this.session;
    const started = session.calls.filter(({ call }) => !this.seen.has(call));
    for (const call of started) {
      this.seen.add(call.call);
      this.judge(call);
    }
    const waiting = this.bounds.size > 0 && this.running < this.slots;
    session.must(!waiting, "PRI-013", "a slot is free, a delivery is eligible, and nothing starts");
  }

  private judge(call: DeliveryCall): void {
    const session: Session = this.session;
    session.must(this.running < this.slots, "PRI-014", `more than ${this.slots} attempts run`);
    const wanted = this.model.dispatch();
    session.must(wanted !== undefined, "PRI-013", `${idOf(call)} starts, and nothing is eligible`);
    this.running++;
    this.dispatches++;
    const id = idOf(call);
    const priority = this.priorities.get(id)!;
    session.must(
      priority === wanted.priority,
      wanted.own ? "PRI-020" : "PRI-021",
      `dispatch ${this.dispatches} is of ${wanted.priority}, not of ${priority}`,
    );
    session.must(
      id === wanted.id,
      this.retried.has(id) || this.retried.has(wanted.id) ? "PRI-019" : "PRI-018",
      `dispatch ${this.dispatches} is ${wanted.id}, the head of its queue, not ${id}`,
    );
    const bound = this.bounds.get(id)!;
    session.must(
      this.dispatches <= bound,
      "PRI-024",
      `${id} starts at dispatch ${this.dispatches}, its bound is ${bound}`,
    );
    this.bounds.delete(id);
    this.lengths.set(priority, this.lengths.get(priority)! - 1);
  }
}
