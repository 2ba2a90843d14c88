/**
 * Checks of the chapter Bus: what a bus that is closing still does, and what it does no more.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { DeliveryCall, JsonObject } from "../control.ts";
import type { EventFields, Reply, Session } from "../session.ts";
import { inMs, mustEnd, refused } from "./_bus.ts";

const needs = ["core", "registry"] as const;
const can = ["drain"] as const;
/** No subject closes by its deadline before this. */
const BEFORE_DEADLINE_MS = 9_000;
/** Every subject has closed by its deadline after this. */
const AFTER_DEADLINE_MS = 2 * 3_600_000;

/** In which three attempts are answered. */
const ORDERS = [["ack", "term", "nak"], ["nak", "ack", "term"], ["term", "nak", "ack"]] as const;

/** See the module. */
export const DRAIN_CHECKS: readonly Check[] = [
  {
    id: "drain/every-publish-is-refused",
    requirements: ["BUS-102", "BUS-001", "BUS-002"],
    title: "While it closes a bus refuses whatever is published with closing, be it good, bad or known",
    kind: "hostile",
    needs,
    can,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const publishes: readonly (readonly [string, EventFields])[] = [
        ["a good one", {}],
        ["one with a target", { target: "b" }],
        ["one for later", { deliverat: inMs(session, 60_000) }],
        ["one that nobody subscribes to", { type: "nobody.listens" }],
        ...(session.has("durable") ? [["a CRITICAL", { priority: "CRITICAL" }] as const] : []),
      ];
      const bad: readonly (readonly [string, EventFields, string])[] = [
        ["one with a fault", { priority: "URGENT" }, "envelope-invalid"],
        ["one of a reserved type", { type: "message.x" }, "type-reserved"],
        ["one that has expired", { expirytime: inMs(session, 0) }, "message-expired"],
        ["one for nobody", { target: "nobody" }, "target-unknown"],
      ];
      for (const [what, fields] of publishes) {
        const reply = await session.publish(session.event(fields));
        session.must(reply.ok !== undefined, "BUS-093", () => `${what}, before it closes: ${JSON.stringify(reply)}`);
      }
      for (const [what, fields, code] of bad) {
        refused(session, await session.publish(session.event(fields)), code, "BUS-001", `${what}, before it closes,`);
      }
      const known = await session.accepted();
      const closing = await drain(session);
      session.must(
        "pending" in closing,
        "BUS-104",
        () => `attempts run, and it has closed: ${JSON.stringify(closing)}`,
      );
      for (const [what, fields] of [...publishes, ...bad]) {
        const event = session.event(fields);
        refused(session, await session.publish(event), "closing", "BUS-102", `${what}, while it closes,`);
        const status = await session.say({ do: "status", source: "/suite", id: String(event.id) });
        refused(session, status, "message-unknown", "BUS-002", `the status of ${what}, refused as it closes,`);
      }
      refused(session, await session.publish(known), "closing", "BUS-102", "a duplicate, while it closes,");
      const other = await session.publish({ ...known, subject: "other" });
      refused(session, other, "closing", "BUS-102", "other content of a known id, while it closes,");
      const headers = { "content-type": "application/cloudevents+json" };
      const body = JSON.stringify(session.event()).slice(0, -1);
      refused(session, await session.publishRaw({ headers, body }), "closing", "BUS-102", "a body cut off");
    },
  },
  {
    id: "drain/every-item-of-a-batch-is-refused",
    requirements: ["BUS-102"],
    title: "While it closes a bus refuses a batch, or each of its items, with closing",
    kind: "hostile",
    needs,
    can,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const batch = () => ({
        headers: { "content-type": "application/cloudevents-batch+json" },
        body: JSON.stringify([session.event(), session.event({ target: "b" })]),
      });
      const before = await session.publishRaw(batch());
      session.must(
        resultsOf(before).length === 2 && resultsOf(before).every(({ ok }) => ok !== undefined),
        "BUS-017",
        () => `a batch, before it closes: ${JSON.stringify(before)}`,
      );
      await drain(session);
      const reply = await session.publishRaw(batch());
      const results = reply.refused === undefined ? resultsOf(reply) : [reply];
      session.must(results.length > 0, "BUS-102", () => `a batch, while it closes: ${JSON.stringify(reply)}`);
      for (const one of results) refused(session, one, "closing", "BUS-102", "an item of a batch, while it closes,");
    },
  },
  {
    id: "drain/with-nothing-running",
    requirements: ["BUS-102", "BUS-103"],
    title: "A bus in which nothing runs closes too, and takes nothing afterwards",
    kind: "scenario",
    needs,
    can,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ deliverat: inMs(session, 2_000) });
      await closed(session, await drain(session));
      refused(session, await session.publish(session.event()), "closing", "BUS-102", "what comes after it has closed");
      await session.advance(5_000);
      session.must(session.peek() === undefined, "BUS-103", "what was delayed is attempted after it has closed");
    },
  },
  ...(["waiting", "queued", "blocked", "delayed", "retry at once"] as const).map((state): Check => ({
    id: `drain/no-attempt-of-what-is-${state.replaceAll(" ", "-")}`,
    requirements: ["BUS-103"],
    title: `While it closes a bus begins no attempt of a delivery that is ${state}, though its time has come`,
    kind: "interleaving",
    needs,
    can,
    async run(session: Session) {
      for (const drains of [false, true]) {
        await session.start();
        await session.member("other", { subscriptions: ["other.*"] });
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight: state === "queued" ? 1 : 9 });
        await session.accepted({ target: "other" });
        const head = await session.accepted(state === "blocked" ? { partitionkey: "k" } : {});
        const event = state === "queued"
          ? await session.accepted()
          : state === "blocked"
          ? await session.accepted({ partitionkey: "k" })
          : state === "delayed"
          ? await session.accepted({ deliverat: inMs(session, 1_000) })
          : head;
        const running = session.begun("BUS-019", "b");
        if (state === "waiting") await session.nak(running, 1_000);
        if (drains) {
          const closing = await drain(session);
          session.must("pending" in closing, "BUS-104", "it has closed, and an attempt runs");
        }
        if (state === "retry at once") await session.nak(running);
        else if (state !== "waiting") await session.ack(running);
        await session.advance(BEFORE_DEADLINE_MS);
        const begun = session.calls.filter(({ receiver, envelope }) => receiver === "b" && envelope.id === event.id);
        // The twin shows that it would have been attempted, had the bus not been closing.
        if (!drains) {
          session.must(begun.length === 1, "BUS-093", `what is ${state} is attempted when its time has come`);
        } else session.must(begun.length === 0, "BUS-103", `what is ${state} is attempted while the bus closes`);
      }
    },
  })),
  {
    id: "drain/running-attempts-finish",
    requirements: ["BUS-104", "BUS-103"],
    title: "What runs when closing begins may end by its answer, in any order, and closing waits for the last",
    kind: "interleaving",
    needs,
    can,
    async run(session: Session) {
      for (const order of ORDERS) {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const events = new Map<string, JsonObject & { readonly id: string }>();
        const calls = new Map<string, DeliveryCall>();
        for (const verdict of order) {
          const event = await session.accepted();
          events.set(verdict, event);
          calls.set(verdict, session.calls.find(({ envelope }) => envelope.id === event.id)!);
        }
        session.must([...calls.values()].every((call) => call !== undefined), "BUS-019", "three attempts run");
        const closing = await drain(session);
        for (const verdict of order) {
          session.must(
            "pending" in closing && session.late.get(closing.pending) === undefined,
            "BUS-104",
            `closing has ended, and an attempt runs that is answered with ${verdict}`,
          );
          await session.advance(1_000);
          await session.settle(calls.get(verdict)!, { verdict });
          if (verdict === "ack") mustEnd(session, events.get(verdict)!, "delivered", "BUS-104");
          if (verdict === "term") mustEnd(session, events.get(verdict)!, "rejected", "BUS-104");
          if (verdict === "nak") {
            const [failed] = session.steps(events.get(verdict)!, "failed");
            session.must(failed?.reason === "nak", "BUS-104", `its answer counts: it failed by ${failed?.reason}`);
          }
        }
        await closed(session, closing);
        session.must(session.peek() === undefined, "BUS-103", "an attempt is begun while the bus closes");
      }
    },
  },
  {
    id: "drain/silence-is-a-timeout",
    requirements: ["BUS-104", "BUS-103"],
    title: "An attempt that is never answered runs into its timeout while the bus closes, and is not followed",
    kind: "scenario",
    needs,
    can,
    async run(session: Session) {
      await session.start({ policy: { attemptTimeoutMs: 4_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      session.begun("BUS-019", "b");
      await session.advance(1_000);
      const closing = await drain(session);
      await session.advance(2_999);
      session.same(session.steps(event, "failed"), [], "BUS-104", "how it fails before its time has passed");
      await session.advance(1);
      const [failed] = session.steps(event, "failed");
      session.must(failed?.reason === "timeout", "RET-041", () => `after 4,000 ms it is a timeout: ${failed?.reason}`);
      await closed(session, closing);
      session.same(session.steps(event, "retry"), [], "BUS-103", "attempts begun while the bus closes");
    },
  },
  {
    id: "drain/critical-state-is-flushed",
    requirements: ["BUS-105"],
    title: "Closing has not ended while the state of a CRITICAL delivery is not flushed, and nothing of it is lost",
    kind: "fault",
    needs: ["core", "registry", "durable"],
    can: ["drain", "store-faults", "crash"],
    async run(session: Session) {
      for (const verdict of ["ack", "term", "nak", "later"] as const) {
        for (const held of [false, true]) {
          await session.start();
          await session.member("b", { subscriptions: ["thing.*"] });
          const event = await session.accepted({ priority: "CRITICAL" });
          const call = session.begun("BUS-019", "b");
          const closing = await drain(session);
          if (held) await session.say({ do: "store", action: "hold" });
          if (verdict === "later") await session.nak(call, 3_000_000);
          else await session.settle(call, { verdict });
          if (held) {
            await session.advance(BEFORE_DEADLINE_MS);
            session.must(
              "pending" in closing && session.late.get(closing.pending) === undefined,
              "BUS-105",
              `closing has ended while the store holds what became of an attempt (${verdict})`,
            );
            await session.say({ do: "store", action: "release" });
          }
          await closed(session, closing);
          await session.say({ do: "store", action: "crash" });
          await session.start({ keep: true, nowMs: session.nowMs, healthIntervalMs: 0 });
          const { outcome, attempts } = await session.delivery(event);
          if (verdict === "later" || verdict === "nak") {
            session.same(outcome, undefined, "BUS-105", "the outcome after the restart");
            const next = await session.untilCall(3_000_000, "b");
            session.must(next?.attempt === 2, "BUS-105", `attempt 2 follows after the restart, not ${next?.attempt}`);
            continue;
          }
          const wanted = verdict === "ack" ? "delivered" : "rejected";
          session.same([outcome, attempts], [wanted, 1], "BUS-105", "outcome and attempts after the restart");
          await session.advance(60_000);
          session.must(session.peek("b") === undefined, "BUS-105", "it is attempted again after the restart");
        }
      }
    },
  },
];

function drain(session: Session): Promise<Reply> {
  return session.say({ do: "drain" });
}

/** Closing must have ended by the deadline. */
async function closed(session: Session, closing: Reply): Promise<void> {
  if (closing.ok !== undefined) return;
  session.must("pending" in closing, "BUS-104", () => `a drain was answered ${JSON.stringify(closing)}`);
  const untilMs = session.nowMs + AFTER_DEADLINE_MS;
  for (let stepMs = 1_000; session.nowMs < untilMs; stepMs = Math.min(stepMs * 2, 600_000)) {
    if (session.late.get(closing.pending) !== undefined) break;
    await session.advance(stepMs);
  }
  const late = session.late.get(closing.pending);
  session.must(late?.ok !== undefined, "BUS-104", () => `closing has ended by its deadline: ${JSON.stringify(late)}`);
}

/** What came of the items of a batch. */
function resultsOf({ ok }: Reply): readonly Reply[] {
  return (ok?.results ?? []) as unknown as readonly Reply[];
}
