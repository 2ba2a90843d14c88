/**
 * Checks of the chapter Bus: dead letters, their redrive and their end.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { Json, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { type Session, START_MS } from "../session.ts";
import { cancel, inMs, letter, letterOf, lettersOf, mustEnd, ordersOf, refused } from "./_bus.ts";
import { beginWorld, type Ending, ENDINGS, nameOfEnding } from "./_endings.ts";

const needs = ["core", "registry"] as const;
/** Dead letters in memory by default. */
const MOST_LETTERS = 10_000;

/** See the module. */
export const DEAD_LETTER_CHECKS: readonly Check[] = [
  ...ENDINGS.map(letterFrom),
  {
    id: "dead-letters/history-of-a-long-run",
    requirements: ["BUS-079"],
    title: "The first 2 and the last 12 failed attempts of a long run are kept",
    kind: "scenario",
    needs: ["core", "registry", "durable"],
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted({ priority: "CRITICAL" });
      const attempts = 30;
      const begunMs: number[] = [];
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const call = await session.untilCall(600_000, "b");
        session.must(call !== undefined, "RET-046", `attempt ${attempt} follows`);
        begunMs[attempt] = call.atMs;
        await (attempt === attempts ? session.term(call) : session.nak(call));
      }
      const { history, attempts: told } = await letterOf(session, event);
      session.must(told === attempts, "BUS-077", `its attempts are ${attempts}, not ${told}`);
      const kept = (history as JsonObject[]).map(({ attempt }) => Number(attempt));
      for (const attempt of [1, 2, ...Array.from({ length: 12 }, (_, at) => attempts - 11 + at)]) {
        session.must(kept.includes(attempt), "BUS-079", () => `attempt ${attempt} is kept: ${kept.join(", ")}`);
      }
      session.must(kept.every((one, at) => at === 0 || kept[at - 1] < one), "BUS-079", "oldest first");
      for (const { attempt, atMs } of history as { readonly attempt: number; readonly atMs: number }[]) {
        // Each was answered in the millisecond in which it began.
        session.same(atMs, begunMs[attempt], "BUS-079", `the time of attempt ${attempt} in the history`);
      }
    },
  },
  {
    id: "dead-letters/id-of-the-delivery",
    requirements: ["BUS-080"],
    title: "The id of a dead letter is that of its delivery: a function of source, id, service and run",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const rounds: string[][] = [];
      for (const later of [0, 77_777]) {
        await session.start({ nowMs: START_MS + later });
        for (const name of ["b", "c"]) await session.member(name, { subscriptions: ["thing.*"] });
        const ids: string[] = [];
        for (const [source, id] of [["/x", "1"], ["/y", "1"], ["/x", "2"]]) {
          const event = await session.accepted({ source, id });
          for (const receiver of ["b", "c"]) {
            for (const run of [1, 2]) {
              const call = session.begun("BUS-019", receiver);
              session.must(call.run === run, "BUS-085", `run ${run} of ${receiver}, not ${call.run}`);
              await session.term(call);
              const own = (one: JsonObject) =>
                one.receiver === receiver && (one.envelope as JsonObject).source === source;
              const [found] = (await lettersOf(session, event)).filter(own);
              session.must(
                found?.id === call.deliveryId,
                "BUS-080",
                `the letter ${found?.id} is of ${call.deliveryId}`,
              );
              ids.push(String(found.id));
              if (run === 1) await letter(session, found, "redrive");
            }
          }
        }
        for (const id of ids) session.must(/^dlv_[A-Za-z0-9_-]{1,60}$/.test(id), "BUS-080", `${id} is no id`);
        session.must(new Set(ids).size === ids.length, "BUS-080", () => `each has an id of its own: ${ids.join(", ")}`);
        rounds.push(ids);
      }
      session.same(rounds[1], rounds[0], "BUS-080", "the ids of the same deliveries at another time");
    },
  },
  {
    id: "dead-letters/envelope-as-accepted",
    requirements: ["BUS-078"],
    title: "A dead letter holds the accepted envelope with every attribute, in structured mode",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const name = fc.stringMatching(/^x[a-z0-9]{1,15}$/);
      const value: fc.Arbitrary<Json> = fc.oneof(
        fc.stringMatching(/^[ -~]{1,20}$/),
        fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
        fc.boolean(),
      );
      const inputs = fc.record({
        extensions: fc.dictionary(name, value, { maxKeys: 6 }),
        data: fc.option(fc.jsonValue({ maxDepth: 4 }).map((one) => JSON.parse(JSON.stringify(one)) as Json), {
          nil: undefined,
        }),
      });
      await forAll(session, { ...effort, runs: Math.min(effort.runs, 100) }, inputs, async ({ extensions, data }) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const fields = { ...extensions, subject: "s", datacontenttype: "application/json", priority: "HIGH" };
        const event = await session.accepted({ ...fields, ...(data === undefined ? {} : { data }) });
        await session.term(session.begun("BUS-019", "b"));
        session.same((await letterOf(session, event)).envelope, event, "BUS-078", "the envelope of the dead letter");
      });
    },
  },
  {
    id: "dead-letters/oldest-are-dropped",
    requirements: ["BUS-083"],
    title: "Beyond the bound the oldest dead letter in memory is dropped",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ maxDeadLetters: 3 });
      await session.member("b", { subscriptions: ["thing.*"] });
      const ids: string[] = [];
      for (let n = 0; n < 7; n++) {
        ids.push((await session.accepted()).id);
        await session.term(session.begun("BUS-019", "b"));
        const kept = (await session.list("dead-letters")).map(({ envelope }) => (envelope as JsonObject).id);
        session.same(kept, ids.slice(-3), "BUS-083", `the dead letters after ${n + 1}`);
      }
    },
  },
  {
    id: "dead-letters/ten-thousand-by-default",
    requirements: ["BUS-083"],
    title: "By default 10,000 dead letters are kept in memory, and no more",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const services = 100;
      for (let n = 0; n < services; n++) await session.member(`s${n}`, { subscriptions: ["thing.*"] });
      const ids: string[] = [];
      for (let n = 0; n <= MOST_LETTERS / services; n++) {
        const event = await session.accepted({ deliverat: inMs(session, 60_000) });
        await cancel(session, event);
        ids.push(event.id);
      }
      const kept = (await session.list("dead-letters", "s0")).map(({ envelope }) => (envelope as JsonObject).id);
      session.same(kept, ids.slice(1), "BUS-083", "the dead letters of s0 when there were 10,100 in all");
    },
  },
  {
    id: "dead-letters/page-by-page",
    requirements: ["BUS-084"],
    title: "Pages of any length show every dead letter once, oldest first",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const inputs = fc.record({ count: fc.integer({ min: 0, max: 9 }), limit: fc.integer({ min: 1, max: 5 }) });
      await forAll(session, { ...effort, runs: Math.min(effort.runs, 40) }, inputs, async ({ count, limit }) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const ids: string[] = [];
        for (let n = 0; n < count; n++) {
          ids.push((await session.accepted()).id);
          await session.term(session.begun("BUS-019", "b"));
          if (n % 2 === 0) await session.advance(3);
        }
        const seen: JsonObject[] = [];
        let after: string | undefined;
        for (let page = 0; page < 40; page++) {
          const reply = await session.say({
            do: "list",
            what: "dead-letters",
            limit,
            ...(after === undefined ? {} : { after }),
          });
          const { entries = [], after: next } = (reply.ok ?? {}) as { entries?: JsonObject[]; after?: string | null };
          session.must(entries.length <= limit, "BUS-084", `a page of at most ${limit} has ${entries.length}`);
          seen.push(...entries);
          if (next === undefined || next === null) break;
          after = next;
        }
        const shown = seen.map(({ envelope }) => String((envelope as JsonObject).id));
        session.same(shown, ids, "BUS-084", `the dead letters by pages of ${limit}`);
      });
    },
  },
  {
    id: "dead-letters/redrive-from-every-outcome",
    requirements: ["BUS-085", "BUS-091"],
    title: "Whatever the outcome was, a redrive runs the delivery again with a whole budget",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const ending of ENDINGS) {
        if (["delivered", "expired", "receiver-gone", "instance-gone", "evicted"].includes(ending.outcome)) continue;
        const world = await beginWorld(session, ending);
        const event = await ending.end(session, world, {});
        const { priority } = await session.status(event);
        const reply = await letter(session, await letterOf(session, event), "redrive");
        session.must(reply.ok !== undefined, "BUS-085", () => `${ending.outcome}: ${JSON.stringify(reply)}`);
        session.same(await lettersOf(session, event), [], "BUS-085", "its dead letters after the redrive");
        const budget = priority === "LOW" ? 2 : 4;
        for (let attempt = 1; attempt <= budget; attempt++) {
          const call = await session.untilCall(20_000, "b");
          session.must(call !== undefined, "BUS-085", `attempt ${attempt} of run 2 after ${nameOfEnding(ending)}`);
          session.same([call.run, call.attempt], [2, attempt], "BUS-085", "run and attempt");
          await session.nak(call);
        }
        const ended = session.steps(event, "ended").map(({ run, outcome }) => [run, outcome]);
        session.same(ended, [[1, ending.outcome], [2, "exhausted"]], "BUS-091", "the outcomes of both runs");
        const second = await letterOf(session, event);
        session.same([second.run, second.attempts], [2, budget], "BUS-091", "the dead letter of run 2");
      }
    },
  },
  {
    id: "dead-letters/redrive-has-time-anew",
    requirements: ["BUS-085", "RET-016"],
    title: "The time after which the policy gives up begins anew with the redrive",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ policy: { maxElapsedMs: 10_000 } });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.term(session.begun("BUS-019", "b"));
      await session.advance(9_000);
      await letter(session, await letterOf(session, event), "redrive");
      await session.nak(session.begun("BUS-085", "b"), 60_000);
      await session.advance(9_999);
      session.must(session.steps(event, "ended").length === 1, "BUS-085", "run 2 has its 10,000 ms");
      await session.advance(1);
      const { run, outcome, reason } = await letterOf(session, event);
      session.same([run, outcome, reason], [2, "exhausted", "max-elapsed"], "RET-016", "how run 2 ends after them");
    },
  },
  {
    id: "dead-letters/redrive-of-one-receiver",
    requirements: ["BUS-085"],
    title: "A redrive runs its own delivery and no other of the message",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      for (const name of ["b", "c", "d"]) await session.member(name, { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.ack(session.begun("BUS-019", "b"));
      for (const name of ["c", "d"]) await session.term(session.begun("BUS-019", name));
      const letters = await lettersOf(session, event);
      const own = letters.find(({ receiver }) => receiver === "c");
      session.must(own !== undefined, "BUS-076", "c has a dead letter");
      await letter(session, own, "redrive");
      session.same(
        session.calls.map(({ receiver }) => receiver),
        ["c"],
        "BUS-085",
        "who is called by the redrive of c",
      );
      session.same(
        (await lettersOf(session, event)).map(({ receiver }) => receiver),
        ["d"],
        "BUS-085",
        "whose dead letters are left",
      );
      session.must((await session.delivery(event, "b")).outcome === "delivered", "BUS-030", "b stays delivered");
    },
  },
  {
    id: "dead-letters/redrive-refused",
    requirements: ["BUS-087", "BUS-088", "BUS-089", "BUS-090"],
    title: "A redrive that cannot be is refused for its reason, and the letter kept as it was",
    kind: "hostile",
    needs,
    async run(session: Session) {
      for (const why of ["expired", "gone", "full", "never was"]) {
        await session.start({ capacity: 1 });
        const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted({ expirytime: inMs(session, 60_000) });
        await session.term(session.begun("BUS-019", "b"));
        const before = await letterOf(session, event);
        if (why === "expired") await session.advance(60_000);
        if (why === "gone") await session.registry("service.deregister", { lease, service: true });
        if (why === "full") await session.accepted();
        const id = why === "never was" ? "dlv_0000000000000000" : String(before.id);
        const [code, requirement] = {
          expired: ["message-expired", "BUS-088"],
          gone: ["target-unknown", "BUS-089"],
          full: ["queue-full", "BUS-090"],
          "never was": ["dead-letter-unknown", "BUS-087"],
        }[why]!;
        refused(session, await letter(session, { id }, "redrive"), code, requirement, `the redrive (${why})`);
        session.same(await letterOf(session, event), before, requirement, "the dead letter after the refusal");
        session.must((await session.delivery(event)).run === 1, requirement, "no run was begun");
        if (why === "never was") refused(session, await letter(session, { id }, "discard"), code, requirement);
        if (why === "gone") await session.member("b", { subscriptions: ["thing.*"] });
        if (why === "full") await session.ack(session.begun("BUS-019", "b"));
        if (why === "expired") continue;
        const again = await letter(session, before, "redrive");
        session.must(again.ok !== undefined, "BUS-085", () => `once it can be (${why}): ${JSON.stringify(again)}`);
      }
    },
  },
  {
    id: "dead-letters/redrive-to-an-instance",
    requirements: ["BUS-089"],
    title: "A redrive to an instance that has left is refused, though its service is there",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("b", { instance: "i1" });
      await session.member("b", { instance: "i2" });
      const event = await session.accepted({ target: "b@i1" });
      await session.term(session.begun("BUS-018", "b"));
      await session.registry("service.deregister", { lease });
      const found = await letterOf(session, event);
      refused(session, await letter(session, found, "redrive"), "target-unknown", "BUS-089", "the redrive to i1");
      session.same(await letterOf(session, event), found, "BUS-089", "the dead letter after the refusal");
      await session.member("b", { instance: "i1" });
      const again = await letter(session, found, "redrive");
      session.must(again.ok !== undefined, "BUS-085", () => `once i1 is back: ${JSON.stringify(again)}`);
      session.same(session.begun("BUS-085", "b").instance, "i1", "BUS-026", "the instance that is called");
    },
  },
  {
    id: "dead-letters/redrive-evicts-nothing",
    requirements: ["BUS-090"],
    title: "A redrive to a full target is refused, though what waits there is of a lower priority",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 2, maxInFlight: 1 });
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted({ priority: "HIGH" });
      await session.term(session.begun("BUS-019", "b"));
      await session.accepted({ priority: "LOW" });
      const waiting = await session.accepted({ priority: "LOW" });
      const found = await letterOf(session, event);
      refused(session, await letter(session, found, "redrive"), "queue-full", "BUS-090", "the redrive");
      session.same(session.steps(waiting, "ended"), [], "BUS-090", "the end of what waits");
      session.same(await letterOf(session, event), found, "BUS-090", "the dead letter after the refusal");
      const arrival = await session.publish(session.event({ priority: "HIGH" }));
      session.must(arrival.ok !== undefined, "PRI-035", () => `an arrival has a place: ${JSON.stringify(arrival)}`);
    },
  },
  {
    id: "dead-letters/redrive-at-expiry",
    requirements: ["BUS-088"],
    title: "One millisecond before its expirytime a letter may be redriven, and at it no more",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const early of [true, false]) {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted({ expirytime: inMs(session, 5_000) });
        await session.term(session.begun("BUS-019", "b"));
        await session.advance(early ? 4_999 : 5_000);
        const reply = await letter(session, await letterOf(session, event), "redrive");
        if (!early) refused(session, reply, "message-expired", "BUS-088", "the redrive at its expirytime");
        else session.must(reply.ok !== undefined, "BUS-085", () => `1 ms before it: ${JSON.stringify(reply)}`);
      }
    },
  },
  {
    id: "dead-letters/two-deeds-in-every-order",
    requirements: ["BUS-087", "BUS-092", "BUS-029"],
    title: "A letter is redriven or discarded once: of redrive, redrive and discard the first alone is done",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const order of ordersOf(["redrive", "discard", "redrive"] as const)) {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted();
        await session.term(session.begun("BUS-019", "b"));
        const found = await letterOf(session, event);
        for (const [at, deed] of order.entries()) {
          const reply = await letter(session, found, deed);
          const requirement = deed === "redrive" ? "BUS-085" : "BUS-092";
          if (at > 0) refused(session, reply, "dead-letter-unknown", "BUS-087", `${deed} after ${order[0]}`);
          else session.must(reply.ok !== undefined, requirement, () => `${deed}: ${JSON.stringify(reply)}`);
        }
        const wanted = order[0] === "redrive" ? 1 : 0;
        session.must(session.calls.length === wanted, "BUS-092", `${session.calls.length} attempts after ${order[0]}`);
        session.same(await lettersOf(session, event), [], "BUS-092", "its dead letters");
        await session.advance(60_000);
        const runs = new Set(session.steps(event, "attempt").map(({ run }) => run));
        session.must(runs.size === 1 + wanted, "BUS-029", `${runs.size} runs`);
      }
    },
  },
  {
    id: "dead-letters/redriven-meets-its-end",
    requirements: ["BUS-091"],
    title: "A redriven run is cancelled, expires and loses its receiver like a first one",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const [deed, outcome] of [["cancel", "cancelled"], ["expire", "expired"], ["gone", "receiver-gone"]]) {
        await session.start();
        const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted({ expirytime: inMs(session, 9_000) });
        await session.term(session.begun("BUS-019", "b"));
        await letter(session, await letterOf(session, event), "redrive");
        await session.nak(session.begun("BUS-085", "b"), 60_000);
        if (deed === "cancel") await cancel(session, event);
        if (deed === "expire") await session.advance(9_000);
        if (deed === "gone") await session.registry("service.deregister", { lease, service: true });
        const ended = session.steps(event, "ended").map((step) => [step.run, step.outcome]);
        session.same(ended, [[1, "rejected"], [2, outcome]], "BUS-091", `the outcomes after ${deed}`);
      }
    },
  },
  {
    id: "dead-letters/discarded-for-good",
    requirements: ["BUS-092", "BUS-030"],
    title: "A discarded letter does not come back, and its outcome stays in the status",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.term(session.begun("BUS-019", "b"));
      await letter(session, await letterOf(session, event), "discard");
      await session.publish(event);
      await session.advance(60_000);
      session.same(await session.list("dead-letters"), [], "BUS-092", "the dead letters later");
      session.must((await session.delivery(event)).outcome === "rejected", "BUS-030", "its outcome stays");
      mustEnd(session, event, "rejected", "BUS-030", START_MS);
    },
  },
];

