/**
 * Checks of the chapter Retry: how long a retry waits.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { beginWithB } from "./_queued.ts";
import { waitAfter } from "./_retried.ts";

const needs = ["core"] as const;
const HOUR_MS = 3_600_000;
const ATTEMPT_TIMEOUT_MS = 15_000;

/** See the module. */
export const RETRY_DELAY_CHECKS: readonly Check[] = [
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
    id: "retry/first-retry-draws-nothing-when-asked",
    requirements: ["RET-018", "RET-022"],
    title: "Retry 1 obeys the delay asked for, and draws nothing",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session, [0.25, 0.75]);
      await session.accepted({ priority: "HIGH" });
      session.same(
        await waitAfter(session, { verdict: "nak", delayMs: 7_000 }),
        7_000,
        "RET-022",
        "the wait of retry 1",
      );
      session.same(
        await waitAfter(session, { verdict: "nak" }),
        250,
        "RET-018",
        "the wait of retry 2 by the first draw",
      );
    },
  },
  {
    id: "retry/full-jitter",
    requirements: ["RET-019", "RET-026"],
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
  {
    id: "retry/no-jitter",
    requirements: ["RET-020"],
    title: "Without jitter the waits are 0, 1, 2, 4 … s and 300 s at most, and nothing is drawn",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { jitter: "none", maxElapsedMs: null } });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ priority: "HIGH" });
      const waits: number[] = [];
      for (let retry = 1; retry <= 9; retry++) waits.push(await waitAfter(session, { verdict: "nak" }));
      session.same(
        waits,
        [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000],
        "RET-020",
        "the waits of retries 1 to 9",
      );
    },
  },
  {
    id: "retry/longest-wait",
    requirements: ["RET-020"],
    title: "The longest wait is capMs, however many attempts have failed",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { jitter: "none", baseMs: 4_000, factor: 1_000, capMs: 9_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ priority: "HIGH" });
      const waits: number[] = [];
      for (let retry = 1; retry <= 9; retry++) waits.push(await waitAfter(session, { verdict: "nak" }));
      session.same(waits, [0, 4_000, ...Array(7).fill(9_000)], "RET-020", "the waits");
    },
  },
  {
    id: "retry/any-policy",
    requirements: ["RET-017", "RET-019", "RET-020", "RET-021", "RET-022", "RET-023", "RET-024", "RET-026"],
    title: "Whatever policy, chance and receiver say, each wait is that of the delay rule",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.record({
        baseMs: fc.constantFrom(0, 1, 7, 100, 1_000, 60_000),
        factor: fc.constantFrom(1, 1.1, 1.5, 2, 3, 10, 1_000),
        capMs: fc.constantFrom(0, 1, 500, 10_000, 300_000, HOUR_MS),
        jitter: fc.constantFrom("full", "none"),
        draws: fc.array(fc.double({ min: 0, max: 0.999_999_9, noNaN: true }), { minLength: 1, maxLength: 9 }),
        asked: fc.array(
          fc.oneof(
            { weight: 3, arbitrary: fc.constant(null) },
            fc.nat(3_000),
            fc.constantFrom(0, HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, 86_400_000),
          ),
          { minLength: 1, maxLength: 8 },
        ),
      });
      await forAll(session, effort, drawn, async ({ draws, asked, ...policy }) => {
        await session.start({ draws, healthIntervalMs: 0, policy: { ...policy, maxElapsedMs: null } });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted({ priority: "HIGH" });
        let used = 0;
        for (const [at, askedMs] of asked.entries()) {
          const retry = at + 1;
          const d = Math.min(policy.capMs, policy.baseMs * policy.factor ** (retry - 2));
          const draws1 = retry >= 2 && policy.jitter === "full" && policy.baseMs > 0 && policy.capMs > 0;
          const u = draws1 ? draws[used++ % draws.length] : 0;
          const computed = retry === 1 || policy.baseMs === 0 || policy.capMs === 0
            ? 0
            : draws1
            ? Math.max(1, Math.floor(u * d))
            : Math.floor(d);
          const wanted = askedMs === null ? computed : Math.max(computed, Math.min(askedMs, HOUR_MS));
          const waited = await waitAfter(
            session,
            askedMs === null ? { verdict: "nak" } : { verdict: "nak", delayMs: askedMs },
            2 * HOUR_MS,
          );
          const what = `retry ${retry} waits ${wanted} ms (computed ${computed}, asked ${askedMs}), not ${waited}`;
          session.must(waited >= computed, askedMs === null ? "RET-026" : "RET-024", what);
          if (askedMs !== null && askedMs > HOUR_MS) session.must(waited === wanted, "RET-023", what);
          else if (askedMs !== null && wanted > computed) session.must(waited === wanted, "RET-022", what);
          else if (retry === 1) session.must(waited === wanted, "RET-017", what);
          else if (policy.jitter === "none") session.must(waited === wanted, "RET-020", what);
          else session.must(waited === wanted, at > 0 && asked[at - 1] !== null ? "RET-021" : "RET-019", what);
        }
      });
    },
  },
  {
    id: "retry/asked-delay-draws-too",
    requirements: ["RET-021", "RET-022", "RET-024"],
    title: "A number is drawn for each later retry, also where the receiver decides its wait",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session, [0.1, 0.9, 0.3]);
      await session.accepted({ priority: "HIGH" });
      session.same(await waitAfter(session, { verdict: "nak" }), 0, "RET-017", "the wait of retry 1");
      session.same(
        await waitAfter(session, { verdict: "nak", delayMs: 5_000 }),
        5_000,
        "RET-022",
        "the wait of retry 2",
      );
      session.same(
        await waitAfter(session, { verdict: "nak" }),
        1_800,
        "RET-021",
        "the wait of retry 3 by the second draw",
      );
      session.same(
        await waitAfter(session, { verdict: "nak", delayMs: 10 }),
        1_200,
        "RET-024",
        "the wait of retry 4, longer than what was asked for",
      );
    },
  },
  {
    id: "retry/asked-delay-of-an-hour-at-most",
    requirements: ["RET-023"],
    title: "A delay asked for above an hour counts as an hour",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const delayMs of [HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, 86_400_000, Number.MAX_SAFE_INTEGER]) {
        await session.start({ healthIntervalMs: 0, policy: { maxElapsedMs: null } });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted();
        session.same(
          await waitAfter(session, { verdict: "nak", delayMs }, 2 * HOUR_MS),
          Math.min(delayMs, HOUR_MS),
          "RET-023",
          `the wait after ${delayMs} ms were asked for`,
        );
      }
    },
  },
  {
    id: "retry/one-rule-for-all-failures",
    requirements: ["RET-025"],
    title: "Refusal, network fault and timeout wait by one rule",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const failure = fc.constantFrom<CallAnswer | undefined>({ verdict: "nak" }, { fault: "unreachable" }, undefined);
      await forAll(session, effort, fc.array(failure, { minLength: 7, maxLength: 7 }), async (failures) => {
        await beginWithB(session, [0.5]);
        const { id } = await session.accepted({ priority: "HIGH" });
        for (const [at, failure] of failures.entries()) {
          const wanted = at === 0 ? 0 : 500 * 2 ** (at - 1);
          const waited = failure === undefined
            ? await waitAfterTimeout(session, id)
            : await waitAfter(session, failure);
          session.must(
            waited === wanted,
            "RET-025",
            `after ${canonical(failure ?? "a timeout")} retry ${at + 1} waits ${wanted} ms, not ${waited}`,
          );
        }
      });
    },
  },
];

/** Lets the running attempt time out; gives how long the next one waited after that. */
async function waitAfterTimeout(session: Session, id: string): Promise<number> {
  const call = session.begun("RET-046", "b");
  const failed = await session.untilTrace(
    (step) => step.kind === "failed" && step.id === id && step.attempt === call.attempt,
    2 * ATTEMPT_TIMEOUT_MS,
  );
  session.must(
    failed?.atMs === call.atMs + ATTEMPT_TIMEOUT_MS,
    "RET-041",
    `an attempt of ${call.atMs} fails by its timeout at ${failed?.atMs}`,
  );
  session.calls = session.calls.filter((one) => one !== call);
  const next = await session.untilCall(HOUR_MS, "b");
  session.must(next !== undefined, "RET-046", "after a timeout no retry follows");
  return next.atMs - failed.atMs;
}
