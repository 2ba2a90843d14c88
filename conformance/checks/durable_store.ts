/**
 * Checks of the profile durable: what the store must be able to keep, and what is delayed over a restart.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { inMs, refused } from "./_bus.ts";

const needs = ["core", "registry", "durable"] as const;
/** The least that a store may declare as its largest record, in bytes. */
const LEAST_RECORD_BYTES = 98_304;
/** What every envelope may have, in bytes of structured mode. */
const SURE_BYTES = 65_536;
const QUIET = { healthIntervalMs: 0 } as const;
const CRITICAL = { priority: "CRITICAL" } as const;

/** See the module. */
export const KEEPING_CHECKS: readonly Check[] = [
  {
    id: "store/keeps-the-largest-sure-envelope",
    requirements: ["BUS-098", "ENV-045", "BUS-096"],
    title: "A CRITICAL of 65,536 bytes, which any store can keep, is kept whole over a restart",
    kind: "fault",
    needs,
    can: ["crash"],
    async run(session: Session) {
      for (const unit of ["x", "語"]) {
        await session.start(QUIET);
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = filled(session, unit, SURE_BYTES);
        const reply = await session.publish(event);
        session.must(reply.ok !== undefined, "BUS-098", () => `65,536 bytes were answered ${canonical(reply)}`);
        await restart(session, session.nowMs);
        const call = await session.untilCall(10_000, "b");
        session.must(call !== undefined, "BUS-096", "it is attempted after the restart");
        session.same(call.envelope.data, event.data, "BUS-098", "its data after the restart");
      }
    },
  },
  {
    id: "store/refuses-what-it-cannot-keep",
    requirements: ["BUS-099", "BUS-002"],
    title:
      "A CRITICAL larger than the store's declared record is refused; one of 65,536 bytes, or of less weight, is not",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start({ ...QUIET, maxRecordBytes: LEAST_RECORD_BYTES });
      await session.member("b", { subscriptions: ["thing.*"] });
      // In code units it would fit, in bytes it does not.
      for (const [unit, bytes] of [["x", LEAST_RECORD_BYTES + 1], ["x", 200_000], ["語", 120_000]] as const) {
        const large = filled(session, unit, bytes);
        refused(session, await session.publish(large), "record-too-large", "BUS-099", `a CRITICAL of ${bytes} bytes`);
        const status = await session.say({ do: "status", source: "/suite", id: String(large.id) });
        refused(session, status, "message-unknown", "BUS-002", "its status");
        session.must(session.peek("b") === undefined, "BUS-002", "what was refused is attempted");
        const light = await session.publish({ ...large, priority: "HIGH" });
        session.must(light.ok !== undefined, "BUS-099", () => `as HIGH it is accepted: ${canonical(light)}`);
        await session.ack(session.begun("BUS-019", "b"));
      }
      const fits = await session.publish(filled(session, "x", SURE_BYTES));
      session.must(fits.ok !== undefined, "BUS-099", () => `65,536 bytes are accepted: ${canonical(fits)}`);
      await session.ack(session.begun("BUS-019", "b"));
    },
  },
  {
    id: "store/delayed-over-a-restart",
    requirements: ["BUS-119", "BUS-111"],
    title: "A delayed CRITICAL begins at its time after a restart, and at once if that has passed meanwhile",
    kind: "property",
    needs,
    can: ["crash"],
    async run(session: Session, effort: Effort) {
      const inputs = fc.record({
        delayMs: fc.integer({ min: 1, max: 90_000 }),
        byDelay: fc.boolean(),
        beforeMs: fc.nat({ max: 40_000 }),
        downMs: fc.nat({ max: 60_000 }),
        crashes: fc.integer({ min: 1, max: 3 }),
      });
      const capped = { ...effort, runs: Math.min(effort.runs, 60) };
      await forAll(session, capped, inputs, async ({ delayMs, byDelay, beforeMs, downMs, crashes }) => {
        await session.start(QUIET);
        await session.member("b", { subscriptions: ["thing.*"] });
        const dueMs = session.nowMs + delayMs;
        const event = await session.accepted(
          { ...CRITICAL, ...(byDelay ? {} : { deliverat: inMs(session, delayMs) }) },
          byDelay ? { delayMs } : {},
        );
        for (let n = 0; n < crashes; n++) {
          await session.advance(Math.min(Math.floor(beforeMs / crashes), Math.max(0, dueMs - session.nowMs - 1)));
          await restart(session, session.nowMs + Math.floor(downMs / crashes));
          // What has begun is no longer delayed, and a crash may have it attempted again.
          if (session.nowMs >= dueMs) break;
        }
        const restartedMs = session.nowMs;
        if (restartedMs < dueMs) {
          session.same((await session.list("delayed")).map(({ id }) => id), [event.id], "BUS-119", "what is delayed");
        }
        const call = await session.untilCall(100_000, "b");
        session.must(call !== undefined, "BUS-119", "it is attempted after the restart");
        session.must(
          call.atMs === Math.max(dueMs, restartedMs),
          "BUS-119",
          () => `it begins ${call.atMs - dueMs} ms from its time, the restart being ${restartedMs - dueMs} ms from it`,
        );
        await session.ack(call);
      });
    },
  },
  {
    id: "store/delayed-in-its-lane-after-a-restart",
    requirements: ["BUS-119", "BUS-116"],
    title: "A delayed CRITICAL whose time has not come blocks nobody after a restart, and takes its place when it has",
    kind: "fault",
    needs,
    can: ["crash"],
    async run(session: Session) {
      await session.start(QUIET);
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      const lane = { ...CRITICAL, partitionkey: "k" };
      const delayed = await session.accepted({ ...lane, deliverat: inMs(session, 5_000) });
      const first = await session.accepted(lane);
      const second = await session.accepted(lane);
      await restart(session, session.nowMs + 1_000);
      const head = session.begun("BUS-116", "b");
      session.must(head.envelope.id === first.id, "BUS-116", `what is delayed is attempted before its time`);
      await session.advance(4_000);
      const order: unknown[] = [];
      for (let call = session.peek("b"); call !== undefined; call = session.peek("b")) {
        order.push(call.envelope.id);
        await session.ack(call);
      }
      session.same(order, [first.id, second.id, delayed.id], "BUS-119", "the order of the lane after a restart");
    },
  },
];

/** The process dies, and another begins on its store. */
async function restart(session: Session, nowMs: number): Promise<void> {
  await session.say({ do: "store", action: "crash" });
  await session.start({ ...QUIET, keep: true, nowMs });
  await session.advance(0);
}

/** A CRITICAL of that many bytes in structured mode, or of up to two less. */
function filled(session: Session, unit: string, bytes: number): JsonObject {
  const event = session.event({ ...CRITICAL, data: "" });
  const room = bytes - new TextEncoder().encode(JSON.stringify(event)).length;
  return { ...event, data: unit.repeat(Math.floor(room / new TextEncoder().encode(unit).length)) };
}
