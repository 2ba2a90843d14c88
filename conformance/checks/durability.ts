/**
 * Checks of the profile durable: what is flushed before it is promised, and what a restart finds.
 *
 * @module
 */
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import fc from "fast-check";

const needs = ["core", "registry", "durable"] as const;
const CRITICAL = { priority: "CRITICAL" } as const;

/** See the module. */
export const DURABILITY_CHECKS: readonly Check[] = [
  {
    id: "durability/flushed-before-acknowledged",
    requirements: ["BUS-010", "BUS-011", "PRI-009", "BUS-008"],
    title: "A CRITICAL is neither acknowledged nor attempted before it is flushed",
    kind: "fault",
    needs,
    can: ["store-faults"],
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.say({ do: "store", action: "hold" });
      const reply = await session.publish(session.event(CRITICAL));
      session.must(
        "pending" in reply,
        "BUS-010",
        () => `it is answered before its record is flushed: ${JSON.stringify(reply)}`,
      );
      await session.advance(5_000);
      session.must(session.peek("b") === undefined, "BUS-011", "it is attempted before its record is flushed");
      session.must(
        session.late.get(reply.pending) === undefined,
        "BUS-010",
        "it is answered before its record is flushed",
      );
      await session.say({ do: "store", action: "release" });
      await session.advance(1);
      const late = session.late.get(reply.pending);
      session.must(
        late?.ok !== undefined,
        "BUS-010",
        `it is accepted once its record is flushed: ${JSON.stringify(late)}`,
      );
      session.must(
        ["flushed", "replicated"].includes(String(late.ok.durability)),
        "BUS-008",
        `durability is ${late.ok.durability}`,
      );
      session.begun("BUS-093", "b");
    },
  },
  {
    id: "durability/a-failed-flush-refuses",
    requirements: ["BUS-013", "BUS-014", "BUS-009"],
    title: "A failed flush refuses its group and every CRITICAL after it; others go on",
    kind: "fault",
    needs,
    can: ["store-faults"],
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.say({ do: "store", action: "fail" });
      for (const requirement of ["BUS-013", "BUS-014", "BUS-014"]) {
        const reply = await session.publish(session.event(CRITICAL));
        session.must(
          reply.refused?.code === "not-durable",
          requirement,
          () => `wanted not-durable, got ${JSON.stringify(reply)}`,
        );
      }
      session.must(session.peek("b") === undefined, "BUS-011", "nothing of it is attempted");
      await session.accepted({}, {}, "BUS-009");
      session.begun("BUS-009", "b");
    },
  },
  {
    id: "durability/retry-state-is-stored-before-the-wait",
    requirements: ["RET-051", "RET-052", "RET-050"],
    title: "The seed's flow: attempt, retry at once, stored, wait",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted(CRITICAL);
      await session.nak(session.begun("BUS-019", "b"));
      await session.nak(session.begun("RET-050", "b"));
      await session.ack((await session.untilCall(5_000, "b"))!);
      const known = ["accepted", "attempt", "failed", "retry", "stored", "waiting", "delivered"];
      const wanted = ["accepted", "attempt", "failed", "retry", "failed", "stored", "waiting", "retry", "delivered"];
      session.same(
        session.steps(event, ...known).map(({ kind }) => kind),
        wanted,
        "RET-051",
        "the steps of a CRITICAL",
      );
    },
  },
  {
    id: "durability/resumes-after-a-crash",
    requirements: ["BUS-096", "RET-054", "RET-056", "RET-060", "BUS-012", "BUS-027", "PRI-010"],
    title: "After a crash every acknowledged CRITICAL goes on where it was, and nothing else comes back",
    kind: "fault",
    needs,
    can: ["crash"],
    async run(session: Session, effort: Effort) {
      const cases = fc.record({ naks: fc.integer({ min: 0, max: 6 }), downMs: fc.integer({ min: 0, max: 40_000 }) });
      await forAll(session, { ...effort, runs: Math.min(effort.runs, 60) }, cases, async ({ naks, downMs }) => {
        await session.start({ policy: { jitter: "none", maxElapsedMs: null }, healthIntervalMs: 0 });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.member("c", { subscriptions: ["thing.*"] });
        const lost = await session.accepted({ priority: "HIGH", target: "b" });
        const event = await session.accepted(CRITICAL);
        for (let n = 0; n < naks; n++) {
          const call = await session.untilCall(600_000, "b");
          const own = session.calls.find((one) => one.receiver === "b" && one.envelope.id === event.id) ?? call;
          if (own === undefined) break;
          await session.nak(own);
        }
        // Retry 1 follows at once: let the wait begin, whose state is stored.
        const before = await session.delivery(event, "b");
        const crashMs = session.nowMs;
        await session.say({ do: "store", action: "crash" });
        await session.start({
          keep: true,
          nowMs: crashMs + downMs,
          policy: { jitter: "none", maxElapsedMs: null },
          healthIntervalMs: 0,
        });
        for (const receiver of ["b", "c"]) {
          const call = await session.untilCall(400_000, receiver);
          session.must(
            call !== undefined,
            receiver === "c" ? "BUS-027" : "BUS-096",
            `${receiver} gets the message after the restart`,
          );
          session.must(call.envelope.id === event.id, "PRI-010", `${call.envelope.id} comes back, and was no CRITICAL`);
          if (receiver === "b" && before.state === "waiting") {
            session.must(
              call.attempt === before.attempts + 1,
              "RET-056",
              `attempt ${before.attempts + 1} follows, not ${call.attempt}`,
            );
            const dueMs = Math.max(before.nextAttemptMs!, crashMs + downMs);
            session.must(
              call.atMs === dueMs,
              "RET-056",
              `it is due at ${dueMs - crashMs} ms, not at ${call.atMs - crashMs}`,
            );
          }
          await session.ack(call);
        }
        const gone = await session.say({ do: "status", source: lost.source, id: lost.id });
        session.must(gone.ok === undefined, "PRI-010", "what was in memory is forgotten");
        const again = await session.publish(event);
        session.must(
          again.ok?.duplicate === true,
          "BUS-052",
          () => `the CRITICAL is still known: ${JSON.stringify(again)}`,
        );
      });
    },
  },
  {
    id: "durability/registry-after-a-crash",
    requirements: ["REG-036", "REG-037"],
    title: "The registry survives; instances are suspect, callable, and have one lease of grace",
    kind: "fault",
    needs,
    can: ["crash"],
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"], leaseMs: 30_000 });
      await session.say({ do: "store", action: "crash" });
      await session.start({ keep: true, nowMs: session.nowMs + 3_600_000, healthIntervalMs: 0 });
      const [service] = await session.list("services");
      session.must(service?.name === "b", "REG-036", "the service is registered after the restart");
      const [instance] = service.instances as readonly { readonly state?: string }[];
      session.must(instance?.state === "suspect", "REG-037", `its instance is suspect, not ${instance?.state}`);
      await session.accepted();
      await session.nak(session.begun("REG-037", "b"));
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"], leaseMs: 30_000 });
      await session.say({ do: "store", action: "crash" });
      await session.start({ keep: true, nowMs: session.nowMs + 1_000, healthIntervalMs: 0 });
      const beginMs = session.nowMs;
      const removed = await session.untilTrace(({ kind }) => kind === "removed", 120_000);
      session.must(
        removed !== undefined && removed.atMs - beginMs >= 30_000,
        "REG-037",
        `it has one lease of grace: ${removed?.atMs}`,
      );
    },
  },
  {
    id: "durability/cancellation-holds",
    requirements: ["BUS-110"],
    title: "A CRITICAL that was cancelled stays so after a crash",
    kind: "fault",
    needs,
    can: ["crash"],
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted(CRITICAL);
      session.begun("BUS-019", "b");
      const reply = await session.say({ do: "cancel", source: event.source, id: event.id });
      session.must(reply.ok !== undefined, "BUS-110", `the cancellation is answered: ${JSON.stringify(reply)}`);
      await session.say({ do: "store", action: "crash" });
      await session.start({ keep: true, nowMs: session.nowMs + 1 });
      await session.advance(60_000);
      session.must(session.peek("b") === undefined, "BUS-110", "it is attempted after the restart");
    },
  },
  {
    id: "durability/no-subscriber",
    requirements: ["BUS-025", "BUS-082", "BUS-086"],
    title: "A CRITICAL that nobody subscribes to is a durable dead letter, and a redrive finds receivers anew",
    kind: "scenario",
    needs,
    can: ["crash"],
    async run(session: Session) {
      await session.start();
      const event = session.event(CRITICAL);
      const reply = await session.publish(event);
      session.same(reply.ok?.receivers, [], "BUS-025", "the receivers");
      await session.say({ do: "store", action: "crash" });
      await session.start({ keep: true, nowMs: session.nowMs + 1 });
      const [letter] = await session.list("dead-letters");
      session.same(
        [letter?.outcome, letter?.receiver, letter?.durable],
        ["no-subscriber", "", true],
        "BUS-025",
        "the dead letter",
      );
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.say({ do: "letter", id: String(letter.id), action: "redrive" });
      const call = session.begun("BUS-086", "b");
      session.must(call.envelope.id === event.id, "BUS-086", "the receivers are found anew");
    },
  },
  {
    id: "durability/never-exhausted",
    requirements: ["PRI-007", "BUS-063"],
    title: "A CRITICAL is tried for 30 days and goes on, and is listed with its age",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ draws: [0.999], healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"], instance: "i1" });
      const event = await session.accepted(CRITICAL);
      const untilMs = session.nowMs + 30 * 86_400_000;
      const beganMs = session.nowMs;
      let attempts = 0;
      while (session.nowMs < untilMs) {
        const call = await session.untilCall(3_600_000, "b");
        session.must(call !== undefined, "PRI-007", `after ${attempts} attempts the next one follows within an hour`);
        attempts++;
        await session.nak(call, 3_600_000);
      }
      const delivery = await session.delivery(event);
      session.must(
        delivery.outcome === undefined,
        "PRI-007",
        `after ${attempts} attempts it has the outcome ${delivery.outcome}`,
      );
      const [listed] = await session.list("unfinished");
      session.must(listed?.id === event.id, "BUS-063", "it is listed");
      session.must(
        listed.ageMs === session.nowMs - beganMs,
        "BUS-063",
        `its age is ${session.nowMs - beganMs} ms, not ${listed.ageMs}`,
      );
    },
  },
];
