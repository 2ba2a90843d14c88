/**
 * Checks of the chapter Outbox: what is on disk, through failed writes and restarts.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { cancel, inMs, letter, lettersOf, refused } from "./_bus.ts";
import {
  again,
  answerAll,
  beginOutbox,
  endOf,
  idOf,
  type Message,
  mustHaveEnded,
  never,
  nothingSent,
  published,
  sent,
  sentWithin,
  SILENCE,
  TAKEN,
  underWay,
} from "./_outbox.ts";

const needs = ["outbox", "durable"] as const;
const CRITICAL = { priority: "CRITICAL" } as const;
const MINUTE_MS = 60_000;

/** See the module. */
export const OUTBOX_DURABLE_CHECKS: readonly Check[] = [
  {
    id: "outbox/flushed-first",
    requirements: ["OUT-001", "OUT-009"],
    title: "A CRITICAL is neither acknowledged nor sent before it is on disk, and holds nothing else up",
    kind: "fault",
    needs,
    can: ["store-faults"],
    async run(session: Session) {
      await beginOutbox(session);
      await session.say({ do: "store", action: "hold" });
      const event = session.event(CRITICAL) as Message;
      const reply = await session.publish(event);
      session.must("pending" in reply, "OUT-001", () => `it is not on disk, and answered: ${JSON.stringify(reply)}`);
      const other = await published(session, { priority: "HIGH" });
      session.must(!underWay(session).map(idOf).includes(event.id), "OUT-009", "it is not on disk, and sent");
      await session.settle(sent(session, "OUT-004", other), TAKEN);
      await nothingSent(session, MINUTE_MS, "OUT-009", "it is not on disk");
      session.must(!session.late.has(reply.pending), "OUT-001", "it is not on disk, and acknowledged");
      await session.say({ do: "store", action: "release" });
      const late = session.late.get(reply.pending);
      session.must(
        ["flushed", "replicated"].includes(String(late?.ok?.durability)),
        "OUT-001",
        () => `it is on disk, and answered ${JSON.stringify(late)}`,
      );
      await session.settle(sent(session, "OUT-001", event), TAKEN);
      mustHaveEnded(session, event, "accepted", "OUT-028");
    },
  },
  {
    id: "outbox/failed-write",
    requirements: ["OUT-003", "OUT-010", "OUT-035", "RET-008"],
    title: "Who publishes hears of a failed write, and all that was acknowledged before goes on",
    kind: "fault",
    needs,
    can: ["store-faults"],
    async run(session: Session) {
      for (const state of ["under way", "queued", "waiting", "in an outage"]) {
        await beginOutbox(session);
        const head = await published(session, CRITICAL);
        const event = state === "queued" ? await published(session, CRITICAL) : head;
        if (state === "waiting") await session.settle(sent(session, "OUT-001"), again({ "retry-after": "7" }));
        if (state === "in an outage") await session.settle(sent(session, "OUT-001"), SILENCE);
        const beforeMs = session.nowMs;
        await session.say({ do: "store", action: "fail" });
        const lost = await session.publish(session.event(CRITICAL));
        refused(session, lost, "not-durable", "OUT-003", "a CRITICAL whose write fails");
        const other = await published(session);
        await session.advance(1_000);
        const seen = new Set(underWay(session).map(idOf));
        const taken = new Set<string>();
        if (state === "waiting") session.must(!seen.has(event.id), "OUT-017", "a wait outlasts a failed write");
        for (
          let call = await session.untilSent(MINUTE_MS);
          call !== undefined;
          call = await session.untilSent(MINUTE_MS)
        ) {
          if (state === "waiting" && idOf(call) === event.id) {
            session.must(call.atMs >= beforeMs + 7_000, "OUT-017", "a wait outlasts a failed write");
          }
          session.must(!taken.has(idOf(call)), "RET-008", () => `${idOf(call!)} was taken, and is sent again`);
          seen.add(idOf(call));
          taken.add(idOf(call));
          await session.settle(call, TAKEN);
          if (seen.size > 100) break;
        }
        for (const { id } of [head, event, other]) {
          session.must(
            seen.has(id) && session.steps({ id }, "ended").length > 0,
            "OUT-035",
            () => `${id} was acknowledged and ${state} when another's write failed, and is not sent on`,
          );
        }
        const { ok } = await session.publish(session.event(CRITICAL));
        session.must(ok !== undefined, "OUT-035", "after a minute the next CRITICAL is taken");
        session.judgeLint();
      }
    },
  },
  {
    id: "outbox/failed-write-of-an-end",
    requirements: ["OUT-028", "OUT-029", "OUT-035"],
    title: "Whichever write fails, an end that was told stays one, and no wait becomes shorter",
    kind: "fault",
    needs,
    can: ["store-faults"],
    async run(session: Session) {
      for (const end of ["accepted", "rejected", "expired"]) {
        await beginOutbox(session);
        const expirytime = inMs(session, 10_000);
        const event = await published(session, { ...CRITICAL, ...(end === "expired" ? { expirytime } : {}) });
        if (end === "expired") await session.settle(sent(session, "OUT-001"), again({ "retry-after": "20" }));
        await session.say({ do: "store", action: "fail" });
        if (end === "expired") await session.advance(10_000);
        else await session.settle(sent(session, "OUT-001"), end === "accepted" ? TAKEN : never("forbidden", 403));
        mustHaveEnded(session, event, end, "OUT-028");
        await nothingSent(session, 10 * MINUTE_MS, "OUT-028", "its end was told");
        session.same(
          (await lettersOf(session, event)).length,
          end === "accepted" ? 0 : 1,
          "OUT-029",
          `the dead letters of what was ${end}`,
        );
        await published(session, CRITICAL);
      }
      await beginOutbox(session);
      await published(session, CRITICAL);
      await session.say({ do: "store", action: "fail" });
      await session.settle(sent(session, "OUT-001"), again({ "retry-after": "60" }));
      await nothingSent(session, MINUTE_MS - 1, "OUT-017", "it was asked to wait for a minute");
      await session.advance(1);
      sent(session, "OUT-035");
    },
  },
  {
    id: "outbox/failed-write-of-a-wish",
    requirements: ["OUT-027", "OUT-031", "OUT-035"],
    title: "A cancellation or a discard whose write fails is refused and changes nothing, or is answered and holds",
    kind: "fault",
    needs,
    can: ["store-faults", "crash"],
    async run(session: Session) {
      for (const wish of ["cancel", "discard"] as const) {
        const requirement = wish === "cancel" ? "OUT-027" : "OUT-031";
        await beginOutbox(session);
        const event = await published(session, CRITICAL);
        const answer = wish === "cancel" ? again({ "retry-after": "600" }) : never("forbidden", 403);
        await session.settle(sent(session, "OUT-001", event), answer);
        const [found] = await lettersOf(session, event);
        await session.say({ do: "store", action: "fail" });
        const reply = wish === "cancel" ? await cancel(session, event) : await letter(session, found, "discard");
        await session.advance(MINUTE_MS);
        const { ok, refused } = "pending" in reply ? session.late.get(reply.pending) ?? {} : reply;
        session.must(ok !== undefined || refused !== undefined, "OUT-035", () => `no answer to the ${wish}`);
        session.same(
          endOf(session, event)?.outcome,
          wish === "discard" ? "rejected" : ok === undefined ? undefined : "cancelled",
          requirement,
          `how it ended, if the ${wish} was ${ok === undefined ? "refused" : "answered"}`,
        );
        await session.say({ do: "store", action: "crash" });
        await beginOutbox(session, { keep: true, nowMs: session.nowMs });
        const held = (await lettersOf(session, event)).length +
          (await answerAll(session, TAKEN, 10 * MINUTE_MS)).length;
        session.same(
          held,
          ok === undefined ? 1 : 0,
          requirement,
          `what is left of it, if the ${wish} was ${ok === undefined ? "refused" : "answered"}`,
        );
      }
    },
  },
  {
    id: "outbox/failed-write-before-a-restart",
    requirements: ["OUT-032"],
    title: "What was acknowledged before a write failed outlives the restart after it too",
    kind: "fault",
    needs,
    can: ["store-faults", "crash"],
    async run(session: Session) {
      await beginOutbox(session);
      const events = [await published(session, CRITICAL), await published(session, CRITICAL)];
      await session.say({ do: "store", action: "fail" });
      await session.publish(session.event(CRITICAL));
      await session.advance(MINUTE_MS);
      events.push(await published(session, CRITICAL));
      await session.say({ do: "store", action: "crash" });
      await beginOutbox(session, { keep: true, nowMs: session.nowMs });
      const got = await answerAll(session, TAKEN, MINUTE_MS);
      session.same(
        events.filter(({ id }) => !got.includes(id)),
        [],
        "OUT-032",
        "what was acknowledged, and is not sent",
      );
    },
  },
  {
    id: "outbox/restart",
    requirements: ["OUT-032", "OUT-034"],
    title: "After a restart each CRITICAL that was acknowledged is sent, in order, and nothing else",
    kind: "property",
    needs,
    can: ["crash"],
    async run(session: Session, effort: Effort) {
      const message = fc.record({
        priority: fc.constantFrom("LOW", "HIGH", "CRITICAL", "CRITICAL"),
        key: fc.constantFrom("a", "b", undefined),
      });
      const drawn = fc.record({
        messages: fc.array(message, { minLength: 1, maxLength: 14 }),
        taken: fc.nat({ max: 4 }),
        silent: fc.boolean(),
      });
      await forAll(session, effort, drawn, async ({ messages, taken, silent }) => {
        await beginOutbox(session);
        const kept = new Map<string, string | undefined>();
        for (const { priority, key } of messages) {
          const { id } = await published(session, { priority, ...(key === undefined ? {} : { partitionkey: key }) });
          if (priority === "CRITICAL") kept.set(id, key);
        }
        const ended = new Set<string>();
        for (let n = 0; n < taken && underWay(session).length > 0; n++) {
          const call = underWay(session)[0];
          ended.add(idOf(call));
          await session.settle(call, TAKEN);
        }
        if (silent && underWay(session).length > 0) await session.settle(underWay(session)[0], SILENCE);
        for (let time = 0; time < 2; time++) {
          await session.say({ do: "store", action: "crash" });
          await beginOutbox(session, { keep: true, nowMs: session.nowMs + 1_000 });
        }
        const wanted = [...kept.keys()].filter((id) => !ended.has(id));
        const got = await answerAll(session, TAKEN, 10 * MINUTE_MS);
        const odd = got.find((id) => !kept.has(id));
        session.must(odd === undefined, "OUT-034", () => `${odd} was in memory alone, and is sent after a restart`);
        session.same(got.toSorted(), wanted.toSorted(), "OUT-032", "what is sent after the restart");
        for (const lane of ["a", "b", undefined]) {
          const ofLane = (ids: readonly string[]) => ids.filter((id) => kept.get(id) === lane);
          session.same(ofLane(got), ofLane(wanted), "OUT-032", `the order of those with the partitionkey ${lane}`);
        }
      });
    },
  },
  {
    id: "outbox/restart-in-backoff",
    requirements: ["OUT-033"],
    title: "After a restart a message waits as long, and is charged with as much, as before",
    kind: "property",
    needs,
    can: ["crash"],
    async run(session: Session, effort: Effort) {
      const drawn = fc.record({
        charged: fc.integer({ min: 1, max: 8 }),
        asked: fc.integer({ min: 1, max: 600 }),
        downMs: fc.integer({ min: -3_600_000, max: 900_000 }),
      });
      await forAll(session, effort, drawn, async ({ charged, asked, downMs }) => {
        await beginOutbox(session);
        await published(session, CRITICAL);
        for (let n = 1; n < charged; n++) {
          await session.settle(await sentWithin(session, 10 * MINUTE_MS, "OUT-017"), again());
        }
        const waitMs = Math.max(asked * 1_000, charged === 1 ? 0 : Math.floor(500 * 2 ** (charged - 2)));
        const call = await sentWithin(session, 10 * MINUTE_MS, "OUT-017");
        const dueMs = session.nowMs + waitMs;
        await session.settle(call, again({ "retry-after": String(asked) }));
        await session.say({ do: "store", action: "crash" });
        const nowMs = session.nowMs + downMs;
        await beginOutbox(session, { keep: true, nowMs });
        const wantedMs = Math.max(nowMs, Math.min(dueMs, nowMs + waitMs));
        const next = await sentWithin(session, waitMs, "OUT-033");
        session.same(next.atMs - nowMs, wantedMs - nowMs, "OUT-033", "the wait after the restart");
        await session.settle(next, again());
        const fromMs = session.nowMs;
        const { atMs } = await sentWithin(session, 10 * MINUTE_MS, "OUT-033");
        session.same(
          atMs - fromMs,
          Math.floor(500 * 2 ** (charged - 1)),
          "OUT-033",
          `the wait after ${charged + 1} answers`,
        );
      });
    },
  },
  {
    id: "outbox/dead-letters",
    requirements: ["OUT-029", "OUT-030", "OUT-031"],
    title: "What failed for good is kept over restarts, and can be sent anew or thrown away",
    kind: "scenario",
    needs,
    can: ["crash"],
    async run(session: Session) {
      for (const crash of [false, true]) {
        const restart = async () => {
          if (!crash) return;
          await session.say({ do: "store", action: "crash" });
          await beginOutbox(session, { keep: true, nowMs: session.nowMs + 1_000 });
        };
        await beginOutbox(session);
        const refusedOne = await published(session, CRITICAL);
        const expired = await published(session, { ...CRITICAL, expirytime: inMs(session, 5_000) });
        const light = await published(session, { priority: "HIGH" });
        const answers = new Map([
          [refusedOne.id, [again(), again({ "retry-after": "2" })]],
          [expired.id, [again({ "retry-after": "9" })]],
          [light.id, []],
        ]);
        for (let call = underWay(session)[0]; call !== undefined; call = underWay(session)[0]) {
          await session.settle(call, answers.get(idOf(call))?.shift() ?? never("forbidden", 403));
        }
        await session.advance(2_000);
        await session.settle(sent(session, "OUT-017", refusedOne), never("forbidden", 403));
        await session.advance(3_000);
        await restart();
        const outcomes = (await session.list("dead-letters"))
          .map(({ envelope, outcome, reason }) => [(envelope as unknown as Message).id, outcome, reason]);
        session.same(
          outcomes.map(([id, outcome]) => [id, outcome]).toSorted(),
          [[refusedOne.id, "rejected"], [expired.id, "expired"]].toSorted(),
          "OUT-029",
          "the dead letters",
        );
        const [found] = await lettersOf(session, refusedOne);
        session.same(found.reason, "forbidden", "OUT-029", "the reason of what was refused");
        await nothingSent(session, MINUTE_MS, "OUT-029", "it is a dead letter");
        const [late] = await lettersOf(session, expired);
        refused(session, await letter(session, late, "redrive"), "message-expired", "OUT-030", "what has expired");
        const first = await published(session, CRITICAL);
        const head = sent(session, "OUT-001", first);
        const { ok } = await letter(session, found, "redrive");
        session.must(ok !== undefined, "OUT-030", "a dead letter can be redriven");
        session.same(await lettersOf(session, refusedOne), [], "OUT-030", "the dead letter of what was redriven");
        const behind = await published(session, CRITICAL);
        await session.settle(head, TAKEN);
        session.same(idOf(sent(session, "OUT-030")), refusedOne.id, "OUT-030", "what is sent next");
        // With nothing charged the first retry comes at once, and the second after half a second.
        await session.settle(sent(session, "OUT-030", refusedOne), again());
        await session.settle(sent(session, "OUT-012", behind), TAKEN);
        await session.settle(sent(session, "OUT-030", refusedOne), again());
        await nothingSent(session, 499, "OUT-030", "it is charged with two answers");
        await session.advance(1);
        await session.settle(sent(session, "OUT-030", refusedOne), never("forbidden", 403));
        const [second] = await lettersOf(session, refusedOne);
        session.must(second !== undefined, "OUT-029", "it is a dead letter again");
        for (const one of [second, late]) await letter(session, one, "discard");
        session.same(await session.list("dead-letters"), [], "OUT-031", "the dead letters when all are discarded");
        await restart();
        session.same(await session.list("dead-letters"), [], "OUT-031", "the dead letters after the restart");
        await nothingSent(session, 10 * MINUTE_MS, "OUT-031", "all is discarded");
        refused(session, await letter(session, second, "redrive"), "dead-letter-unknown", "OUT-031", "what is gone");
      }
    },
  },
];
