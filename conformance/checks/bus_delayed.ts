/**
 * Checks of the chapter Bus: messages for later.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { cancel, inMs, letter, letterOf, mustEnd, refused } from "./_bus.ts";

const needs = ["core", "registry"] as const;
/** The longest delay by default. */
const LONGEST_MS = 604_800_000;

/** See the module. */
export const DELAYED_CHECKS: readonly Check[] = [
  {
    id: "delayed/to-the-millisecond",
    requirements: ["BUS-111", "BUS-112", "BUS-113", "BUS-120"],
    title: "By deliverat or by a delay, the first attempt begins when its time has come, and deliverat wins",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const ms = fc.integer({ min: -5_000, max: 90_000 });
      const inputs = fc.record({
        atMs: fc.option(ms, { nil: undefined }),
        delayMs: fc.option(fc.integer({ min: 0, max: 90_000 }), { nil: undefined }),
        passedMs: fc.nat({ max: 3_000 }),
      });
      await forAll(session, effort, inputs, async ({ atMs, delayMs, passedMs }) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        if (passedMs > 0) await session.advance(passedMs);
        const acceptedMs = session.nowMs;
        const event = await session.accepted(
          atMs === undefined ? {} : { deliverat: inMs(session, atMs) },
          delayMs === undefined ? {} : { delayMs },
        );
        const askedMs = atMs ?? delayMs ?? 0;
        const dueMs = acceptedMs + Math.max(0, askedMs);
        const requirement = askedMs <= 0
          ? "BUS-112"
          : atMs !== undefined && delayMs !== undefined
          ? "BUS-113"
          : "BUS-111";
        const listed = (await session.list("delayed")).map(({ id }) => id);
        const ofList = session.has("http") ? "HTTP-074" : "BUS-120";
        session.same(listed, askedMs > 0 ? [event.id] : [], ofList, "what is listed as delayed");
        const call = await session.untilCall(100_000, "b");
        session.must(call !== undefined, "BUS-093", "it is delivered");
        session.must(
          call.atMs === dueMs,
          requirement,
          () => `it begins ${call.atMs - acceptedMs} ms after acceptance, not ${dueMs - acceptedMs}`,
        );
        await session.ack(call);
        session.same(await session.list("delayed"), [], ofList, "what is listed as delayed afterwards");
      });
    },
  },
  {
    id: "delayed/longest",
    requirements: ["BUS-114"],
    title: "Seven days may be asked for, and not one millisecond more",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ deliverat: inMs(session, LONGEST_MS) }, {}, "BUS-114");
      await session.accepted({}, { delayMs: LONGEST_MS }, "BUS-114");
      const far = await session.publish(session.event({ deliverat: inMs(session, LONGEST_MS + 1) }));
      refused(session, far, "argument-invalid", "BUS-114", "a deliverat 1 ms beyond");
      const long = await session.publish(session.event(), { delayMs: LONGEST_MS + 1 });
      refused(session, long, "argument-invalid", "BUS-114", "a delay of 1 ms more");
      const centuries = await session.publish(session.event({ deliverat: "9999-12-31T23:59:59Z" }));
      refused(session, centuries, "argument-invalid", "BUS-114", "a deliverat in the year 9999");
    },
  },
  {
    id: "delayed/seven-days-kept",
    requirements: ["BUS-111"],
    title: "What was asked for in seven days begins in seven days",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
      const dueMs = session.nowMs + LONGEST_MS;
      await session.accepted({ deliverat: inMs(session, LONGEST_MS) });
      while (session.nowMs < dueMs) {
        await session.registry("service.renew", { lease });
        const call = await session.untilCall(Math.min(3_000_000, dueMs - session.nowMs), "b");
        if (call === undefined) continue;
        session.must(call.atMs === dueMs, "BUS-111", `it begins ${call.atMs - dueMs} ms from its time`);
        await session.ack(call);
      }
      session.must(session.trace.some(({ kind }) => kind === "delivered"), "BUS-111", "it begins in seven days");
    },
  },
  {
    id: "delayed/expires-first",
    requirements: ["BUS-115"],
    title: "What expires before or at the time asked for is refused, and one millisecond after it accepted",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      for (const byDelay of [false, true]) {
        for (const [lifeMs, fits] of [[4_000, false], [5_000, false], [5_001, true]] as const) {
          const event = session.event({
            expirytime: inMs(session, lifeMs),
            ...(byDelay ? {} : { deliverat: inMs(session, 5_000) }),
          });
          const reply = await session.publish(event, byDelay ? { delayMs: 5_000 } : {});
          if (!fits) refused(session, reply, "message-expired", "BUS-115", `a life of ${lifeMs} ms, due in 5,000`);
          else session.must(reply.ok !== undefined, "BUS-115", () => `a life of 5,001 ms: ${JSON.stringify(reply)}`);
        }
      }
    },
  },
  {
    id: "delayed/place-in-its-lane",
    requirements: ["BUS-116"],
    title: "A delayed message takes its place in its lane when its time has come, behind what came meanwhile",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const lane = { partitionkey: "k" };
      const delayed = await session.accepted({ ...lane, deliverat: inMs(session, 1_000) });
      const first = await session.accepted(lane);
      const second = await session.accepted(lane);
      const head = session.begun("BUS-116", "b");
      session.must(head.envelope.id === first.id, "BUS-116", "what came later is not held up by what is delayed");
      await session.advance(1_000);
      const third = await session.accepted(lane);
      session.must((await session.delivery(delayed)).state === "blocked", "BUS-116", "its lane has a head");
      const order: unknown[] = [];
      for (let call = session.peek("b"); call !== undefined; call = session.peek("b")) {
        order.push(call.envelope.id);
        await session.ack(call);
      }
      session.same(order, [first.id, second.id, delayed.id, third.id], "BUS-116", "the order of the lane");
    },
  },
  {
    id: "delayed/place-in-the-queue",
    requirements: ["BUS-116"],
    title: "A delayed message joins the queue of its priority when its time has come",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      const running = await session.accepted();
      const delayed = await session.accepted({ deliverat: inMs(session, 1_000) });
      const before = await session.accepted();
      await session.advance(1_000);
      const after = await session.accepted();
      const order: unknown[] = [];
      for (let call = session.peek("b"); call !== undefined; call = session.peek("b")) {
        order.push(call.envelope.id);
        await session.ack(call);
      }
      session.same(order, [running.id, before.id, delayed.id, after.id], "BUS-116", "the order of the starts");
    },
  },
  {
    id: "delayed/gives-up-from-its-time",
    requirements: ["BUS-117", "RET-016"],
    title: "The time after which the policy gives up is counted from the time asked for",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { maxElapsedMs: 3_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const endMs = session.nowMs + 8_000;
      const event = await session.accepted({ deliverat: inMs(session, 5_000) });
      await session.advance(4_999);
      session.same(session.steps(event, "ended"), [], "BUS-117", "how it ends before its time has come");
      await session.advance(1);
      await session.nak(session.begun("BUS-111", "b"), 60_000);
      await session.advance(2_999);
      session.same(session.steps(event, "ended"), [], "BUS-117", "how it ends before its 3,000 ms have passed");
      await session.advance(1);
      mustEnd(session, event, "exhausted", "BUS-117", endMs);
      const { reason } = await letterOf(session, event);
      session.must(reason === "max-elapsed", "RET-016", `its reason is max-elapsed, not ${reason}`);
    },
  },
  {
    id: "delayed/redrive-is-not",
    requirements: ["BUS-121"],
    title: "The redrive of a delayed message begins at once, though its time has not come",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const byDelay of [false, true]) {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const fields = byDelay ? {} : { deliverat: inMs(session, 60_000) };
        const event = await session.accepted(fields, byDelay ? { delayMs: 60_000 } : {});
        await session.advance(1_000);
        await cancel(session, event);
        await letter(session, await letterOf(session, event), "redrive");
        const call = session.begun("BUS-121", "b");
        session.must(call.run === 2, "BUS-085", `it is run 2, not ${call.run}`);
      }
    },
  },
  {
    id: "delayed/cancelled",
    requirements: ["BUS-120"],
    title: "A delayed message that is cancelled is never attempted, and becomes a dead letter",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const [whenMs, attempted] of [[0, false], [1, false], [999, false], [1_000, true]] as const) {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted({ deliverat: inMs(session, 1_000) });
        await session.advance(whenMs);
        const reply = await cancel(session, event);
        session.must(
          reply.ok !== undefined,
          "BUS-120",
          () => `a cancellation after ${whenMs} ms: ${JSON.stringify(reply)}`,
        );
        if (attempted) {
          await session.nak(session.begun("BUS-111", "b"));
          mustEnd(session, event, "cancelled", "BUS-041");
          continue;
        }
        mustEnd(session, event, "cancelled", "BUS-120");
        const { outcome, attempts } = await letterOf(session, event);
        session.same([outcome, attempts], ["cancelled", 0], "BUS-120", "its dead letter");
        await session.advance(5_000);
        session.must(session.peek("b") === undefined, "BUS-120", "it is attempted after its cancellation");
      }
    },
  },
  {
    id: "delayed/half-of-a-target",
    requirements: ["BUS-125"],
    title: "Delayed deliveries may take half of a target, rounded up; what has come into line counts no more",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const [capacity, half] of [[1, 1], [2, 1], [5, 3], [6, 3]]) {
        await session.start({ capacity });
        await session.member("b");
        await session.member("c");
        const later = { target: "b", deliverat: inMs(session, 5_000) };
        for (let n = 0; n < half; n++) await session.accepted(later, {}, "BUS-125");
        const over = await session.publish(session.event(later));
        refused(session, over, "queue-full", "BUS-125", `delayed delivery ${half + 1} of a capacity of ${capacity}`);
        const byDelay = await session.publish(session.event({ target: "b" }), { delayMs: 5_000 });
        refused(session, byDelay, "queue-full", "BUS-125", "and one by a delay");
        await session.accepted({ ...later, target: "c" }, {}, "BUS-125");
        if (capacity > half) await session.accepted({ target: "b" }, {}, "BUS-125");
        await session.advance(5_000);
        for (let call = session.peek("b"); call !== undefined; call = session.peek("b")) await session.ack(call);
        await session.accepted({ target: "b", deliverat: inMs(session, 5_000) }, {}, "BUS-125");
      }
    },
  },
  {
    id: "delayed/receivers-frozen",
    requirements: ["BUS-118"],
    title: "A delayed message goes to those who subscribed when it was accepted",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const gone = await session.member("gone", { subscriptions: ["thing.*"] });
      const event = await session.accepted({ deliverat: inMs(session, 1_000) });
      await session.member("late", { subscriptions: ["thing.*"] });
      await session.registry("service.deregister", { lease: gone.lease, service: true });
      await session.advance(1_000);
      session.same(
        session.calls.map(({ receiver }) => receiver),
        ["b"],
        "BUS-118",
        "who is called when its time has come",
      );
      await session.ack(session.begun("BUS-118", "b"));
      const ends = (await session.status(event)).deliveries.map(({ receiver, outcome }) => [receiver, outcome]).sort();
      session.same(ends, [["b", "delivered"], ["gone", "receiver-gone"]], "BUS-118", "its deliveries in the end");
    },
  },
];
