/**
 * Checks of the chapter Retry: attempts, the policy, the delay rule and what each verdict leads to.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer, Json, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session, START_MS } from "../session.ts";
import { beginWithB, idOf } from "./_queued.ts";

const needs = ["core"] as const;
const HOUR_MS = 3_600_000;
const MAX_INT_MS = 2_147_483_647;
const ATTEMPT_TIMEOUT_MS = 15_000;

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
  {
    id: "retry/only-attempts-count",
    requirements: ["RET-001", "RET-004"],
    title: "Standing in line for a slot is no attempt and costs nothing",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { attemptTimeoutMs: HOUR_MS } });
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      await session.accepted({ priority: "HIGH" });
      const held = session.begun("BUS-019", "b");
      const event = await session.accepted({ priority: "LOW" });
      await session.advance(HOUR_MS / 2);
      const { attempts, outcome } = await session.delivery(event);
      session.must(attempts === 0 && outcome === undefined, "RET-004", `it has ${attempts} attempts and ${outcome}`);
      await session.ack(held);
      await session.nak(session.begun("RET-001", "b"));
      await session.nak(session.begun("RET-001", "b"));
      session.same((await session.delivery(event)).attempts, 2, "RET-001", "the attempts that were charged");
    },
  },
  {
    id: "retry/no-instance",
    requirements: ["RET-002", "RET-048"],
    title: "That a service has no instance to be called is a failed attempt, by the rules of any",
    kind: "scenario",
    needs: ["core", "registry"],
    async run(session: Session) {
      await session.start({ draws: [0.5], healthIntervalMs: 0 });
      const { lease } = await session.member("b");
      await session.registry("service.deregister", { lease });
      const low = await session.accepted({ target: "b", priority: "LOW" }, {}, "BUS-007");
      await session.advance(60_000);
      const view = await session.delivery(low);
      session.same(
        [view.outcome, view.attempts, view.lastError],
        ["exhausted", 2, "no-instance"],
        "RET-002",
        "outcome, attempts and last error of a LOW delivery",
      );
      const failed = session.steps(low, "failed").map(({ reason, atMs }) => [reason, atMs]);
      const beganMs = session.steps(low, "accepted")[0]?.atMs;
      session.same(failed, [["no-instance", beganMs], ["no-instance", beganMs]], "RET-002", "its failures");

      const high = await session.accepted({ target: "b", priority: "HIGH" }, {}, "BUS-007");
      await session.advance(5_000);
      // 0, 500, 1000, 2000 ms have passed: four retries.
      session.same((await session.delivery(high)).attempts, 5, "RET-002", "attempts after 5 s");
      await session.member("b", { instance: "i2" });
      const call = await session.untilCall(600_000, "b");
      session.must(call?.envelope.id === high.id, "RET-046", "it is delivered once there is an instance");
      session.must(call.attempt > 5, "RET-002", `it is attempt ${call.attempt}`);
    },
  },
  {
    id: "retry/exhausted-at-the-last-failure",
    requirements: ["RET-003"],
    title: "The outcome exhausted comes with the last failure, without another wait",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session);
      const event = await session.accepted({ priority: "NORMAL" });
      for (let attempt = 1; attempt <= 4; attempt++) {
        const call = await session.untilCall(60_000, "b");
        session.must(call?.attempt === attempt, "RET-046", `attempt ${attempt} follows`);
        session.same((await session.delivery(event)).outcome, undefined, "RET-003", "the outcome while it runs");
        await session.nak(call, 1_000);
      }
      session.same((await session.delivery(event)).outcome, "exhausted", "RET-003", "the outcome at once");
      const [ended] = session.steps(event, "ended");
      session.same(ended?.atMs, session.nowMs, "RET-003", "when it ended");
    },
  },
  ...(["delivered", "rejected", "exhausted", "expired", "cancelled"] as const).map((outcome): Check => ({
    id: `retry/nothing-after-${outcome}`,
    requirements: ["RET-005"],
    title: `After the outcome ${outcome} nothing is attempted for a day`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"] });
      const expirytime = new Date(session.nowMs + 30_000).toISOString();
      const event = await session.accepted(outcome === "expired" ? { expirytime } : { priority: "LOW" });
      const call = session.begun("BUS-019", "b");
      if (outcome === "delivered") await session.ack(call);
      else if (outcome === "rejected") await session.term(call);
      else {
        await session.nak(call, 40_000);
        if (outcome === "cancelled") await session.say({ do: "cancel", source: event.source, id: event.id });
        else if (outcome === "expired") await session.advance(30_000);
        else await session.nak((await session.untilCall(60_000, "b"))!);
      }
      session.same((await session.delivery(event)).outcome, outcome, "BUS-061", "the outcome");
      await session.advance(86_400_000);
      session.must(session.peek() === undefined, "RET-005", `it is attempted after its outcome ${outcome}`);
    },
  })),
  {
    id: "retry/one-attempt-at-once",
    requirements: ["RET-006", "RET-041"],
    title: "While an attempt runs there is no other, up to its timeout and not before",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.array(fc.nat(20_000), { maxLength: 6 }));
      await forAll(session, effort, drawn, async ([attemptTimeoutMs, steps]) => {
        await session.start({ policy: { attemptTimeoutMs } });
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted();
        const first = session.begun("BUS-019", "b");
        let passed = 0;
        for (const step of steps) {
          if (passed + step >= attemptTimeoutMs) break;
          await session.advance(step);
          passed += step;
          session.same(session.calls.length, 1, "RET-006", "attempts that run");
        }
        await session.advance(attemptTimeoutMs - 1 - passed);
        session.same(session.calls.length, 1, "RET-006", "attempts that run");
        session.same(session.steps(event, "failed").length, 0, "RET-041", "failures before the timeout");
        await session.advance(1);
        const [failed] = session.steps(event, "failed");
        session.same(
          [failed?.reason, failed?.atMs],
          ["timeout", first.atMs + attemptTimeoutMs],
          "RET-041",
          "reason and time of the failure",
        );
      });
    },
  },
  {
    id: "retry/max-elapsed",
    requirements: ["RET-016"],
    title: "What waits or stands in line when maxElapsedMs have passed ends as exhausted, at that instant",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(fc.integer({ min: 2, max: 100_000 }), fc.constantFrom("waits", "queued", "blocked"));
      await forAll(session, effort, drawn, async ([maxElapsedMs, how]) => {
        await session.start({ policy: { maxElapsedMs, attemptTimeoutMs: 10 * maxElapsedMs } });
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight: how === "queued" ? 1 : 64 });
        const lane = how === "blocked" ? { partitionkey: "k" } : {};
        const first = await session.accepted(lane);
        const event = how === "waits" ? first : await session.accepted(lane);
        if (how === "waits") await session.nak(session.begun("BUS-019", "b"), HOUR_MS);
        await session.advance(maxElapsedMs - 1);
        session.same((await session.delivery(event)).outcome, undefined, "RET-016", "the outcome 1 ms before");
        await session.advance(1);
        session.same((await session.delivery(event)).outcome, "exhausted", "RET-016", `the outcome of one that ${how}`);
        const [ended] = session.steps(event, "ended");
        session.same(
          [ended?.reason, ended?.atMs],
          ["max-elapsed", START_MS + maxElapsedMs],
          "RET-016",
          "reason and time of its end",
        );
      });
    },
  },
  {
    id: "retry/max-elapsed-in-flight",
    requirements: ["RET-016", "RET-044"],
    title: "A running attempt may finish after maxElapsedMs: its ack counts, its failure ends the delivery",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { maxElapsedMs: 1_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const [acked, failed] = [await session.accepted(), await session.accepted()];
      await session.advance(5_000);
      for (const event of [acked, failed]) {
        session.same((await session.delivery(event)).outcome, undefined, "RET-016", "the outcome while it runs");
      }
      await session.ack(session.calls.find((call) => idOf(call) === acked.id)!);
      session.same((await session.delivery(acked)).outcome, "delivered", "RET-044", "the outcome of an ack");
      const call = session.calls.find((call) => idOf(call) === failed.id)!;
      await session.nak(call, 2_000);
      await session.advance(3_000);
      session.same((await session.delivery(failed)).outcome, "exhausted", "RET-016", "the outcome of a nak");
    },
  },
  {
    id: "retry/ack-ends",
    requirements: ["RET-044", "RET-045", "RET-046"],
    title: "An ack delivers, a term rejects whatever budget is left, a nak retries while there is any",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(fc.nat(9), fc.constantFrom("ack" as const, "term" as const));
      await forAll(session, effort, drawn, async ([naks, last]) => {
        await beginWithB(session, [0]);
        const event = await session.accepted({ priority: "HIGH" });
        for (let attempt = 1; attempt <= naks; attempt++) {
          const call = await session.untilCall(60_000, "b");
          session.must(call?.attempt === attempt, "RET-046", `attempt ${attempt} follows`);
          await session.nak(call);
        }
        const call = await session.untilCall(60_000, "b");
        session.must(call?.attempt === naks + 1, "RET-046", `attempt ${naks + 1} follows`);
        await session.settle(call, { verdict: last });
        const { outcome, attempts } = await session.delivery(event);
        session.must(
          outcome === (last === "ack" ? "delivered" : "rejected"),
          last === "ack" ? "RET-044" : "RET-045",
          `after ${naks} naks and a ${last} the outcome is ${outcome}`,
        );
        session.same(attempts, naks + 1, "BUS-062", "the attempts");
      });
    },
  },
  ...(["expired", "cancelled", "receiver-gone"] as const).map((mark): Check => ({
    id: `retry/ack-wins-over-${mark}`,
    requirements: ["RET-047"],
    title: `The ack of a running attempt wins over ${mark}; without it the delivery ends as that`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const answer of ["ack", "nak"] as const) {
        await session.start();
        const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
        const expirytime = new Date(session.nowMs + 1_000).toISOString();
        const event = await session.accepted(mark === "expired" ? { expirytime } : {});
        const call = session.begun("BUS-019", "b");
        if (mark === "expired") await session.advance(2_000);
        else if (mark === "cancelled") await session.say({ do: "cancel", source: event.source, id: event.id });
        else await session.registry("service.deregister", { lease, service: true });
        session.same((await session.delivery(event)).outcome, undefined, "RET-047", "the outcome while it runs");
        await session.settle(call, { verdict: answer });
        session.same(
          (await session.delivery(event)).outcome,
          answer === "ack" ? "delivered" : mark,
          answer === "ack" ? "RET-047" : "BUS-041",
          `the outcome after ${mark} and a ${answer}`,
        );
        await session.advance(60_000);
        session.must(session.peek() === undefined, "RET-005", "it is attempted after its outcome");
      }
    },
  })),
  {
    id: "retry/reasons",
    requirements: ["RET-048"],
    title: "Each way to fail has its word",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session, [0]);
      const event = await session.accepted({ priority: "HIGH" });
      await session.nak(session.begun("BUS-019", "b"));
      await session.settle(session.begun("RET-017", "b"), { fault: "unreachable" });
      const third = await session.untilCall(60_000, "b");
      session.must(third !== undefined, "RET-046", "it is retried");
      await session.untilTrace((step) => step.kind === "failed" && step.attempt === 3, 20_000);
      session.calls = [];
      const fourth = await session.untilCall(60_000, "b");
      session.must(fourth !== undefined, "RET-046", "it is retried");
      await session.term(fourth);
      session.same(
        session.steps(event, "failed").map(({ reason }) => reason),
        ["nak", "unreachable", "timeout", "term"],
        "RET-048",
        "the reasons of the failed attempts",
      );
    },
  },
  {
    id: "retry/reasons-by-status",
    requirements: ["RET-048"],
    title: "Where the status decided, the reason says which; where the header did, its word",
    kind: "scenario",
    needs: ["core", "http"],
    async run(session: Session) {
      await beginWithB(session, [0]);
      const event = await session.accepted({ priority: "HIGH" });
      const answers = [[503, {}], [404, {}], [302, {}], [500, { "bellhop-verdict": "nak" }], [422, {}]] as const;
      for (const [status, headers] of answers) {
        const call = await session.untilCall(60_000, "b");
        session.must(call !== undefined, "RET-046", "it is retried");
        await session.settle(call, { status, headers, body: "" });
      }
      session.same(
        session.steps(event, "failed").map(({ reason }) => reason),
        ["status-503", "status-404", "status-302", "nak", "status-422"],
        "RET-048",
        "the reasons of the failed attempts",
      );
    },
  },
  {
    id: "retry/flow",
    requirements: ["RET-050", "RET-053"],
    title: "The flow is accepted, attempt, failed, retry, failed, waiting, retry, delivered, and nothing is stored",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const priority of ["NORMAL", "HIGH"]) {
        await beginWithB(session);
        const event = await session.accepted({ priority });
        await session.nak(session.begun("BUS-019", "b"));
        await session.nak(session.begun("RET-017", "b"));
        await session.ack((await session.untilCall(10_000, "b"))!);
        const known = ["accepted", "attempt", "failed", "retry", "stored", "waiting", "delivered"];
        const steps = session.steps(event, ...known).map(({ kind }) => String(kind));
        session.must(!steps.includes("stored"), "RET-053", `a ${priority} delivery is stored`);
        session.same(
          steps,
          ["accepted", "attempt", "failed", "retry", "failed", "waiting", "retry", "delivered"],
          "RET-050",
          "the flow",
        );
      }
    },
  },
  {
    id: "retry/flow-of-critical",
    requirements: ["RET-050"],
    title: "Retry 1 of a CRITICAL delivery follows with no storing and no wait between",
    kind: "scenario",
    needs: ["core", "durable"],
    async run(session: Session) {
      await beginWithB(session);
      const event = await session.accepted({ priority: "CRITICAL" });
      await session.nak(session.begun("BUS-019", "b"));
      await session.nak(session.begun("RET-050", "b"));
      await session.ack((await session.untilCall(10_000, "b"))!);
      const known = ["accepted", "attempt", "failed", "retry", "stored", "waiting", "delivered"];
      session.same(
        session.steps(event, ...known).map(({ kind }) => kind),
        ["accepted", "attempt", "failed", "retry", "failed", "stored", "waiting", "retry", "delivered"],
        "RET-050",
        "the flow",
      );
    },
  },
  {
    id: "retry/clock-of-the-bus",
    requirements: ["RET-058"],
    title: "Due times and expiry follow the clock of the bus, not the time in the envelope nor that of the machine",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const nowMs of [Date.UTC(1999, 11, 31, 23, 59, 59), Date.UTC(2040, 1, 29)]) {
        for (const time of ["1970-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]) {
          await session.start({ nowMs });
          await session.member("b", { subscriptions: ["thing.*"] });
          const event = await session.accepted(
            { time, expirytime: new Date(nowMs + 8_000).toISOString() },
            {},
            "RET-058",
          );
          session.same(await waitAfter(session, { verdict: "nak", delayMs: 5_000 }), 5_000, "RET-058", "the wait");
          await session.nak(session.begun("RET-046", "b"), 20_000);
          await session.advance(2_999);
          session.same((await session.delivery(event)).outcome, undefined, "RET-058", "the outcome before its expiry");
          await session.advance(1);
          session.same((await session.delivery(event)).outcome, "expired", "RET-058", "the outcome at its expiry");
        }
      }
    },
  },
  {
    id: "retry/in-time",
    requirements: ["RET-026", "RET-027"],
    title: "An attempt begins when it is due, and within 100 ms of that",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { jitter: "none", baseMs: 700, factor: 1 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ priority: "HIGH" });
      await waitAfter(session, { verdict: "nak" });
      for (let retry = 2; retry <= 8; retry++) {
        const waited = await waitAfter(session, { verdict: "nak" });
        session.must(waited >= 700, "RET-026", `retry ${retry} begins after ${waited} ms, before its 700 ms`);
        session.must(waited <= 800, "RET-027", `retry ${retry} begins after ${waited} ms, late by more than 100`);
      }
    },
  },
  {
    id: "retry/long-answers",
    requirements: ["RET-043"],
    title: "The verdict of an answer with a long body is that of its status and headers",
    kind: "hostile",
    needs: ["core", "http"],
    async run(session: Session) {
      const body = "x".repeat(200_000);
      const answers: readonly (readonly [CallAnswer, string])[] = [
        [{ status: 200, headers: {}, body }, "delivered"],
        [{ status: 422, headers: {}, body }, "rejected"],
        [{ status: 503, headers: { "bellhop-verdict": "term" }, body }, "rejected"],
      ];
      for (const [answer, outcome] of answers) {
        await beginWithB(session);
        const event = await session.accepted();
        await session.settle(session.begun("BUS-019", "b"), answer);
        await session.advance(1);
        session.same((await session.delivery(event)).outcome, outcome, "RET-043", "the outcome");
      }
      await beginWithB(session);
      await session.accepted();
      const asked = { status: 503, headers: { "retry-after": "3" }, body };
      session.same(await waitAfter(session, asked), 3_000, "RET-043", "the wait that its header asks for");
    },
  },
  {
    id: "retry/gone-endpoint",
    requirements: ["RET-038"],
    title: "A 410 removes the instance that answered, unless a verdict header decides",
    kind: "scenario",
    needs: ["core", "registry", "http"],
    async run(session: Session) {
      for (const header of [false, true]) {
        await beginWithB(session);
        await session.member("b", { subscriptions: ["thing.*"], instance: "i2" });
        await session.accepted();
        const call = session.begun("BUS-019", "b");
        await session.settle(call, { status: 410, headers: header ? { "bellhop-verdict": "nak" } : {}, body: "" });
        const [service] = await session.list("services");
        const left = (service.instances as readonly JsonObject[]).map(({ instance }) => instance);
        session.must(
          left.includes(call.instance) === header,
          "RET-038",
          `after 410 ${header ? "with" : "without"} a verdict header ${call.instance} is ${
            header ? "gone" : "still there"
          }`,
        );
        const again = await session.untilCall(10_000, "b");
        session.must(again !== undefined, "RET-046", "a 410 is a nak: it is retried");
        if (!header) session.must(again.instance !== call.instance, "RET-038", "it is retried on the one removed");
      }
    },
  },
  {
    id: "retry/charged-to-health",
    requirements: ["RET-039"],
    title: "A 4xx that hints at a misconfigured endpoint is charged to its health, others are not",
    kind: "property",
    needs: ["core", "registry", "http"],
    async run(session: Session, effort: Effort) {
      const charged = fc.constantFrom(401, 402, 403, 404, 405, 406, 407, 411, 414, 416, 418, 421, 428, 451, 499);
      const others = fc.constantFrom(408, 425, 429, 500, 502, 503, 302);
      const one = fc.oneof(
        fc.record({ status: charged, headers: fc.constant({}), wanted: fc.constant(true) }),
        fc.record({ status: others, headers: fc.constant({}), wanted: fc.constant(false) }),
        fc.record({ status: charged, headers: fc.constant({ "bellhop-verdict": "nak" }), wanted: fc.constant(false) }),
      );
      await forAll(session, effort, one, async ({ status, headers, wanted }) => {
        await session.start({ draws: [0], healthIntervalMs: 0 });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted({ priority: "HIGH" });
        for (let failures = 0; failures < 3; failures++) {
          session.must(!unhealthy(session), "REG-049", `unhealthy after ${failures} verdicts`);
          const call = await session.untilCall(60_000, "b");
          session.must(call !== undefined, "RET-046", "it is retried");
          await session.settle(call, { status, headers, body: "" });
        }
        session.must(
          unhealthy(session) === wanted,
          "RET-039",
          `three of ${status} ${canonical(headers)} are ${wanted ? "" : "not "}charged to the health`,
        );
      });
    },
  },
];

/** Answers the running attempt; gives how long the next one waited after it. */
async function waitAfter(session: Session, answer: CallAnswer, limitMs = HOUR_MS): Promise<number> {
  const call = session.begun("RET-046", "b");
  const failedMs = session.nowMs;
  await session.settle(call, answer);
  const next = await session.untilCall(limitMs, "b");
  session.must(next !== undefined, "RET-046", () => `after ${canonical(answer)} no retry follows in ${limitMs} ms`);
  return next.atMs - failedMs;
}

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

function unhealthy(session: Session): boolean {
  return session.trace.some(({ kind }) => kind === "unhealthy");
}

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
