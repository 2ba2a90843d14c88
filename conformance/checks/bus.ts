/**
 * Checks of the chapter Bus: acceptance, receivers, duplicates, expiry, cancellation, status, receipts.
 *
 * @module
 */
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { type Reply, type Session, START_MS } from "../session.ts";
import fc from "fast-check";

const needs = ["core", "registry"] as const;
const DAY_MS = 86_400_000;

/** See the module. */
export const BUS_CHECKS: readonly Check[] = [
  {
    id: "bus/reserved-types",
    requirements: ["BUS-003", "BUS-109"],
    title: "Types of the protocol and the gateway's own source are refused from publishers",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      for (const type of ["service.register", "service.x", "message.delivered", "message.x.y"]) {
        refused(session, await session.publish(session.event({ type })), "type-reserved", "BUS-003");
      }
      for (const type of ["services.x", "messages", "a.message.b"]) {
        const reply = await session.publish(session.event({ type }));
        session.must(reply.ok !== undefined, "BUS-003", `${type} is not reserved: ${JSON.stringify(reply)}`);
      }
    },
  },
  {
    id: "bus/order-of-refusals",
    requirements: ["BUS-001", "BUS-002"],
    title: "Of several faults the first in the table refuses, and nothing is left behind",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const past = new Date(START_MS - 1).toISOString();
      const steps: readonly (readonly [JsonObject, string])[] = [
        [{ type: "service.x", priority: "URGENT", expirytime: past, target: "nobody" }, "envelope-invalid"],
        [{ type: "service.x", expirytime: past, target: "nobody" }, "type-reserved"],
        [{ expirytime: past, target: "nobody" }, "message-expired"],
        [{ target: "nobody" }, "target-unknown"],
      ];
      for (const [fields, code] of steps) {
        refused(session, await session.publish(session.event({ id: "same", ...fields })), code, "BUS-001");
      }
      const status = await session.say({ do: "status", source: "/suite", id: "same" });
      session.must(
        status.refused?.code === "message-unknown",
        "BUS-002",
        `a refused message is known: ${JSON.stringify(status)}`,
      );
      const twin = await session.publish(session.event({ id: "same" }));
      session.must(twin.ok?.duplicate === false, "BUS-002", `the id is free after refusals: ${JSON.stringify(twin)}`);
      refused(
        session,
        await session.publish(session.event({ id: "same", expirytime: past })),
        "id-conflict",
        "BUS-001",
      );
    },
  },
  {
    id: "bus/expired-at-acceptance",
    requirements: ["BUS-004", "ENV-012"],
    title: "An expirytime that is not after the bus's clock is refused",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const at = (ms: number) => new Date(START_MS + ms).toISOString();
      refused(session, await session.publish(session.event({ expirytime: at(0) })), "message-expired", "BUS-004");
      refused(
        session,
        await session.publish(session.event({ expirytime: "2026-01-01T02:00:00.0009+02:00" })),
        "message-expired",
        "ENV-012",
      );
      const reply = await session.publish(session.event({ expirytime: at(1) }));
      session.must(reply.ok !== undefined, "BUS-004", `one millisecond later is accepted: ${JSON.stringify(reply)}`);
    },
  },
  {
    id: "bus/targets",
    requirements: ["BUS-005", "BUS-006", "BUS-007", "BUS-018", "BUS-026"],
    title: "A target must be known, and alone receives",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { maxElapsedMs: DAY_MS } });
      const { lease } = await session.member("b", { subscriptions: ["other.*"] });
      await session.member("b", { subscriptions: ["other.*"], instance: "i2" });
      await session.member("c", { subscriptions: ["thing.*"] });
      refused(session, await session.publish(session.event({ target: "nobody" })), "target-unknown", "BUS-005");
      refused(session, await session.publish(session.event({ target: "b@i9" })), "target-unknown", "BUS-006");
      const event = session.event({ target: "b" });
      const reply = await session.publish(event);
      session.same(reply.ok?.receivers, ["b"], "BUS-018", "the receivers of a message with a target");
      session.must(session.peek("c") === undefined, "BUS-018", "no other service gets it");
      await session.ack(session.begun("BUS-018", "b"));
      await session.accepted({ target: "b@i2" });
      const first = session.begun("BUS-026", "b");
      session.must(first.instance === "i2", "BUS-026", `it goes to i2, not ${first.instance}`);
      await session.nak(first);
      const second = session.begun("RET-017", "b");
      session.must(second.instance === "i2", "BUS-026", `its retry goes to i2 too, not ${second.instance}`);
      await session.ack(second);
      await session.registry("service.deregister", { lease });
      await session.accepted({ target: "b" }, {}, "BUS-007");
    },
  },
  {
    id: "bus/broadcast",
    requirements: ["BUS-019", "BUS-020", "BUS-021", "BUS-022", "BUS-024", "BUS-095"],
    title: "Each service that matches at acceptance receives once, whatever others do",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const none = await session.publish(session.event({ type: "nobody.listens" }));
      session.same(none.ok?.receivers, [], "BUS-024", "the receivers of a broadcast nobody subscribes to");
      const { lease } = await session.member("a", { subscriptions: ["thing.*"] });
      await session.member("b", { subscriptions: ["thing.*", "thing.happened", ">"] });
      await session.member("c", { subscriptions: ["other.*"] });
      const event = session.event();
      const reply = await session.publish(event, { lease });
      session.same([...(reply.ok?.receivers as string[] ?? [])].sort(), ["a", "b"], "BUS-019", "the receivers");
      session.must(
        reply.ok !== undefined && session.peek("a") !== undefined,
        "BUS-021",
        "the sender gets it, for it subscribes",
      );
      await session.member("d", { subscriptions: ["thing.*"] });
      session.must(session.calls.filter((call) => call.receiver === "b").length === 1, "BUS-020", "b gets it once");
      await session.nak(session.begun("BUS-019", "a"));
      await session.nak(session.begun("RET-017", "a"));
      await session.ack(session.begun("BUS-095", "b"));
      const delivered = await session.delivery(event as never, "b");
      session.must(
        delivered.outcome === "delivered",
        "BUS-095",
        "a receiver that fails keeps no other from its delivery",
      );
      await session.advance(5_000);
      session.must(!session.trace.some((step) => step.receiver === "d"), "BUS-022", "who came later gets nothing");
    },
  },
  {
    id: "bus/duplicates",
    requirements: ["BUS-047", "BUS-048", "BUS-049", "BUS-050", "BUS-051"],
    title: "The same message is one message: equal content is a duplicate, other content a conflict",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const data = fc.record({
        a: fc.oneof(fc.integer(), fc.string({ maxLength: 5 })),
        b: fc.array(fc.boolean(), { maxLength: 3 }),
      });
      await forAll(
        session,
        { ...effort, runs: Math.min(effort.runs, 50) },
        fc.tuple(data, fc.boolean()),
        async ([data, acked]) => {
          await session.start();
          await session.member("b", { subscriptions: ["thing.*"] });
          const event = await session.accepted({ data, subject: "x" });
          if (acked) await session.ack(session.begun("BUS-019", "b"));
          const same = await session.publish(event);
          session.must(same.ok !== undefined, "BUS-048", () => `the same again was answered ${JSON.stringify(same)}`);
          session.must(same.ok.duplicate === true, "BUS-047", "the same again is a message of its own");
          const shuffled = Object.fromEntries(Object.entries({ ...event, data: { b: data.b, a: data.a } }).reverse());
          const again = await session.publishRaw({
            headers: { "content-type": "application/cloudevents+json" },
            body: JSON.stringify(shuffled, null, 2),
          });
          session.must(
            again.ok?.duplicate === true,
            "BUS-051",
            () => `order and white space make no other content: ${JSON.stringify(again)}`,
          );
          for (
            const other of [{ ...event, subject: "y" }, { ...event, data: { ...data, c: 1 } }, { ...event, extra: "1" }]
          ) {
            refused(session, await session.publish(other), "id-conflict", "BUS-049");
          }
          const elsewhere = await session.publish({ ...event, source: "/elsewhere" });
          session.must(
            elsewhere.ok?.duplicate === false,
            "BUS-047",
            "the same id of another source is another message",
          );
          const attempts = session.steps(event, "attempt", "retry").filter(({ source }) => source === "/suite");
          session.must(attempts.length === 1, "BUS-050", `a duplicate causes no delivery: ${attempts.length} attempts`);
        },
      );
    },
  },
  {
    id: "bus/horizon",
    requirements: ["BUS-053", "BUS-060"],
    title: "A message in memory is known for 10 minutes after its end",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.ack(session.begun("BUS-019", "b"));
      await session.advance(599_999);
      const again = await session.publish(event);
      session.must(again.ok?.duplicate === true, "BUS-053", "after 599,999 ms it is still a duplicate");
      await session.status(event, "BUS-060");
      await session.start({ healthIntervalMs: 0, policy: { capMs: 1_000_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const second = await session.accepted();
      await session.ack(session.begun("BUS-019", "b"));
      await session.advance(1_999_999);
      const late = await session.publish(second);
      session.must(late.ok?.duplicate === true, "BUS-053", "with a longer cap it is twice the cap");
    },
  },
  {
    id: "bus/expiry",
    requirements: ["BUS-038", "BUS-039"],
    title: "A waiting delivery ends at the instant of its expirytime, and is not attempted after it",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const cases = fc.record({
        lifeMs: fc.integer({ min: 1, max: 4_000 }),
        u: fc.double({ min: 0, max: 0.999, noNaN: true }),
      });
      await forAll(session, effort, cases, async ({ lifeMs, u }) => {
        await session.start({ draws: [u], policy: { baseMs: 700, capMs: 5_000 } });
        await session.member("b", { subscriptions: ["thing.*"] });
        const expiresMs = session.nowMs + lifeMs;
        const event = await session.accepted({ priority: "HIGH", expirytime: new Date(expiresMs).toISOString() });
        for (let n = 0; n < 12; n++) {
          const call = await session.untilCall(Math.max(0, expiresMs - session.nowMs), "b");
          if (call === undefined) break;
          session.must(
            call.atMs < expiresMs,
            "BUS-039",
            `an attempt began at ${call.atMs - expiresMs} ms after expiry`,
          );
          await session.nak(call);
        }
        await session.advance(Math.max(1, expiresMs - session.nowMs));
        const [ended] = session.steps(event, "ended");
        session.must(ended?.outcome === "expired", "BUS-038", `the outcome is expired, not ${ended?.outcome}`);
        session.must(
          ended.atMs === expiresMs,
          "BUS-038",
          `it ends at its expiry, not ${ended.atMs - expiresMs} ms from it`,
        );
      });
    },
  },
  {
    id: "bus/cancel",
    requirements: ["BUS-040", "BUS-042", "BUS-043", "BUS-076"],
    title: "A cancellation ends what is not in flight, once",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"));
      await session.nak(session.begun("RET-017", "b"));
      const reply = await session.say({ do: "cancel", source: event.source, id: event.id });
      session.must(reply.ok !== undefined, "BUS-040", `a cancellation: ${JSON.stringify(reply)}`);
      const delivery = await session.delivery(event);
      session.must(delivery.outcome === "cancelled", "BUS-040", `the outcome is cancelled, not ${delivery.outcome}`);
      session.must((await session.list("dead-letters")).length === 1, "BUS-076", "it becomes a dead letter");
      await session.advance(60_000);
      session.must(session.peek("b") === undefined, "RET-005", "no attempt follows");
      refused(
        session,
        await session.say({ do: "cancel", source: event.source, id: event.id }),
        "message-ended",
        "BUS-042",
      );
      refused(session, await session.say({ do: "cancel", source: "/suite", id: "none" }), "message-unknown", "BUS-043");
    },
  },
  ...["cancel", "expire", "deregister"].flatMap((deed) =>
    (["ack", "nak", "term"] as const).map((verdict) => race(deed, verdict))
  ),
  {
    id: "bus/leases",
    requirements: ["RET-041", "BUS-034", "BUS-035", "RET-006"],
    title: "An attempt without an answer is a timeout, and what settles too late or twice is ignored",
    kind: "fault",
    needs,
    async run(session: Session) {
      await session.start({ policy: { attemptTimeoutMs: 2_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      const first = session.begun("BUS-019", "b");
      await session.advance(1_999);
      session.must(session.steps(event, "failed").length === 0, "RET-041", "1,999 ms are not too long");
      await session.advance(1);
      const [failed] = session.steps(event, "failed");
      session.must(
        failed?.reason === "timeout",
        "RET-041",
        `after 2,000 ms the attempt is a timeout, not ${failed?.reason}`,
      );
      const second = session.calls.find((call) => call.attempt === 2);
      session.must(second !== undefined, "RET-025", "retry 1 follows a timeout too");
      await session.ack(first);
      session.must(
        (await session.delivery(event)).outcome === undefined,
        "BUS-034",
        "an ack that comes too late counts for nothing",
      );
      await session.ack(second);
      await session.say({ do: "settle", call: second.call, answer: { verdict: "term" } });
      const delivery = await session.delivery(event);
      session.must(
        delivery.outcome === "delivered" && delivery.attempts === 2,
        "BUS-035",
        `a second settlement counts for nothing: ${JSON.stringify(delivery)}`,
      );
    },
  },
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
  {
    id: "bus/any-flow-ends-once",
    requirements: ["BUS-029", "BUS-030", "BUS-093", "RET-003", "RET-044", "RET-045", "RET-046"],
    title: "Whatever receivers answer, each delivery ends once, by the table",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const budget = { LOW: 2, NORMAL: 4, HIGH: 11 } as const;
      const answers = fc.array(fc.constantFrom("ack", "nak", "nak", "nak", "later", "term", "status", "silence"), {
        minLength: 12,
        maxLength: 12,
      });
      const message = fc.record({ priority: fc.constantFrom("LOW", "NORMAL", "HIGH"), answers });
      await forAll(session, effort, fc.array(message, { minLength: 1, maxLength: 4 }), async (messages) => {
        await session.start({ policy: { baseMs: 50, capMs: 400, attemptTimeoutMs: 2_000 } });
        await session.member("b", { subscriptions: ["thing.*"], instance: "i1" });
        const wanted = new Map<string, { outcome: string; attempts: number }>();
        const plans = new Map<string, readonly string[]>();
        for (const { priority, answers } of messages) {
          const event = await session.accepted({ priority });
          plans.set(event.id, answers);
          const most = budget[priority as keyof typeof budget];
          const end = answers.findIndex((one) => one === "ack" || one === "term");
          const attempts = end >= 0 && end < most ? end + 1 : most;
          const outcome = end >= 0 && end < most ? (answers[end] === "ack" ? "delivered" : "rejected") : "exhausted";
          wanted.set(event.id, { outcome, attempts });
        }
        const silent = new Set<string>();
        for (let n = 0; n < 200; n++) {
          const open = session.calls.find((call) => !silent.has(call.call)) ?? await nextCall(session, silent);
          if (open === undefined) break;
          const answer = plans.get(String(open.envelope.id))![open.attempt - 1];
          if (answer === "silence") silent.add(open.call);
          else if (answer === "later") await session.nak(open, 700);
          else if (answer === "status" && session.has("http")) {
            await session.settle(open, { status: 502, headers: {}, body: "" });
          } else if (answer === "status") await session.nak(open);
          else await session.settle(open, { verdict: answer as "ack" });
        }
        for (const [id, { outcome, attempts }] of wanted) {
          const delivery = await session.delivery({ source: "/suite", id });
          session.must(delivery.state === "ended", "BUS-029", `${id} has an outcome: ${JSON.stringify(delivery)}`);
          session.must(
            delivery.outcome === outcome,
            outcome === "delivered" ? "RET-044" : outcome === "rejected" ? "RET-045" : "RET-003",
            `${id} is ${outcome}, not ${delivery.outcome}`,
          );
          session.must(
            delivery.attempts === attempts,
            "RET-046",
            `${id} takes ${attempts} attempts, not ${delivery.attempts}`,
          );
        }
      });
    },
  },
];

/** Lets time pass until an attempt begins that is not left without an answer; a breaker may take its time. */
async function nextCall(session: Session, silent: ReadonlySet<string>) {
  for (let n = 0; n < 80; n++) {
    await session.advance(500);
    const call = session.calls.find((one) => !silent.has(one.call));
    if (call !== undefined) return call;
    if (!session.trace.some(({ kind }) => kind === "deferred") && n > 4) return undefined;
  }
  return undefined;
}

/** A deed while an attempt runs, and its verdict afterwards. */
function race(deed: string, verdict: "ack" | "nak" | "term"): Check {
  const marked = { cancel: "cancelled", expire: "expired", deregister: "receiver-gone" }[deed]!;
  return {
    id: `bus/${deed}-while-in-flight-${verdict}`,
    requirements: ["BUS-041", "RET-047", "BUS-044"],
    title: `A delivery that meets ${deed} in flight ends by its ack, and as ${marked} otherwise (${verdict})`,
    kind: "interleaving",
    needs,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
      const life = deed === "expire" ? { expirytime: new Date(session.nowMs + 1_000).toISOString() } : {};
      const event = await session.accepted(life);
      const call = session.begun("BUS-019", "b");
      if (deed === "cancel") await session.say({ do: "cancel", source: event.source, id: event.id });
      if (deed === "deregister") await session.registry("service.deregister", { lease, service: true });
      if (deed === "expire") await session.advance(1_500);
      session.must(session.steps(event, "ended").length === 0, "BUS-041", "it does not end while the attempt runs");
      await session.settle(call, { verdict });
      const [ended, ...more] = session.steps(event, "ended");
      session.must(more.length === 0, "BUS-029", "it ends once");
      const wanted = verdict === "ack" ? "delivered" : marked;
      session.must(
        ended?.outcome === wanted,
        verdict === "ack" ? "RET-047" : "BUS-041",
        `the outcome is ${wanted}, not ${ended?.outcome}`,
      );
    },
  };
}

function refused(session: Session, reply: Reply, code: string, requirement: string): void {
  session.must(reply.refused?.code === code, requirement, () => `wanted ${code}, got ${JSON.stringify(reply)}`);
}
