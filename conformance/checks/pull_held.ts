/**
 * Checks of pull delivery: what is taken, until it is answered or given up.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { begin, lateReply, replyAfter } from "./_http.ts";
import { hangUp, readUntil, stream } from "./_http_stream.ts";
import { answer, eventStream, idsOf, LEASE_MS, pulledIn, puller, take, takeOne } from "./_pulled.ts";

const needs = ["core", "registry", "http", "pull"] as const;
const ACK = "ack";

/** See the module. */
export const PULL_HELD_CHECKS: readonly Check[] = [
  {
    id: "pull/wait",
    requirements: ["PULL-005"],
    title: "A request that waits is answered by the first delivery, or when its time has passed",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const headers = { "bellhop-lease": b.lease };
      const idle = await begin(session, "GET", "/deliveries?wait=7", { headers });
      session.must(idle.reply === undefined, "PULL-005", "a request waits while there is nothing");
      const empty = await replyAfter(
        session,
        idle.seq,
        { fromMs: session.nowMs, ms: 7_000 },
        "PULL-005",
        "it is answered",
      );
      session.same(pulledIn(session, empty), [], "PULL-005", "what it is answered with");
      const waiting = await begin(session, "GET", "/deliveries?wait=60", { headers });
      await session.advance(3_000);
      const { id } = await session.accepted();
      await session.advance(1);
      const reply = lateReply(session, waiting.seq);
      session.must(reply !== undefined, "PULL-005", "it is answered as soon as there is a delivery");
      session.same(idsOf(pulledIn(session, reply)), [id], "PULL-005", "what it is answered with");
    },
  },
  {
    id: "pull/gone-reader",
    requirements: ["PULL-009"],
    title: "Whoever goes away while waiting costs no attempt",
    kind: "interleaving",
    needs,
    can: ["streams"],
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const headers = { "bellhop-lease": b.lease };
      const waiting = await begin(session, "GET", "/deliveries?wait=60", { headers });
      const events = await stream(session, "/deliveries?max=1", eventStream(b));
      await readUntil(session, events, () => false);
      await hangUp(session, waiting);
      await hangUp(session, events);
      await session.advance(1);
      const { id } = await session.accepted();
      const taken = await takeOne(session, b, "PULL-009");
      session.same([taken.envelope.id, taken.attempt], [id, 1], "PULL-009", "what the next one is given");
    },
  },
  {
    id: "pull/lease-expired",
    requirements: ["PULL-014", "BUS-033"],
    title: "An attempt that is not answered in time counts as a nak, with the reason lease-expired",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const event = await session.accepted();
      const first = await takeOne(session, b, "PULL-004");
      await session.advance(LEASE_MS - 1);
      session.same((await session.delivery(event)).state, "in-flight", "PULL-014", "where it stands before");
      await session.advance(1);
      const [failed] = session.steps(event, "failed");
      session.same(failed?.reason, "lease-expired", "BUS-033", "the reason");
      session.same(failed?.atMs, session.nowMs, "PULL-014", "when it failed");
      session.same((await takeOne(session, b, "PULL-014")).attempt, 2, "PULL-014", "the attempt that follows");
      session.same(
        await answer(session, b, { ticket: first.ticket, verdict: ACK }),
        [false],
        "PULL-016",
        "whether the first is still held",
      );
    },
  },
  {
    id: "pull/working",
    requirements: ["PULL-015", "BUS-036"],
    title: "Who is still at it has the whole lease anew, as often as it says so",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const waits = fc.array(fc.integer({ min: 1, max: LEASE_MS - 1 }), { minLength: 1, maxLength: 5 });
      await forAll(session, effort, waits, async (waits) => {
        await session.start();
        const b = await puller(session);
        const event = await session.accepted();
        const { ticket } = await takeOne(session, b, "PULL-004");
        for (const ms of waits) {
          await session.advance(ms);
          session.same(
            await answer(session, b, { ticket, verdict: "working" }),
            [true],
            "PULL-015",
            "whether it was held",
          );
        }
        await session.advance(LEASE_MS - 1);
        session.same(session.steps(event, "failed"), [], "BUS-036", "how it fails before its lease anew has passed");
        await session.advance(1);
        session.same(session.steps(event, "failed").length, 1, "PULL-015", "the failures when it has passed");
      });
    },
  },
  {
    id: "pull/strange-tickets",
    requirements: ["PULL-016"],
    title: "A ticket of an attempt before, of another instance, or of nobody changes nothing",
    kind: "hostile",
    needs,
    async run(session: Session) {
      await session.start();
      const [a, b] = [await puller(session), await puller(session, { instance: "i2" })];
      const event = await session.accepted();
      const first = await takeOne(session, a, "PULL-004");
      const verdicts = [ACK, "nak", "term", "working"];
      const strange = async (by: typeof a, ticket: string, what: string) => {
        const before = await session.delivery(event);
        for (const verdict of verdicts) {
          session.same(await answer(session, by, { ticket, verdict }), [false], "PULL-016", `whether ${what} is held`);
        }
        session.same(await session.delivery(event), before, "PULL-016", `what ${what} changes`);
      };
      await strange(b, first.ticket, "the ticket of another instance");
      await strange(a, `${first.ticket}x`, "a ticket that nobody was given");
      session.same(
        await answer(session, a, { ticket: first.ticket, verdict: "nak" }),
        [true],
        "PULL-012",
        "whether the own is held",
      );
      const second = await takeOne(session, a, "PULL-013");
      await strange(a, first.ticket, "the ticket of the attempt before");
      session.same(
        await answer(session, a, { ticket: second.ticket, verdict: ACK }, { ticket: second.ticket, verdict: "nak" }),
        [true, false],
        "PULL-016",
        "whether a ticket is held that was answered",
      );
      session.same((await session.delivery(event)).outcome, "delivered", "PULL-016", "how it ends");
    },
  },
  {
    id: "pull/for-one-instance",
    requirements: ["PULL-007"],
    title: "A delivery for one instance is handed to it alone, and holds up nothing for the others",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const [a, b] = [await puller(session), await puller(session, { instance: "i2" })];
      const pinned = await session.accepted({ target: "b@i2", priority: "HIGH" });
      const open = await session.accepted();
      session.same(idsOf(await take(session, a)), [open.id], "PULL-007", "what another is given");
      await session.advance(1_000);
      const taken = await takeOne(session, b, "PULL-007");
      session.same([taken.envelope.id, taken.attempt], [pinned.id, 1], "PULL-007", "what the one is given");
    },
  },
  {
    id: "pull/in-turn",
    requirements: ["PULL-008"],
    title: "Those who wait are given one each in turn, and a retry goes to another",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const members = [await puller(session), await puller(session, { instance: "i2" })];
      const wait = async () => {
        const waiting = [];
        for (const { lease } of members) {
          waiting.push(await begin(session, "GET", "/deliveries?wait=30", { headers: { "bellhop-lease": lease } }));
        }
        return waiting;
      };
      const waiting = await wait();
      // They fall due together.
      for (let n = 0; n < 2; n++) await session.accepted({}, { delayMs: 5_000 });
      await session.advance(5_001);
      const taken = waiting.map(({ seq }) => {
        const reply = lateReply(session, seq);
        return reply === undefined ? [] : pulledIn(session, reply);
      });
      session.same(taken.map(({ length }) => length), [1, 1], "PULL-008", "what each of two is given of two");
      const again = await wait();
      await answer(session, members[0], { ticket: taken[0][0].ticket, verdict: "nak" });
      await session.advance(1);
      const [own, other] = again.map(({ seq }) => lateReply(session, seq));
      session.must(own === undefined && other !== undefined, "PULL-008", "a retry goes to another that waits");
    },
  },
  {
    id: "pull/marked-while-out",
    requirements: ["PULL-006"],
    title: "What is cancelled or expires while it is out ends as one on the wire does",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const deed of ["cancel", "expire"]) {
        for (const verdict of [ACK, "nak"]) {
          await session.start();
          const b = await puller(session);
          const expirytime = new Date(session.nowMs + 5_000).toISOString();
          const event = await session.accepted(deed === "expire" ? { expirytime } : {});
          const { ticket } = await takeOne(session, b, "PULL-004");
          if (deed === "cancel") await session.say({ do: "cancel", source: event.source, id: event.id });
          else await session.advance(6_000);
          await answer(session, b, { ticket, verdict });
          const wanted = verdict === ACK ? "delivered" : deed === "cancel" ? "cancelled" : "expired";
          session.same((await session.delivery(event)).outcome, wanted, "PULL-006", `how it ends by ${deed}`);
        }
      }
    },
  },
  {
    id: "pull/critical-survives",
    requirements: ["PULL-006"],
    title: "A CRITICAL delivery outlives a crash, with its attempts, and the tickets of before are worth nothing",
    kind: "fault",
    needs: [...needs, "durable"],
    can: ["crash"],
    async run(session: Session) {
      await session.start();
      const b = await puller(session);
      const event = await session.accepted({ priority: "CRITICAL" });
      const first = await takeOne(session, b, "PULL-004");
      await answer(session, b, { ticket: first.ticket, verdict: "nak" });
      const second = await takeOne(session, b, "PULL-006");
      await answer(session, b, { ticket: second.ticket, verdict: "nak", delayMs: 20_000 });
      await session.advance(1_000);
      await session.say({ do: "store", action: "crash" });
      await session.start({ nowMs: session.nowMs, keep: true });
      await session.advance(20_000);
      const third = await takeOne(session, b, "PULL-006");
      session.same([third.envelope.id, third.attempt], [event.id, 3], "PULL-006", "what follows the crash");
      for (const { ticket } of [first, second]) {
        session.same(
          await answer(session, b, { ticket, verdict: ACK }),
          [false],
          "PULL-016",
          "whether an old one is held",
        );
      }
      await answer(session, b, { ticket: third.ticket, verdict: ACK });
      session.same((await session.delivery(event)).outcome, "delivered", "PULL-013", "how it ends");
    },
  },
];
