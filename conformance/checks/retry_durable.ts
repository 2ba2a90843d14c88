/**
 * Checks of the chapter Retry: what is written of a CRITICAL delivery, and what a restart makes of it.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";

const needs = ["core", "durable"] as const;
const HOUR_MS = 3_600_000;
const CRITICAL = { priority: "CRITICAL" } as const;
/** Checks would only renew leases. */
const QUIET = { healthIntervalMs: 0 } as const;
/** Most tries of a property, each of which opens a store anew. */
const MAX_RUNS = 60;

/** See the module. */
export const DURABLE_RETRY_CHECKS: readonly Check[] = [
  {
    id: "retry/stored-is-written",
    requirements: ["RET-051", "RET-052"],
    title: "While the store hangs neither stored is told nor a wait begun; both follow when it has written",
    kind: "fault",
    needs,
    can: ["store-faults"],
    async run(session: Session) {
      await session.start({ ...QUIET, draws: [0.5] });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted(CRITICAL);
      await session.nak(session.begun("BUS-019", "b"));
      await session.say({ do: "store", action: "hold" });
      await session.nak(session.begun("RET-050", "b"));
      await session.advance(100);
      session.same(session.steps(event, "stored").length, 0, "RET-052", "events stored while the store hangs");
      session.same(session.steps(event, "waiting").length, 0, "RET-051", "waits begun while the store hangs");
      await session.say({ do: "store", action: "release" });
      await session.advance(0);
      const call = await session.untilCall(60_000, "b");
      session.must(call !== undefined, "RET-046", "it is retried once the store has written");
      session.same(session.steps(event, "stored").length, 1, "RET-052", "events stored when it has written");
      await session.ack(call);
    },
  },
  {
    id: "retry/not-stored-for-no-wait",
    requirements: ["RET-051", "RET-050"],
    title: "What waits 0 ms is retried though the store hangs; an asked delay of retry 1 is stored first",
    kind: "fault",
    needs,
    can: ["store-faults"],
    async run(session: Session) {
      await session.start(QUIET);
      await session.member("b", { subscriptions: ["thing.*"] });
      const [plain, asked] = [await session.accepted(CRITICAL), await session.accepted(CRITICAL)];
      await session.say({ do: "store", action: "hold" });
      const [first, second] = [...session.calls];
      await session.nak(first);
      session.must(
        session.calls.some(({ envelope, attempt }) => envelope.id === plain.id && attempt === 2),
        "RET-050",
        "retry 1 waits for the store",
      );
      await session.nak(second, 5_000);
      session.same(session.steps(asked, "waiting").length, 0, "RET-051", "waits begun while the store hangs");
      await session.say({ do: "store", action: "release" });
      await session.advance(1);
      const kinds = session.steps(asked, "stored", "waiting").map(({ kind }) => kind);
      session.same(kinds, ["stored", "waiting"], "RET-051", "the steps when the store has written");
    },
  },
  {
    id: "retry/state-survives",
    requirements: ["RET-054", "RET-056"],
    title: "Attempts, due time and last error are those from before the death of the process",
    kind: "fault",
    needs,
    can: ["crash"],
    async run(session: Session, effort: Effort) {
      const drawn = fc.record({
        failures: fc.integer({ min: 1, max: 6 }),
        delayMs: fc.integer({ min: 1_000, max: 300_000 }),
        downMs: fc.integer({ min: 0, max: 900 }),
      });
      await forAll(session, capped(effort), drawn, async ({ failures, delayMs, downMs }) => {
        await session.start({ ...QUIET, draws: [0] });
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted(CRITICAL);
        for (let n = 1; n < failures; n++) await session.nak((await session.untilCall(60_000, "b"))!);
        await session.nak((await session.untilCall(60_000, "b"))!, delayMs);
        const dueMs = session.nowMs + delayMs;
        await restart(session, session.nowMs + downMs);
        const view = await session.delivery(event);
        session.must(
          view.attempts === failures && view.lastError === "nak",
          "RET-054",
          `after the restart it has ${view.attempts} attempts and failed by ${view.lastError}, before ${failures} by nak`,
        );
        const call = await session.untilCall(HOUR_MS, "b");
        session.same(
          [call?.attempt, call?.atMs],
          [failures + 1, dueMs],
          "RET-056",
          "attempt and time after the restart",
        );
      });
    },
  },
  {
    id: "retry/clock-set-back",
    requirements: ["RET-060"],
    title: "After a restart with the clock set back a delivery waits no longer than it was to wait at all",
    kind: "fault",
    needs,
    can: ["crash"],
    async run(session: Session, effort: Effort) {
      const drawn = fc.record({
        waitMs: fc.integer({ min: 2_000, max: 600_000 }),
        passedMs: fc.integer({ min: 0, max: 1_500 }),
        backMs: fc.constantFrom(0, 500, 60_000, HOUR_MS, 30 * 24 * HOUR_MS),
      });
      await forAll(session, capped(effort), drawn, async ({ waitMs, passedMs, backMs }) => {
        await session.start(QUIET);
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted(CRITICAL);
        await session.nak(session.begun("BUS-019", "b"), waitMs);
        await session.advance(passedMs);
        await restart(session, session.nowMs - backMs);
        const beganMs = session.nowMs;
        const call = await session.untilCall(waitMs, "b");
        session.must(
          call !== undefined,
          "RET-060",
          `${waitMs} ms after the restart, all that it was to wait, it is not tried`,
        );
        session.must(call.atMs - beganMs >= waitMs - passedMs, "RET-026", "it is tried before its wait has passed");
      });
    },
  },
  {
    id: "retry/running-when-the-process-died",
    requirements: ["RET-057"],
    title: "An attempt that ran when the process died counts only if it had been stored",
    kind: "fault",
    needs,
    can: ["crash"],
    async run(session: Session) {
      for (let failures = 0; failures <= 4; failures++) {
        await session.start({ ...QUIET, draws: [0] });
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted(CRITICAL);
        for (let n = 0; n < failures; n++) await session.nak((await session.untilCall(60_000, "b"))!, 2_000);
        const running = await session.untilCall(60_000, "b");
        session.must(running?.attempt === failures + 1, "RET-046", `attempt ${failures + 1} runs`);
        const begun = session.trace.findLastIndex(({ id, kind }) => id === event.id && kind !== "stored");
        const stored = session.trace.slice(begun).some(({ id, kind }) => id === event.id && kind === "stored");
        await restart(session, session.nowMs);
        const call = await session.untilCall(60_000, "b");
        session.same(
          call?.attempt,
          failures + (stored ? 2 : 1),
          "RET-057",
          `the attempt after the restart, ${failures} failures being stored`,
        );
      }
    },
  },
];

/** The process dies, and another begins on its store. */
async function restart(session: Session, nowMs: number): Promise<void> {
  await session.say({ do: "store", action: "crash" });
  await session.start({ ...QUIET, keep: true, nowMs });
}

function capped(effort: Effort): Effort {
  return { ...effort, runs: Math.min(effort.runs, MAX_RUNS) };
}
