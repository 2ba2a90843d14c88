/**
 * Checks of the chapter Retry.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { Session } from "../session.ts";
import { forAll } from "../for_all.ts";

const needs = ["core"] as const;

/** See the module. */
export const RETRY_CHECKS: readonly Check[] = [
  {
    id: "retry/first-retry-waits-0",
    requirements: ["RET-017", "RET-018"],
    title: "Retry 1 follows at once and draws nothing",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ draws: [0.25, 0.75] });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ priority: "HIGH" });
      await session.nak(session.begun("BUS-019", "b"));
      const second = session.peek("b");
      session.must(second?.attempt === 2, "RET-017", "retry 1 is begun at the moment of the failure");
      await session.nak(second);
      const third = await session.untilCall(10_000, "b");
      session.must(third !== undefined, "RET-046", "retry 2 follows");
      session.must(
        third.atMs - second.atMs === 250,
        "RET-018",
        `retry 2 waits 250 ms by the first draw, not ${third.atMs - second.atMs}`,
      );
    },
  },
  {
    id: "retry/full-jitter",
    requirements: ["RET-019", "RET-021", "RET-026"],
    title: "The wait of every later retry follows from the one number drawn for it",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const u = fc.double({ min: 0, max: 0.999_999_9, noNaN: true });
      await forAll(session, effort, fc.array(u, { minLength: 8, maxLength: 8 }), async (draws) => {
        await session.start({ draws });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted({ priority: "HIGH" });
        await session.nak(session.begun("BUS-019", "b"));
        for (let retry = 1; retry <= 8; retry++) {
          const call = session.begun("RET-046", "b");
          await session.nak(call);
          const next = await session.untilCall(600_000, "b");
          session.must(next !== undefined, "RET-046", `retry ${retry + 1} follows`);
          const d = Math.min(300_000, 1_000 * 2 ** (retry - 1));
          const wanted = Math.max(1, Math.floor(draws[retry - 1] * d));
          const waited = next.atMs - call.atMs;
          session.must(
            waited >= wanted,
            "RET-026",
            `retry ${retry + 1} began after ${waited} ms, before its ${wanted} ms`,
          );
          session.must(waited === wanted, "RET-019", `retry ${retry + 1} waits ${wanted} ms, not ${waited}`);
        }
      });
    },
  },
];
