/**
 * Checks of the chapter Registry: health checks, thresholds, and who is called.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer, OtherCall } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { registryEvents } from "./_registered.ts";

const needs = ["core", "registry"] as const;
const INTERVAL_MS = 10_000;
const CHECK_TIMEOUT_MS = 5_000;
const PASS = health(200, '{"status":"pass"}');
const FAIL = health(503, '{"status":"fail"}');

/** See the module. */
export const HEALTH_CHECKS: readonly Check[] = [
  {
    id: "health/every-interval",
    requirements: ["REG-046"],
    title: "Each instance is asked every healthIntervalMs, first after one at the latest",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const intervalMs of [1_000, undefined, 60_000]) {
        await session.start(intervalMs === undefined ? {} : { healthIntervalMs: intervalMs });
        session.manualHealth = true;
        const everyMs = intervalMs ?? INTERVAL_MS;
        const registered = new Map<string, number>();
        const asked = new Map<string, number[]>();
        const note = (call: OtherCall) => {
          const instance = instanceOf(session, call);
          asked.set(instance, [...asked.get(instance) ?? [], call.atMs]);
          return PASS;
        };
        for (const instance of ["i1", "i2"]) {
          await session.member("b", { instance });
          registered.set(instance, session.nowMs);
          await pass(session, 300, note);
        }
        await pass(session, 6 * everyMs, note);
        for (const [instance, sinceMs] of registered) {
          const [first, ...rest] = asked.get(instance) ?? [];
          session.must(
            first !== undefined && first - sinceMs <= everyMs,
            "REG-046",
            `${instance} is asked within ${everyMs} ms, first after ${first - sinceMs} ms`,
          );
          session.must(rest.length >= 4, "REG-046", `${instance} is asked ${rest.length + 1} times in 6 intervals`);
          for (const [at, atMs] of rest.entries()) {
            const beforeMs = at === 0 ? first : rest[at - 1];
            session.same(atMs - beforeMs, everyMs, "REG-046", `ms between two checks of ${instance}`);
          }
        }
      }
    },
  },
  {
    id: "health/where-it-asks",
    requirements: ["REG-046"],
    title: "The check is a GET of the path that the registration says, relative to the endpoint",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const path of [undefined, "status/live", "h"]) {
        await session.start();
        session.manualHealth = true;
        await session.member("b", path === undefined ? {} : { health: path });
        let request: OtherCall["request"];
        await pass(session, INTERVAL_MS, (call) => {
          request = call.request;
          return PASS;
        });
        session.same(
          [request?.method, request?.url],
          ["GET", `http://127.0.0.1:9/b/i1/${path ?? "health"}`],
          "REG-046",
          "the request of a check",
        );
      }
    },
  },
  {
    id: "health/answers",
    requirements: ["REG-047"],
    title: "Each answer to a check counts as the table says",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const words = (list: string) => list.split(" ").map((word) => health(200, JSON.stringify({ status: word })));
      const passed: CallAnswer[] = [
        ...words("pass ok up warn PASS Ok uP Warn"),
        health(204, ""),
        health(200, ""),
        health(200, "fine"),
        health(200, "{}"),
        health(200, '{"status":7}'),
        health(200, '{"status":"unknown"}'),
        health(200, "[]"),
        health(299, '{"status":"pass","version":"1.2.0","checks":{}}'),
        { status: 200, headers: { "content-type": "text/plain" }, body: "ok" },
      ];
      const failed: CallAnswer[] = [
        ...words("fail error down FAIL Error doWN"),
        health(503, '{"status":"pass"}'),
        health(500, ""),
        health(404, '{"status":"pass"}'),
        health(401, ""),
        { status: 302, headers: { location: "http://127.0.0.1:9/b/i1/other" }, body: '{"status":"pass"}' },
        { status: 304, headers: {}, body: "" },
        { fault: "unreachable" },
      ];
      for (const [answers, passes] of [[passed, true], [failed, false]] as const) {
        for (const answer of answers) {
          await judgedBy(session, [FAIL, FAIL, answer], "REG-047", !passes, answer);
          if (passes) await judgedBy(session, [FAIL, FAIL, answer, FAIL, FAIL], "REG-047", false, answer);
        }
      }
    },
  },
  {
    id: "health/long-documents",
    requirements: ["REG-054"],
    title: "A document is read up to 65,536 bytes: a status within counts, one behind them is not seen",
    kind: "hostile",
    needs,
    async run(session: Session) {
      const pad = (bytes: number) => "x".repeat(bytes);
      const within = `{"status":"fail","pad":"${pad(65_536 - 26)}"}`;
      const beyond = `{"pad":"${pad(70_000)}","status":"fail"}`;
      session.must(within.length === 65_536, "REG-054", `the document has ${within.length} bytes`);
      await judgedBy(session, [FAIL, FAIL, health(200, within)], "REG-054", true, FAIL);
      await judgedBy(session, [FAIL, FAIL, health(200, beyond)], "REG-054", false, PASS);
    },
  },
  {
    id: "health/no-answer-in-time",
    requirements: ["REG-047"],
    title: "A check without an answer within 5,000 ms has failed, one answered before that has not",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const late of [false, true]) {
        await session.start();
        session.manualHealth = true;
        await session.member("b");
        for (let checks = 0; checks < 2; checks++) await oneCheck(session, FAIL);
        const call = await nextCheck(session);
        await pass(session, CHECK_TIMEOUT_MS - 1 - (session.nowMs - call.atMs), () => undefined);
        session.same(registryEvents(session, "unhealthy"), [], "REG-047", "the events 1 ms before its time has passed");
        if (!late) await session.settle(call, PASS);
        await pass(session, 1, () => undefined);
        session.same(
          registryEvents(session, "unhealthy"),
          late ? ["unhealthy b@i1 checks"] : [],
          "REG-047",
          late ? "the events when it has passed" : "the events after an answer in time",
        );
      }
    },
  },
  {
    id: "health/thresholds",
    requirements: ["REG-048", "REG-050"],
    title: "3 failed checks in a row make unhealthy, 2 passed ones healthy, and nothing between does",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const runs = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 8 });
      await forAll(session, effort, runs, async (runs) => {
        await session.start();
        session.manualHealth = true;
        await session.member("b");
        let healthy = true;
        let row = 0;
        let last: boolean | undefined;
        const wanted: string[] = [];
        for (const passes of runs.flatMap(([passes, times]) => Array<boolean>(times).fill(passes))) {
          row = passes === last ? row + 1 : 1;
          last = passes;
          if (healthy && !passes && row === 3) wanted.push("unhealthy b@i1 checks");
          if (!healthy && passes && row === 2) wanted.push("healthy b@i1 checks");
          healthy = wanted.length % 2 === 0;
          await oneCheck(session, passes ? PASS : FAIL);
          const found = registryEvents(session, "unhealthy", "healthy");
          const requirement = (found.length > wanted.length ? found : wanted).at(-1)?.startsWith("healthy") === true
            ? "REG-050"
            : "REG-048";
          session.same(
            found,
            wanted,
            requirement,
            `the events after ${row} in a row that ${passes ? "passed" : "failed"}`,
          );
        }
      });
    },
  },
  {
    id: "health/verdicts",
    requirements: ["REG-049"],
    title: "3 verdicts charged to its health with no ack or term between make an instance unhealthy",
    kind: "model",
    needs: ["core", "registry", "http"],
    async run(session: Session, effort: Effort) {
      const verdict = fc.constantFrom("charged", "charged", "charged", "ack", "term");
      await forAll(session, effort, fc.array(verdict, { minLength: 3, maxLength: 10 }), async (verdicts) => {
        await session.start({ healthIntervalMs: 0 });
        await session.member("b");
        let charged = 0;
        for (const verdict of verdicts) {
          await session.accepted({ target: "b", priority: "LOW" });
          const call = session.begun("BUS-018", "b");
          const status = verdict === "charged" ? 403 : verdict === "ack" ? 200 : 422;
          await session.settle(call, { status, headers: {}, body: "" });
          charged = verdict === "charged" ? charged + 1 : 0;
          // The retry of a nak: a second charge.
          const retry = session.peek("b");
          if (retry !== undefined) {
            await session.settle(retry, { status: 401, headers: {}, body: "" });
            charged++;
          }
          session.same(
            registryEvents(session, "unhealthy"),
            charged >= 3 ? ["unhealthy b@i1 verdicts"] : [],
            "REG-049",
            `the events after ${charged} charged verdicts in a row`,
          );
          if (charged >= 3) return;
        }
      });
    },
  },
  {
    id: "health/only-checks-heal",
    requirements: ["REG-050"],
    title: "Acks, terms and renewals do not make an unhealthy instance healthy; two passed checks do",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      session.manualHealth = true;
      const { lease } = await session.member("b");
      for (let i = 0; i < 3; i++) await oneCheck(session, FAIL);
      session.same(registryEvents(session, "unhealthy").length, 1, "REG-048", "events of lost health");
      for (const verdict of ["ack", "term", "ack", "ack"] as const) {
        await session.accepted({ target: "b" });
        await session.settle(session.begun("REG-045", "b"), { verdict });
        await session.registry("service.renew", { lease });
      }
      await oneCheck(session, PASS);
      await oneCheck(session, FAIL);
      await oneCheck(session, PASS);
      session.same(registryEvents(session, "healthy"), [], "REG-050", "events of health that came back");
      await oneCheck(session, PASS);
      session.same(
        registryEvents(session, "healthy"),
        ["healthy b@i1 checks"],
        "REG-050",
        "events after two that passed",
      );
    },
  },
  {
    id: "health/new-is-healthy",
    requirements: ["REG-042", "REG-051", "REG-052"],
    title: "A new instance is healthy at once, and gets all that an unhealthy one would",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      session.manualHealth = true;
      await session.member("b");
      for (let i = 0; i < 3; i++) await oneCheck(session, FAIL);
      await session.member("b", { instance: "i2" });
      for (let i = 0; i < 20; i++) {
        await session.accepted({ target: "b" });
        const call = session.begun("REG-051", "b");
        session.must(call.instance === "i2", "REG-052", "an unhealthy instance is called beside a healthy one");
        if (i % 2 === 0) await session.ack(call);
        else {
          await session.nak(call);
          const retry = session.begun("RET-017", "b");
          session.must(retry.instance === "i2", "REG-042", "the retry goes to the unhealthy one");
          await session.ack(retry);
        }
      }
    },
  },
  {
    id: "health/unhealthy-is-better-than-none",
    requirements: ["REG-045"],
    title: "Unhealthy instances are called while there is no healthy one",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      session.manualHealth = true;
      for (const instance of ["i1", "i2"]) await session.member("b", { instance });
      for (let i = 0; i < 3; i++) await oneCheck(session, FAIL, 2);
      session.same(registryEvents(session, "unhealthy").length, 2, "REG-048", "events of lost health");
      for (let i = 0; i < 5; i++) {
        const event = await session.accepted({ target: "b" });
        await session.ack(session.begun("REG-045", "b"));
        session.same((await session.delivery(event)).outcome, "delivered", "REG-045", "its outcome");
      }
    },
  },
  {
    id: "health/unhealthy-not-called-behind-breakers",
    requirements: ["REG-052"],
    title: "With the breakers of all healthy ones open a delivery waits, unless it may go to no other",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ draws: [0] });
      session.manualHealth = true;
      for (const instance of ["i1", "i2"]) await session.member("b", { instance });
      // Only i1 fails its checks.
      const only = (call: OtherCall) => instanceOf(session, call) === "i1" ? FAIL : PASS;
      for (let checks = 0; checks < 5; checks++) {
        await pass(session, INTERVAL_MS, only);
        if (registryEvents(session, "unhealthy").length > 0) break;
      }
      session.same(registryEvents(session, "unhealthy"), ["unhealthy b@i1 checks"], "REG-048", "the events");
      for (let failures = 0; failures < 10; failures++) {
        if (failures % 2 === 0) await session.accepted({ target: "b", priority: "LOW" });
        const call = session.begun("RET-017", "b");
        session.must(call.instance === "i2", "REG-052", "an unhealthy instance is called beside a healthy one");
        await session.nak(call);
      }
      await session.accepted({ target: "b", priority: "HIGH" });
      session.must(session.peek("b") === undefined, "REG-052", "the unhealthy one is called for the open breaker");
      const own = await session.accepted({ target: "b@i1", priority: "HIGH" });
      const call = session.begun("BUS-026", "b");
      session.must(call.instance === "i1" && call.envelope.id === own.id, "BUS-026", "what is for i1 goes there");
      await session.ack(call);
      await pass(session, INTERVAL_MS, only);
      session.same(session.begun("RET-063", "b").instance, "i2", "REG-052", "who is called after the breaker's time");
    },
  },
  {
    id: "health/no-check-beside-another",
    requirements: ["REG-053"],
    title: "While a check runs no other is begun for the instance",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 1_000 });
      session.manualHealth = true;
      await session.member("b");
      const begun: number[] = [];
      await pass(session, 30_000, (call) => {
        begun.push(call.atMs);
        return undefined;
      });
      session.must(begun.length >= 2, "REG-046", `${begun.length} checks are begun in 30 s`);
      for (const [at, atMs] of begun.entries()) {
        if (at === 0) continue;
        session.must(
          atMs - begun[at - 1] >= CHECK_TIMEOUT_MS,
          "REG-053",
          `a check is begun ${atMs - begun[at - 1]} ms after one that is not answered`,
        );
      }
    },
  },
  {
    id: "health/of-each-instance",
    requirements: ["REG-048"],
    title: "The failed checks of one instance do not count for another",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      session.manualHealth = true;
      for (const instance of ["i1", "i2", "i3"]) await session.member("b", { instance });
      const checks = new Map<string, number>();
      await pass(session, 20 * INTERVAL_MS, (call) => {
        const instance = instanceOf(session, call);
        const count = (checks.get(instance) ?? Number(instance.slice(1))) + 1;
        checks.set(instance, count);
        // Each fails twice of three checks, never three times in a row.
        return count % 3 === 0 ? PASS : FAIL;
      });
      session.same(registryEvents(session, "unhealthy"), [], "REG-048", "events of lost health");
    },
  },
];

