/**
 * Checks of the chapter Outbox: what an answer means, and what follows when there is none.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer } from "../control.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import {
  again,
  answerAll,
  beginOutbox,
  BUDGET,
  endOf,
  idOf,
  type Message,
  mustBeOpen,
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
import { prioritiesOf } from "./_queued.ts";
import { RoundModel } from "./_round_model.ts";

const needs = ["outbox"] as const;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const JSON_TYPE = { "content-type": "application/json" };
const LOGIN = "<!DOCTYPE html><title>Welcome</title>";

/** Answers that are none of a gateway's. */
const SILENT: readonly CallAnswer[] = [
  SILENCE,
  ...[301, 302, 303, 307, 308].map((status) => ({ status, headers: { location: "http://127.0.0.1:9/a" }, body: "" })),
  { status: 300, headers: {}, body: "" },
  { status: 304, headers: {}, body: "" },
  { status: 511, headers: { "content-type": "text/html" }, body: LOGIN },
  { status: 200, headers: { "content-type": "text/html" }, body: LOGIN },
  { status: 202, headers: { "content-type": "text/plain" }, body: "ok" },
  { status: 200, headers: JSON_TYPE, body: "[]" },
];

/** Answers after which it is tried again, and charged. */
const CHARGED: readonly CallAnswer[] = [
  again(),
  { status: 502, headers: { "content-type": "text/html" }, body: "<h1>Bad Gateway</h1>" },
  { status: 404, headers: {}, body: "not found" },
  { status: 413, headers: { "content-type": "text/html" }, body: "" },
  { status: 429, headers: JSON_TYPE, body: '{"code":"rate-limited","status":429,"retry":true}' },
  { status: 400, headers: JSON_TYPE, body: '{"message":"no"}' },
  { status: 500, headers: JSON_TYPE, body: '[{"retry":false}]' },
  { status: 503, headers: JSON_TYPE, body: '{"retry":"false"}' },
];