/** An outcome and what its dead letter says. */
function letterFrom(ending: Ending): Check {
  const { outcome, reason, attempts } = ending;
  const delivered = outcome === "delivered";
  return {
    id: `dead-letters/${delivered ? "none-of-what-is-delivered" : nameOfEnding(ending)}`,
    requirements: delivered ? ["BUS-076"] : ["BUS-076", "BUS-077", "BUS-081"],
    title: delivered
      ? "What is delivered, if late, becomes no dead letter"
      : `The outcome ${outcome} becomes a dead letter with the reason ${reason}`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      const world = await beginWorld(session, ending);
      const acceptedMs = session.nowMs;
      const event = await ending.end(session, world, {});
      if (delivered) {
        return session.same(await session.list("dead-letters"), [], "BUS-076", "the dead letters of what is delivered");
      }
      const found = await letterOf(session, event);
      const { history, envelope: _, id: __, ...rest } = found;
      const wanted: JsonObject = {
        receiver: "b",
        run: 1,
        outcome,
        reason,
        attempts,
        acceptedMs,
        endedMs: session.nowMs,
        durable: false,
      };
      for (const [name, value] of Object.entries(wanted)) {
        session.same(rest[name], value, name === "reason" ? "BUS-081" : "BUS-077", `${name} of the dead letter`);
      }
      session.must(Array.isArray(history), "BUS-077", "it has a history");
      const failures = (history as JsonObject[]).map((one) => [one.attempt, one.instance, one.reason]);
      const failed = Array.from({ length: attempts }, (_, at) => [at + 1, "i1", "nak"]);
      if (outcome === "rejected") failed[attempts - 1][2] = "term";
      session.same(failures, failed, "BUS-079", "the failed attempts in its history");
      const told = session.steps(event, "dead-letter");
      session.must(told.length === 1, "BUS-106", `${told.length} steps tell of one dead letter`);
    },
  };
}