/** Checks that are to stay without an answer. */
const LEFT = new WeakSet<OtherCall>();

function health(status: number, body: string): CallAnswer {
  return { status, headers: { "content-type": "application/health+json" }, body };
}

function instanceOf(session: Session, { request }: OtherCall): string {
  const path = /^http:\/\/127\.0\.0\.1:9\/b\/(i[0-9]+)\/health$/.exec(request?.url ?? "");
  session.must(path !== null, "REG-046", () => `a check asks ${canonical(request ?? null)}`);
  return path[1];
}

/** Lets time pass; each check that is begun is answered at once, or left open. */
async function pass(
  session: Session,
  ms: number,
  answer: (call: OtherCall) => CallAnswer | undefined,
): Promise<void> {
  const untilMs = session.nowMs + ms;
  for (;;) {
    for (const call of session.otherCalls.filter((one) => one.for === "health" && !LEFT.has(one))) {
      const given = answer(call);
      if (given !== undefined) await session.settle(call, given);
      else LEFT.add(call);
    }
    if (session.nowMs >= untilMs) return;
    await session.say({ do: "advance", toMs: untilMs });
  }
}

/** The next check that is begun. */
async function nextCheck(session: Session): Promise<OtherCall> {
  const untilMs = session.nowMs + 2 * INTERVAL_MS;
  for (;;) {
    const call = session.otherCalls.find((one) => one.for === "health" && !LEFT.has(one));
    if (call !== undefined) return call;
    session.must(session.nowMs < untilMs, "REG-046", "no check is begun in two intervals");
    await session.say({ do: "advance", toMs: untilMs });
  }
}

/** Answers one check of each instance. */
async function oneCheck(session: Session, answer: CallAnswer, instances = 1): Promise<void> {
  for (let i = 0; i < instances; i++) await session.settle(await nextCheck(session), answer);
}

/** Answers checks one after another; the instance must (not) be unhealthy in the end. */
async function judgedBy(
  session: Session,
  answers: readonly CallAnswer[],
  requirement: string,
  unhealthy: boolean,
  about: CallAnswer,
): Promise<void> {
  await session.start();
  session.manualHealth = true;
  await session.member("b");
  let checks = 0;
  await pass(session, (answers.length + 1) * INTERVAL_MS, () => checks < answers.length ? answers[checks++] : PASS);
  session.must(
    (registryEvents(session, "unhealthy").length > 0) === unhealthy,
    requirement,
    () => `${canonical(about)} counts as ${unhealthy ? "failed" : "passed"}`,
  );
}
