/**
 * Checks of the chapter Bus: what can be asked and is told of a message.
 *
 * @module
 */
import type { Check } from "../check.ts";
import type { JsonObject } from "../control.ts";
import type { Session } from "../session.ts";
import { refused } from "./_bus.ts";

const needs = ["core", "registry"] as const;
const DAY_MS = 86_400_000;

/** See the module. */
export const TOLD_CHECKS: readonly Check[] = [
  {
    id: "bus/status",
    requirements: ["BUS-061", "BUS-062"],
    title: "The status shows every delivery with receiver, run, state, attempts and outcome",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      const running = await session.delivery(event);
      session.must(
        running.receiver === "b" && running.run === 1,
        "BUS-061",
        `receiver and run: ${JSON.stringify(running)}`,
      );
      session.must(running.attempts === 1, "BUS-062", `the running attempt counts: ${running.attempts}`);
      session.must(running.outcome === undefined, "BUS-061", "there is no outcome yet");
      await session.nak(session.begun("BUS-019", "b"));
      await session.nak(session.begun("RET-017", "b"));
      const waiting = await session.delivery(event);
      session.must(
        waiting.state === "waiting" && waiting.attempts === 2,
        "BUS-061",
        `it waits after 2: ${JSON.stringify(waiting)}`,
      );
      session.must(
        waiting.nextAttemptMs === session.nowMs + 500,
        "BUS-061",
        `the next attempt is told: ${waiting.nextAttemptMs}`,
      );
      await session.ack((await session.untilCall(1_000, "b"))!);
      const ended = await session.delivery(event);
      session.same([ended.state, ended.outcome, ended.attempts], ["ended", "delivered", 3], "BUS-061", "at the end");
    },
  },
  {
    id: "bus/receipts",
    requirements: ["BUS-064", "BUS-065", "BUS-066", "BUS-068", "BUS-069", "BUS-070", "BUS-072"],
    title: "Each outcome causes one receipt for a publisher that asked, and a receipt none",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("a", { receipts: true });
      const deaf = await session.member("d");
      await session.member("b", { subscriptions: ["thing.*"] });
      for (const verdict of ["ack", "term"] as const) {
        const event = session.event({ priority: "HIGH", correlationid: "talk-1" });
        await session.publish(event, { lease });
        await session.settle(session.begun("BUS-019", "b"), { verdict });
        const receipt = session.begun("BUS-064", "a");
        const { type, priority, causationid, expirytime, correlationid } = receipt.envelope;
        session.must(
          type === (verdict === "ack" ? "message.delivered" : "message.failed"),
          "BUS-066",
          `the type is ${type}`,
        );
        session.must(priority === "HIGH", "BUS-068", `the priority is ${priority}`);
        session.must(causationid === event.id && correlationid === "talk-1", "BUS-064", "it tells what it is about");
        session.must(
          Date.parse(String(expirytime)) === session.nowMs + DAY_MS,
          "BUS-069",
          `it expires a day later, not at ${expirytime}`,
        );
        session.must(receipt.instance === "i1", "BUS-070", "it goes to the instance that published");
        await session.ack(receipt);
        const more = session.peek("a");
        const about = (more?.envelope.data as JsonObject | undefined)?.id;
        session.must(about !== event.id, "BUS-064", "an outcome causes one receipt, not two");
        session.must(more === undefined, "BUS-072", "a receipt causes no receipt");
      }
      await session.publish(session.event(), { lease: deaf.lease });
      await session.ack(session.begun("BUS-019", "b"));
      session.must(session.peek("d") === undefined, "BUS-065", "who did not ask for receipts gets none");
    },
  },
  {
    id: "bus/dead-letters",
    requirements: ["BUS-076", "BUS-077", "BUS-078", "BUS-079", "BUS-081", "BUS-084"],
    title: "Whatever is not delivered becomes a dead letter with its history",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { jitter: "none", baseMs: 10, capMs: 10 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted({ priority: "HIGH", data: { deep: [1] }, odd: "kept" });
      for (let n = 0; n < 11; n++) {
        const call = await session.untilCall(60_000, "b");
        session.must(call !== undefined, "PRI-006", `attempt ${n + 1} of 11 follows`);
        await session.nak(call);
      }
      const [letter] = await session.list("dead-letters");
      session.must(letter !== undefined, "BUS-076", "there is a dead letter");
      for (
        const member of [
          "id",
          "envelope",
          "receiver",
          "run",
          "outcome",
          "reason",
          "attempts",
          "history",
          "acceptedMs",
          "endedMs",
          "durable",
        ]
      ) {
        session.must(member in letter, "BUS-077", `a dead letter has ${member}`);
      }
      const { datacontenttype: _, ...envelope } = letter.envelope as JsonObject;
      session.same(envelope, event, "BUS-078", "the envelope of a dead letter");
      session.same(letter.outcome, "exhausted", "RET-003", "the outcome of 11 failed attempts");
      session.same(letter.reason, "nak", "BUS-081", "the reason");
      session.same([letter.receiver, letter.run, letter.attempts], ["b", 1, 11], "BUS-077", "receiver, run, attempts");
      const history = letter.history as JsonObject[];
      session.same(
        history.map(({ attempt }) => attempt),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        "BUS-079",
        "its attempts",
      );
      const other = await session.accepted();
      // After so many failures in a row the instance's breaker may be open.
      const last = await session.untilCall(60_000, "b");
      session.must(last !== undefined, "BUS-093", "the next message is attempted");
      await session.term(last);
      const ids = (await session.list("dead-letters")).map(({ envelope }) => (envelope as JsonObject).id);
      for (const { id } of [event, other]) session.must(ids.includes(id), "BUS-076", `${id} has a dead letter`);
      session.must(ids.length === 2, "BUS-076", `2 deliveries have failed, and there are ${ids.length} dead letters`);
      session.same(ids, [event.id, other.id], "BUS-084", "oldest first");
    },
  },
  {
    id: "bus/redrive",
    requirements: ["BUS-085", "BUS-087", "BUS-088", "BUS-089", "BUS-091", "BUS-092"],
    title: "A redrive is a new run with a new budget; a discard is for good",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { maxElapsedMs: 10_000 } });
      const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted({ priority: "LOW" });
      await session.nak(session.begun("BUS-019", "b"));
      await session.nak(session.begun("RET-017", "b"));
      const [letter] = await session.list("dead-letters");
      session.must(letter?.outcome === "exhausted", "PRI-004", "LOW is exhausted after 2 attempts");
      await session.advance(20_000);
      const again = await session.say({ do: "letter", id: String(letter.id), action: "redrive" });
      session.must(again.ok !== undefined, "BUS-085", `a redrive: ${JSON.stringify(again)}`);
      session.same(await session.list("dead-letters"), [], "BUS-085", "the list after a redrive");
      const first = session.begun("BUS-085", "b");
      session.same([first.run, first.attempt], [2, 1], "BUS-085", "run and attempt");
      await session.nak(first);
      const second = session.begun("BUS-085", "b");
      session.must(second.attempt === 2, "BUS-085", "the budget is new");
      await session.nak(second);
      const ended = session.steps(event, "ended");
      session.same(
        ended.map(({ run, outcome }) => [run, outcome]),
        [[1, "exhausted"], [2, "exhausted"]],
        "BUS-091",
        "each run ends",
      );
      const [next] = await session.list("dead-letters");
      session.must(next.id !== letter.id && next.run === 2, "BUS-091", "the second run has a dead letter of its own");
      refused(
        session,
        await session.say({ do: "letter", id: String(letter.id), action: "redrive" }),
        "dead-letter-unknown",
        "BUS-087",
      );
      await session.say({ do: "letter", id: String(next.id), action: "discard" });
      session.same(await session.list("dead-letters"), [], "BUS-092", "the list after a discard");
      refused(
        session,
        await session.say({ do: "letter", id: String(next.id), action: "discard" }),
        "dead-letter-unknown",
        "BUS-087",
      );

      const brief = await session.accepted({ expirytime: new Date(session.nowMs + 1_000).toISOString() });
      await session.term(session.begun("BUS-019", "b"));
      const [short] = await session.list("dead-letters");
      session.must((short.envelope as JsonObject).id === brief.id, "BUS-076", "a rejected one is listed");
      await session.advance(1_000);
      refused(
        session,
        await session.say({ do: "letter", id: String(short.id), action: "redrive" }),
        "message-expired",
        "BUS-088",
      );
      session.must((await session.list("dead-letters")).length === 1, "BUS-088", "the letter is kept");
      await session.accepted();
      await session.term(session.begun("BUS-019", "b"));
      await session.registry("service.deregister", { lease, service: true });
      const last = (await session.list("dead-letters"))[1];
      refused(
        session,
        await session.say({ do: "letter", id: String(last.id), action: "redrive" }),
        "target-unknown",
        "BUS-089",
      );
      session.must((await session.list("dead-letters")).length === 2, "BUS-089", "the letter is kept");
    },
  },
  {
    id: "bus/delayed",
    requirements: ["BUS-111", "BUS-112", "BUS-113", "BUS-114", "BUS-115", "BUS-116", "BUS-118", "BUS-120", "BUS-125"],
    title: "A delayed message is kept until its time, and no attempt is made before",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 4 });
      await session.member("b", { subscriptions: ["thing.*"] });
      const at = (ms: number) => new Date(session.nowMs + ms).toISOString();
      const event = await session.accepted({ deliverat: at(2_000) });
      const both = await session.accepted({ deliverat: at(2_000) }, { delayMs: 50 });
      await session.member("c", { subscriptions: ["thing.*"] });
      await session.advance(1_999);
      const early = session.calls.map(({ envelope }) => envelope.id);
      session.must(!early.includes(event.id), "BUS-111", "an attempt is made before its time");
      session.must(!early.includes(both.id), "BUS-113", "an attempt is made after the delay, before deliverat");
      await session.advance(1);
      for (const { id } of [event, both]) {
        const call = session.calls.find(({ receiver, envelope }) => receiver === "b" && envelope.id === id);
        session.must(
          call !== undefined,
          id === event.id ? "BUS-116" : "BUS-113",
          "its time has come, and none is made",
        );
        await session.ack(call);
      }
      session.must(session.peek("c") === undefined, "BUS-118", "the receivers are those at acceptance");
      session.must((await session.delivery(event)).outcome === "delivered", "RET-044", "it is delivered");
      await session.accepted({ deliverat: at(-5) });
      await session.ack(session.begun("BUS-112", "b"));
      await session.ack(session.begun("BUS-112", "c"));
      refused(
        session,
        await session.publish(session.event({ deliverat: at(20 * DAY_MS + 1) })),
        "argument-invalid",
        "BUS-114",
      );
      refused(
        session,
        await session.publish(session.event({ deliverat: at(9), expirytime: at(9) })),
        "message-expired",
        "BUS-115",
      );
      const gone = await session.accepted({ deliverat: at(60_000) });
      const listed = session.has("http") ? "HTTP-074" : "BUS-120";
      session.same((await session.list("delayed")).map(({ id }) => id), [gone.id], listed, "what is delayed");
      await session.say({ do: "cancel", source: gone.source, id: gone.id });
      session.must((await session.delivery(gone, "b")).outcome === "cancelled", "BUS-120", "it is cancelled");
      for (let n = 0; n < 2; n++) await session.accepted({ target: "b", deliverat: at(60_000) }, {}, "BUS-125");
      refused(
        session,
        await session.publish(session.event({ target: "b", deliverat: at(60_000) })),
        "queue-full",
        "BUS-125",
      );
      await session.accepted({ target: "b" }, {}, "BUS-125");
    },
  },
  {
    id: "bus/trace",
    requirements: ["BUS-106", "BUS-107", "RET-050", "RET-053"],
    title: "The steps of a flow are told in their order, with their members",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"));
      await session.nak(session.begun("RET-017", "b"));
      await session.ack((await session.untilCall(5_000, "b"))!);
      const known = ["accepted", "attempt", "failed", "retry", "stored", "waiting", "delivered", "ended"];
      const steps = session.steps(event, ...known);
      const wanted = ["accepted", "attempt", "failed", "retry", "failed", "waiting", "retry", "delivered", "ended"];
      session.same(steps.map(({ kind }) => kind), wanted, "BUS-107", "the steps");
      for (const step of steps) {
        session.must(
          step.source === "/suite" && step.type === "thing.happened" && step.priority === "NORMAL",
          "BUS-106",
          `a step names its message: ${JSON.stringify(step)}`,
        );
        if (step.kind !== "accepted") {
          session.must(
            step.receiver === "b" && step.run === 1,
            "BUS-106",
            `a step names its delivery: ${JSON.stringify(step)}`,
          );
        }
      }
      session.must(steps[5].delayMs === 500, "BUS-106", `waiting has delayMs 500, not ${steps[5].delayMs}`);
      session.must(steps[2].reason === "nak", "BUS-106", `failed has its reason, not ${steps[2].reason}`);
    },
  },
];
