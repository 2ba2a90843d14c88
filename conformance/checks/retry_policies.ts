/**
 * Checks of the chapter Retry: the presets, and which policies are taken.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { Json } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session, START_MS } from "../session.ts";
import { beginWithB } from "./_queued.ts";
import { waitAfter } from "./_retried.ts";

const needs = ["core"] as const;
const HOUR_MS = 3_600_000;
const MAX_INT_MS = 2_147_483_647;

/** See the module. */
export const RETRY_POLICY_CHECKS: readonly Check[] = [
  {
    id: "retry/presets",
    requirements: ["RET-013"],
    title: "What is not configured is that of the table: base, factor, cap, jitter, timeout and life",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session, [0.75]);
      await session.accepted({ priority: "HIGH" });
      const waits: number[] = [];
      for (let retry = 1; retry <= 9; retry++) waits.push(await waitAfter(session, { verdict: "nak" }));
      session.same(
        waits,
        [0, 750, 1_500, 3_000, 6_000, 12_000, 24_000, 48_000, 96_000],
        "RET-013",
        "the waits of retries 1 to 9 with u = 0.75",
      );
      await session.ack(session.begun("RET-046", "b"));
      const other = await session.accepted({ priority: "LOW" });
      const call = session.begun("BUS-019", "b");
      const failed = await session.untilTrace((step) => step.kind === "failed" && step.id === other.id, 60_000);
      session.same((failed?.atMs ?? 0) - call.atMs, 15_000, "RET-013", "attemptTimeoutMs");
      session.calls = session.calls.filter((one) => one !== call);
      await session.ack(session.begun("RET-017", "b"));
      const third = await session.accepted({ priority: "NORMAL" });
      await session.nak(session.begun("BUS-019", "b"), HOUR_MS - 1);
      const again = await session.untilCall(HOUR_MS, "b");
      session.must(again?.envelope.id === third.id, "RET-013", "before its hour has passed it is retried");
      await session.nak(again, 60_000);
      const ended = await session.untilTrace((step) => step.kind === "ended" && step.id === third.id, 120_000);
      session.same(ended?.outcome, "exhausted", "RET-013", "the outcome when maxElapsedMs have passed");
    },
  },
  {
    id: "retry/critical-has-no-end",
    requirements: ["RET-013", "RET-016"],
    title: "By default and by a policy with maxElapsedMs a CRITICAL delivery is not given up by time",
    kind: "scenario",
    needs: ["core", "durable"],
    async run(session: Session) {
      for (const policy of [{}, { maxElapsedMs: 10_000 }]) {
        await session.start({ healthIntervalMs: 0, policy });
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted({ priority: "CRITICAL" });
        for (let hours = 0; hours < 3; hours++) {
          const waited = await waitAfter(session, { verdict: "nak", delayMs: HOUR_MS }, 2 * HOUR_MS);
          const requirement = "maxElapsedMs" in policy ? "RET-016" : "RET-013";
          session.must(waited === HOUR_MS, requirement, `after ${hours} h it is not retried`);
        }
        session.same((await session.delivery(event)).outcome, undefined, "RET-016", "its outcome");
      }
    },
  },
  {
    id: "retry/policy-out-of-range",
    requirements: ["RET-014", "RET-015"],
    title: "A policy with a field out of its range is refused by the field's name, its twin is in force",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      await forAll(session, effort, fc.constantFrom(...badPolicies()), async ([field, value]) => {
        const requirement = field === "jitter" ? "RET-015" : "RET-014";
        const good = { baseMs: 500, factor: 2, capMs: 60_000, jitter: "full", attemptTimeoutMs: 5_000 } as const;
        const reply = await session.say({
          do: "start",
          nowMs: START_MS,
          draws: [0.5],
          options: { policy: { ...good, [field]: value as number } },
        });
        session.must(
          reply.refused?.code === "argument-invalid" && reply.refused.field === field,
          requirement,
          () => `wanted argument-invalid of ${field} for ${canonical(value)}, got ${canonical(reply)}`,
        );
        await session.start({ policy: good });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted();
        await waitAfter(session, { verdict: "nak" });
        session.same(await waitAfter(session, { verdict: "nak" }), 250, requirement, "the wait of the twin's retry 2");
      });
    },
  },
  {
    id: "retry/policy-at-the-ends-of-its-range",
    requirements: ["RET-014"],
    title: "The least and the greatest value of each field are accepted",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const ends: readonly Readonly<Record<string, number | string | null>>[] = [
        { baseMs: 0, factor: 1, capMs: 0, attemptTimeoutMs: 1, maxElapsedMs: 1 },
        {
          baseMs: MAX_INT_MS,
          factor: 1_000,
          capMs: MAX_INT_MS,
          attemptTimeoutMs: MAX_INT_MS,
          maxElapsedMs: Number.MAX_SAFE_INTEGER,
        },
        { factor: 1.000_1, jitter: "none", maxElapsedMs: null, firstRetry: "immediate" },
      ];
      for (const policy of ends) {
        const reply = await session.say({ do: "start", nowMs: START_MS, draws: [0.5], options: { policy } });
        session.must(reply.ok !== undefined, "RET-014", () => `${canonical(policy)} is refused: ${canonical(reply)}`);
        session.nowMs = START_MS;
        // Who takes anything has not shown that it knows the ends.
        const beyond = { ...policy, factor: 0.999_9 };
        const { refused } = await session.say({
          do: "start",
          nowMs: START_MS,
          draws: [0.5],
          options: { policy: beyond },
        });
        session.must(
          refused?.code === "argument-invalid" && refused.field === "factor",
          "RET-014",
          () => `wanted argument-invalid of factor for ${canonical(beyond)}, got ${canonical(refused)}`,
        );
      }
    },
  },
];

function badPolicies(): (readonly [string, Json])[] {
  const bad: Readonly<Record<string, readonly Json[]>> = {
    baseMs: [-1, 0.5, MAX_INT_MS + 1, "1000", null],
    factor: [0.99, 0, -2, 1_000.1, "2", null],
    capMs: [-1, 1.5, MAX_INT_MS + 1, "x", null],
    jitter: ["equal", "decorrelated", "FULL", "", 1, null],
    firstRetry: ["backoff", "never", 0, null],
    attemptTimeoutMs: [0, -1, 1.5, MAX_INT_MS + 1, "15000", null],
    maxElapsedMs: [0, -1, 1.5, 2 ** 53, "never"],
  };
  return Object.entries(bad).flatMap(([field, values]) => values.map((value) => [field, value] as const));
}