/** See the module. */
export const OUTBOX_ANSWER_CHECKS: readonly Check[] = [
  {
    id: "outbox/final-answers",
    requirements: ["RET-007", "RET-008", "OUT-016", "OUT-028"],
    title: "Any 2xx of a gateway, and any problem that says retry: false, is the last word",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const taken: readonly CallAnswer[] = [
        TAKEN,
        ...[200, 204, 205].map((status) => ({ status, headers: {}, body: "" })),
        { status: 201, headers: JSON_TYPE, body: ' \n{"retry":false}' },
        { status: 202, headers: {}, body: "{}" },
      ];
      const refusals = [never("envelope-invalid", 400), never("unauthorized", 401), never("unheard-of", 503)];
      for (const priority of prioritiesOf(session)) {
        for (const answer of [...taken, ...refusals]) {
          await beginOutbox(session);
          const event = await published(session, { priority });
          await session.settle(sent(session, "OUT-004"), answer);
          const problem = refusals.includes(answer);
          const ended = mustHaveEnded(session, event, problem ? "rejected" : "accepted", "RET-008");
          if (problem && "body" in answer) {
            session.same(ended.reason, JSON.parse(answer.body).code, "OUT-016", "the reason");
          }
          await nothingSent(session, DAY_MS, problem ? "RET-008" : "RET-007", "it had its last word");
        }
      }
    },
  },
  {
    id: "outbox/silence-is-free",
    requirements: ["OUT-014", "OUT-018"],
    title: "No answer, a redirect, a login page: nothing is charged and nothing followed, however often",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const answer of SILENT) {
        await beginOutbox(session);
        const event = await published(session, { priority: "LOW" });
        const url = sent(session, "OUT-004").request?.url;
        const what = JSON.stringify(answer);
        const followed = "headers" in answer && answer.headers.location !== undefined ? "OUT-018" : "OUT-014";
        for (let n = 0; n < 12; n++) {
          const call = await sentWithin(session, MINUTE_MS, "OUT-021");
          session.same(call.request?.url, url, "OUT-018", `where it is sent to after ${what}`);
          await session.settle(call, answer);
          session.same(underWay(session), [], followed, `what is sent at once after ${what}`);
          session.must(endOf(session, event) === undefined, "OUT-014", `${what}, ${n + 1} times, ended it`);
        }
        await session.settle(await sentWithin(session, MINUTE_MS, "OUT-021"), again());
        mustBeOpen(session, event, "OUT-014");
        await session.settle(sent(session, "OUT-017"), TAKEN);
        mustHaveEnded(session, event, "accepted", "OUT-014");
      }
    },
  },
  {
    id: "outbox/budget",
    requirements: ["OUT-014", "OUT-015"],
    title: "Only answers to try again are charged, and a budget holds exactly so many of them",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.record({
        priority: fc.constantFrom(...prioritiesOf(session)),
        silent: fc.array(fc.nat({ max: 2 }), { minLength: 11, maxLength: 11 }),
        answers: fc.array(fc.nat({ max: 50 }), { minLength: 11, maxLength: 11 }),
      });
      await forAll(session, effort, drawn, async ({ priority, silent, answers }) => {
        await beginOutbox(session);
        const event = await published(session, { priority });
        const budget = BUDGET[priority] ?? 11;
        for (let charged = 1; charged <= budget; charged++) {
          for (let n = 0; n < silent[charged - 1]; n++) {
            await session.settle(
              await sentWithin(session, 600_000, "OUT-015"),
              SILENT[answers[charged - 1] % SILENT.length],
            );
          }
          mustBeOpen(session, event, "OUT-015");
          await session.settle(
            await sentWithin(session, 600_000, "OUT-015"),
            CHARGED[answers[charged - 1] % CHARGED.length],
          );
        }
        if (priority === "CRITICAL") return mustBeOpen(session, event, "OUT-015");
        mustHaveEnded(session, event, "exhausted", "OUT-015");
        await nothingSent(session, DAY_MS, "OUT-015", "its budget is used up");
      });
    },
  },
  {
    id: "outbox/waits",
    requirements: ["OUT-017"],
    title:
      "Each answer to try again is followed by the wait of the rule, or what Retry-After asks for if that is longer",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const u = fc.double({ min: 0, max: 0.999_999_9, noNaN: true });
      const asked = fc.oneof(
        fc.constant({ form: "none", seconds: 0 }),
        fc.record({ form: fc.constantFrom("seconds", "date"), seconds: fc.nat({ max: 300 }) }),
        fc.record({ form: fc.constantFrom("soon", "1.5", "-7", "12 2099", "2099-01-01"), seconds: fc.constant(0) }),
      );
      const drawn = fc.record({
        draws: fc.array(u, { minLength: 9, maxLength: 9 }),
        asked: fc.array(asked, { minLength: 10, maxLength: 10 }),
      });
      await forAll(session, effort, drawn, async ({ draws, asked }) => {
        await beginOutbox(session, { draws });
        const event = await published(session, { priority: "HIGH" });
        for (const [at, { form, seconds }] of asked.entries()) {
          const header = form === "seconds"
            ? String(seconds)
            : form === "date"
            ? new Date(session.nowMs + seconds * 1_000).toUTCString()
            : form;
          const askedMs = form !== "date" ? seconds * 1_000 : Date.parse(header) - session.nowMs;
          const computedMs = at === 0
            ? 0
            : Math.max(1, Math.floor(draws[at - 1] * Math.min(300_000, 1_000 * 2 ** (at - 1))));
          const waitMs = Math.max(computedMs, askedMs);
          const fromMs = session.nowMs;
          await session.settle(
            sent(session, "OUT-017", event),
            again(form === "none" ? {} : { "retry-after": header }),
          );
          const call = await sentWithin(session, waitMs, "OUT-017");
          session.same(
            call.atMs - fromMs,
            waitMs,
            "OUT-017",
            `the wait of retry ${at + 1} after Retry-After: ${header}`,
          );
        }
      });
    },
  },
  {
    id: "outbox/longest-wait",
    requirements: ["OUT-017"],
    title: "Nobody may ask for more than an hour",
    kind: "hostile",
    needs: [...needs, "durable"],
    async run(session: Session) {
      const far = new Date(session.nowMs + 30 * DAY_MS).toUTCString();
      for (const header of ["3601", "86400", "9".repeat(400), far]) {
        await beginOutbox(session);
        await published(session, { priority: "CRITICAL" });
        await session.settle(sent(session, "OUT-004"), again({ "retry-after": header }));
        await nothingSent(session, 3_599_999, "OUT-017", "an hour has not passed");
        await session.advance(1);
        sent(session, "OUT-017");
      }
    },
  },
  {
    id: "outbox/attempt-without-an-end",
    requirements: ["OUT-014", "OUT-019", "OUT-021"],
    title: "An attempt that is not answered, or not to the end, is given up after 15 s and costs nothing",
    kind: "fault",
    needs,
    async run(session: Session) {
      const { can } = session.hello;
      const half = { status: 202, headers: JSON_TYPE, body: '{"durability":', unfinished: true } as const;
      for (const answer of can.includes("streams") ? [undefined, half] : [undefined]) {
        await beginOutbox(session);
        const event = await published(session, { priority: "LOW" });
        for (let n = 0; n < 4; n++) {
          const call = await sentWithin(session, MINUTE_MS, "OUT-021");
          const untilMs = call.atMs + 15_000;
          if (answer !== undefined) await session.settle(call, answer);
          else session.otherCalls = [];
          await nothingSent(session, untilMs - 1 - session.nowMs, "OUT-010", "the attempt has its time");
          session.same(session.steps(event, "ended"), [], "OUT-019", "the end of a message that has no answer");
          await session.advance(1);
          mustBeOpen(session, event, "OUT-014");
          if (answer !== undefined) continue;
          const { ok } = await session.settle(call, TAKEN);
          session.same(ok?.held, false, "OUT-019", "whether an attempt is waited for after 15,000 ms");
        }
        await session.settle(await sentWithin(session, MINUTE_MS, "OUT-021"), TAKEN);
        mustHaveEnded(session, event, "accepted", "OUT-014");
      }
    },
  },
  {
    id: "outbox/outage",
    requirements: ["OUT-012", "OUT-020", "OUT-021", "OUT-022", "OUT-023"],
    title: "In an outage one message at a time is tried, all keep their places, and the round begins anew",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.record({
        before: fc.nat({ max: 16 }),
        queued: fc.array(fc.constantFrom(...prioritiesOf(session)), { minLength: 1, maxLength: 20 }),
        silences: fc.integer({ min: 1, max: 5 }),
        draws: fc.array(fc.double({ min: 0, max: 0.999_999_9, noNaN: true }), { minLength: 5, maxLength: 5 }),
      });
      await forAll(session, effort, drawn, async ({ before, queued, silences, draws }) => {
        await beginOutbox(session, { draws });
        for (let n = 0; n < before; n++) {
          await published(session, { priority: "LOW" });
          await session.settle(sent(session, "OUT-004"), TAKEN);
        }
        const all: { readonly id: string; readonly priority: string }[] = [];
        const publish = async (priority: string) =>
          all.push({ id: (await published(session, { priority })).id, priority });
        const expected = () => {
          const round = new RoundModel();
          for (const { id, priority } of all) round.join(id, priority);
          return round;
        };
        await publish("LOW");
        for (let n = 1; n <= silences; n++) {
          await session.settle(sent(session, "OUT-023"), SILENCE);
          const fromMs = session.nowMs;
          if (n === 1) { for (const priority of queued) await publish(priority); }
          session.same(underWay(session), [], "OUT-022", "what is sent before the wait has passed");
          const call = await sentWithin(session, MINUTE_MS, "OUT-021");
          session.same(idOf(call), expected().dispatch()?.id, "OUT-023", `what is tried after ${n} silences`);
          session.same(underWay(session).length, 1, "OUT-020", "the attempts under way");
          const waitMs = Math.max(1, Math.floor(draws[n - 1] * Math.min(MINUTE_MS, 1_000 * 2 ** (n - 1))));
          session.same(call.atMs - fromMs, waitMs, "OUT-022", `the wait after ${n} silences`);
        }
        const round = expected();
        const wanted = all.map(() => round.dispatch()?.id);
        session.same(await answerAll(session, TAKEN), wanted, "OUT-023", "what is sent after the outage");
      });
    },
  },
  {
    id: "outbox/long-outage",
    requirements: ["OUT-021", "OUT-022"],
    title: "However long nobody answers, the next attempt comes within a minute",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const draw of [0, 0.999_999]) {
        await beginOutbox(session, { draws: [draw] });
        await published(session);
        for (let n = 1; n <= 30; n++) {
          await session.settle(sent(session, "OUT-021"), SILENCE);
          const fromMs = session.nowMs;
          const { atMs } = await sentWithin(session, MINUTE_MS, "OUT-021");
          const waitMs = Math.max(1, Math.floor(draw * Math.min(MINUTE_MS, 1_000 * 2 ** (n - 1))));
          session.same(atMs - fromMs, waitMs, "OUT-022", `the wait after ${n} silences`);
        }
      }
    },
  },
  {
    id: "outbox/one-that-nobody-answers",
    requirements: ["OUT-014", "OUT-024"],
    title: "A message that makes whoever stands between hang up holds nobody back for long",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.record({
        bad: fc.constantFrom(...prioritiesOf(session)),
        good: fc.array(fc.constantFrom(...prioritiesOf(session)), { minLength: 1, maxLength: 8 }),
      });
      await forAll(session, effort, drawn, async ({ bad, good }) => {
        await beginOutbox(session);
        const { id } = await published(session, { priority: bad });
        const others: Message[] = [];
        for (const priority of good) others.push(await published(session, { priority }));
        let left = others.length;
        for (let inARow = 0; left > 0;) {
          const call = await sentWithin(session, MINUTE_MS, "OUT-021");
          if (idOf(call) === id) {
            session.must(++inARow <= 10, "OUT-024", () => `${left} others are due, and it is tried ${inARow} times`);
            await session.settle(call, SILENCE);
            continue;
          }
          inARow = 0;
          left--;
          await session.settle(call, TAKEN);
        }
        for (const event of others) mustHaveEnded(session, event, "accepted", "OUT-024");
        await session.settle(await sentWithin(session, MINUTE_MS, "OUT-021"), again());
        session.same(session.steps({ id }, "ended"), [], "OUT-014", "the end of one that is charged once");
      });
    },
  },
];
