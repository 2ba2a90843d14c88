/**
 * Checks of the chapter Outbox: what is taken, and in which order it is sent.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { cancel, inMs, letter, lettersOf, refused } from "./_bus.ts";
import {
  again,
  answerAll,
  beginOutbox,
  idOf,
  type Message,
  mustBeOpen,
  mustHaveEnded,
  never,
  nothingSent,
  published,
  sent,
  SILENCE,
  TAKEN,
  underWay,
} from "./_outbox.ts";
import { prioritiesOf } from "./_queued.ts";
import { RoundModel } from "./_round_model.ts";

const needs = ["outbox"] as const;
const MINUTE_MS = 60_000;

/** See the module. */
export const OUTBOX_CHECKS: readonly Check[] = [
  {
    id: "outbox/sends-what-was-published",
    requirements: ["OUT-004", "OUT-008", "OUT-028"],
    title: "What is published is posted to the gateway, the same in each attempt, and its end is told",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const fields = fc.record(
        {
          data: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<never>,
          subject: fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(..."abcäß✓/ ") }),
          priority: fc.constantFrom("LOW", "NORMAL", "HIGH"),
          xodd: fc.integer({ min: -9, max: 9 }),
        },
        { requiredKeys: ["priority"] },
      );
      await forAll(session, effort, fields, async (fields) => {
        await beginOutbox(session);
        const event = await published(session, fields);
        for (const answer of [SILENCE, again(), TAKEN]) {
          const call = await session.untilSent(MINUTE_MS);
          session.must(call?.request !== undefined, "OUT-008", "an attempt is a request");
          const { method, url, headers, body } = call.request;
          session.same([method, new URL(url).pathname.slice(-9)], ["POST", "/messages"], "OUT-008", "the request");
          const type = headers["content-type"]?.toLowerCase().replaceAll(" ", "");
          session.must(
            type === "application/cloudevents+json" || type === "application/cloudevents+json;charset=utf-8",
            "OUT-008",
            () => `the content type is that of structured mode, not ${type}`,
          );
          const { time: _, ...rest } = JSON.parse(body);
          session.same(rest, event, "OUT-008", "the envelope that is sent");
          mustBeOpen(session, event, "OUT-028");
          await session.settle(call, answer);
        }
        mustHaveEnded(session, event, "accepted", "OUT-028");
      });
    },
  },
  {
    id: "outbox/store-required",
    requirements: ["OUT-002"],
    title: "An outbox without a store refuses CRITICAL, and takes all else",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginOutbox(session, { store: "memory" });
      const reply = await session.publish(session.event({ priority: "CRITICAL" }));
      refused(session, reply, "store-required", "OUT-002", "CRITICAL without a store");
      session.same(underWay(session), [], "OUT-002", "what is sent of it");
      const event = await published(session, { priority: "HIGH" });
      await session.settle(sent(session, "OUT-004", event), TAKEN);
      mustHaveEnded(session, event, "accepted", "OUT-028");
    },
  },
  {
    id: "outbox/same-name",
    requirements: ["OUT-005"],
    title: "The same message given twice is sent once, another of its name is refused",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginOutbox(session);
      const event = await published(session, { time: inMs(session, 0), data: { n: 1 } });
      const { ok } = await session.publish({ ...event, time: inMs(session, 5_000) });
      session.must(ok !== undefined, "OUT-005", "the same but for its time is taken");
      for (const other of [{ data: { n: 2 } }, { priority: "LOW" }, { type: "thing.else" }, { xodd: 1 }]) {
        refused(session, await session.publish({ ...event, ...other }), "id-conflict", "OUT-005", "another content");
      }
      await session.settle(sent(session, "OUT-004"), SILENCE);
      await session.publish(event);
      session.same(await answerAll(session, TAKEN, MINUTE_MS), [event.id], "OUT-005", "what is sent after all");
      mustHaveEnded(session, event, "accepted", "OUT-005");
    },
  },
  {
    id: "outbox/bounds",
    requirements: ["OUT-006"],
    title: "At the bound a message is refused, whatever its priority, and nothing is dropped for it",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginOutbox(session, { capacity: 3 });
      const events: Message[] = [];
      for (let n = 0; n < 3; n++) events.push(await published(session, { priority: "LOW" }));
      await session.settle(sent(session, "OUT-004"), SILENCE);
      for (const priority of ["LOW", "NORMAL", "HIGH"]) {
        refused(session, await session.publish(session.event({ priority })), "queue-full", "OUT-006", "one too many");
      }
      const taken = await answerAll(session, TAKEN, MINUTE_MS);
      session.same(taken.toSorted(), events.map(({ id }) => id).toSorted(), "OUT-006", "what is sent");
      await published(session);
    },
  },
  {
    id: "outbox/bounds-of-two-parts",
    requirements: ["OUT-006", "OUT-007"],
    title: "CRITICAL has a bound of its own, in which its dead letters count until they are discarded",
    kind: "scenario",
    needs: [...needs, "durable"],
    async run(session: Session) {
      await beginOutbox(session, { capacity: 2 });
      const critical = () => session.publish(session.event({ priority: "CRITICAL" }));
      for (let n = 0; n < 2; n++) await published(session);
      for (let n = 0; n < 2; n++) await published(session, { priority: "CRITICAL" });
      refused(session, await critical(), "queue-full", "OUT-007", "a third CRITICAL");
      refused(session, await session.publish(session.event()), "queue-full", "OUT-007", "a third of the others");
      await answerAll(session, never("forbidden", 403));
      await published(session);
      refused(session, await critical(), "queue-full", "OUT-007", "a CRITICAL beside two dead letters");
      const [first] = await session.list("dead-letters");
      session.must(first !== undefined, "OUT-029", "they are dead letters");
      await letter(session, first, "discard");
      await published(session, { priority: "CRITICAL" });
      refused(session, await critical(), "queue-full", "OUT-007", "one more than was discarded");
    },
  },
  {
    id: "outbox/round",
    requirements: ["OUT-010", "OUT-011", "OUT-012", "OUT-020"],
    title: "Whatever waits, it is sent by the round of priorities, at most 4 at once, and a retry joins the tail",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const message = fc.record({ priority: fc.constantFrom(...prioritiesOf(session)), fails: fc.boolean() });
      const drawn = fc.record({
        queued: fc.array(message, { minLength: 1, maxLength: 30 }),
        order: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 30 }),
      });
      await forAll(session, effort, drawn, async ({ queued, order }) => {
        await beginOutbox(session);
        const round = new RoundModel();
        const failing = new Map<string, string>();
        const seen = new Set<string>();
        const look = () => {
          const ids = underWay(session).map(idOf);
          session.same([...new Set(ids)], ids, "OUT-010", "the messages under way");
          for (const call of underWay(session)) {
            if (seen.has(call.call)) continue;
            seen.add(call.call);
            session.same(idOf(call), round.dispatch()?.id, "OUT-012", "what is sent next");
          }
          const count = underWay(session).length;
          session.must(count <= 4, "OUT-011", () => `${count} attempts are under way at once`);
        };
        for (const { priority, fails } of queued) {
          const { id } = await published(session, { priority });
          round.join(id, priority);
          if (fails) failing.set(id, priority);
          look();
          session.same(underWay(session).length, 1, "OUT-020", "the attempts before the first answer");
        }
        for (let n = 0; underWay(session).length > 0; n++) {
          const calls = underWay(session);
          const call = calls[order[n % order.length] % calls.length];
          const priority = failing.get(idOf(call));
          failing.delete(idOf(call));
          if (priority !== undefined) round.join(idOf(call), priority);
          await session.settle(call, priority === undefined ? TAKEN : again());
          look();
        }
        session.must(round.dispatch() === undefined, "OUT-012", "everything is sent");
      });
    },
  },
  {
    id: "outbox/lanes",
    requirements: ["OUT-013"],
    title: "Of a partitionkey one is sent at a time, through its waits, and others go past",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const end of ["taken", "refused", "cancelled", "expired"]) {
        await beginOutbox(session);
        await published(session, { priority: "LOW" });
        const expirytime = inMs(session, 30_000);
        const head = await published(session, { partitionkey: "k", ...(end === "expired" ? { expirytime } : {}) });
        const second = await published(session, { partitionkey: "k" });
        const third = await published(session, { partitionkey: "k" });
        const others = [
          await published(session, { partitionkey: "other" }),
          await published(session, { partitionkey: "k", priority: "HIGH" }),
          await published(session),
        ];
        await session.settle(sent(session, "OUT-004"), TAKEN);
        const passed: string[] = [];
        for (let call = underWay(session)[0]; call !== undefined; call = underWay(session)[0]) {
          if (idOf(call) !== head.id) passed.push(idOf(call));
          await session.settle(call, idOf(call) === head.id ? again({ "retry-after": "60" }) : TAKEN);
        }
        session.same(
          passed.toSorted(),
          others.map(({ id }) => id).toSorted(),
          "OUT-013",
          "what passes a head that waits",
        );
        if (end === "cancelled") await cancel(session, head);
        else if (end === "expired") await session.advance(30_000);
        else {
          await nothingSent(session, 59_999, "OUT-013", "the head waits");
          await session.advance(1);
          await session.settle(sent(session, "OUT-013", head), end === "taken" ? TAKEN : never("forbidden", 403));
        }
        session.same(underWay(session).map(idOf), [second.id], "OUT-013", `what follows a head that was ${end}`);
        await session.settle(sent(session, "OUT-013", second), TAKEN);
        session.same(underWay(session).map(idOf), [third.id], "OUT-013", "what follows that");
      }
    },
  },
  {
    id: "outbox/cancel",
    requirements: ["OUT-027"],
    title: "What is cancelled is not sent again; what is under way, and what is not held, cannot be",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const priority of prioritiesOf(session)) {
        await beginOutbox(session);
        const [event, other] = [await published(session, { priority }), await published(session, { priority })];
        refused(session, await cancel(session, event), "in-progress", "OUT-027", "what is under way");
        await session.settle(sent(session, "OUT-004", event), TAKEN);
        refused(session, await cancel(session, event), "message-unknown", "OUT-027", "what has ended");
        await session.settle(sent(session, "OUT-012", other), again({ "retry-after": "5" }));
        const { ok } = await cancel(session, other);
        session.must(ok !== undefined, "OUT-027", "what waits can be cancelled");
        mustHaveEnded(session, other, "cancelled", "OUT-027");
        await nothingSent(session, 10 * MINUTE_MS, "OUT-027", "it was cancelled");
        refused(session, await cancel(session, other), "message-unknown", "OUT-027", "what was cancelled");
        session.same(await lettersOf(session, other), [], "OUT-029", "its dead letters");
      }
    },
  },
  {
    id: "outbox/expiry",
    requirements: ["OUT-026"],
    title: "A message ends at its expirytime, or when its attempt then ends without success",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const priority of prioritiesOf(session)) {
        const held = async (answer?: JsonObject) => {
          await beginOutbox(session);
          const event = await published(session, { priority, expirytime: inMs(session, 10_000) });
          if (answer !== undefined) await session.settle(sent(session, "OUT-004", event), answer as never);
          await session.advance(9_999);
          return event;
        };
        const waiting = await held(again({ "retry-after": "20" }) as never);
        mustBeOpen(session, waiting, "OUT-026");
        await session.advance(1);
        mustHaveEnded(session, waiting, "expired", "OUT-026");
        await nothingSent(session, MINUTE_MS, "OUT-026", "it has expired");
        for (const [answer, outcome] of [[SILENCE, "expired"], [again(), "expired"], [TAKEN, "accepted"]] as const) {
          const event = await held();
          await session.advance(1);
          mustBeOpen(session, event, "OUT-026");
          await session.settle(sent(session, "OUT-004", event), answer);
          mustHaveEnded(session, event, outcome, "OUT-026");
          await nothingSent(session, MINUTE_MS, "OUT-026", "it has ended");
        }
      }
    },
  },
  {
    id: "outbox/max-elapsed",
    requirements: ["OUT-025"],
    title: "Whatever is not CRITICAL ends an hour after its acceptance, also if nobody ever answered",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const priority of prioritiesOf(session)) {
        await beginOutbox(session);
        const event = await published(session, { priority });
        const atMs = session.nowMs + 3_600_000;
        await session.settle(sent(session, "OUT-004"), again({ "retry-after": "3000" }));
        await session.advance(3_000_000);
        for (let call = sent(session, "OUT-017"); call !== undefined;) {
          await session.settle(call, SILENCE);
          const next = await session.untilSent(atMs - 1 - session.nowMs);
          if (next === undefined) break;
          call = next;
        }
        mustBeOpen(session, event, "OUT-025");
        await session.advance(1);
        if (priority === "CRITICAL") mustBeOpen(session, event, "OUT-025");
        else {
          mustHaveEnded(session, event, "exhausted", "OUT-025");
          await nothingSent(session, 10 * MINUTE_MS, "OUT-025", "it has ended");
        }
      }
      for (const answer of [SILENCE, again()]) {
        await beginOutbox(session);
        const event = await published(session, { priority: "HIGH" });
        await session.settle(sent(session, "OUT-004"), again({ "retry-after": "3599" }));
        await session.advance(3_600_000);
        mustBeOpen(session, event, "OUT-025");
        await session.settle(sent(session, "OUT-017"), answer);
        mustHaveEnded(session, event, "exhausted", "OUT-025");
      }
    },
  },
];
