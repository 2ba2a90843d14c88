/**
 * Checks of the chapter Bus: what the status shows, and who is told of an outcome.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { DeliveryCall, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { letter, letterOf, refused } from "./_bus.ts";
import { beginWorld, type Ending, ENDINGS, nameOfEnding } from "./_endings.ts";

const needs = ["core", "registry"] as const;
const DAY_MS = 86_400_000;

/** See the module. */
export const RECEIPT_CHECKS: readonly Check[] = [
  ...ENDINGS.map(receiptOf),
  {
    id: "receipts/nobody-asked",
    requirements: ["BUS-065"],
    title: "A publisher that is no service, or did not ask, gets no receipt for any outcome",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const deaf = await session.member("deaf");
      const mute = await session.member("mute", { receipts: false });
      await session.member("asked", { receipts: true });
      await session.member("b", { subscriptions: ["thing.*"] });
      for (const more of [{}, { lease: deaf.lease }, { lease: mute.lease }]) {
        for (const verdict of ["ack", "term"] as const) {
          await session.accepted({}, more);
          await session.settle(session.begun("BUS-019", "b"), { verdict });
        }
      }
      await session.advance(5_000);
      session.same(session.calls.map(({ receiver }) => receiver), [], "BUS-065", "who gets a receipt unasked");
    },
  },
  {
    id: "receipts/one-for-each-delivery-and-run",
    requirements: ["BUS-064", "BUS-067"],
    title: "Each receiver and each run has one receipt, each with an id of its own",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const inputs = fc.array(fc.array(fc.constantFrom("ack", "term"), { minLength: 1, maxLength: 3 }), {
        minLength: 1,
        maxLength: 4,
      });
      await forAll(session, { ...effort, runs: Math.min(effort.runs, 60) }, inputs, async (plans) => {
        await session.start();
        const { lease } = await session.member("a", { receipts: true });
        for (const at of plans.keys()) await session.member(`s${at}`, { subscriptions: ["thing.*"] });
        const event = await session.accepted({}, { lease });
        const wanted: string[] = [];
        const told: string[] = [];
        const ids = new Set<unknown>();
        for (const [at, plan] of plans.entries()) {
          for (const [before, verdict] of plan.entries()) {
            const receiver = `s${at}`;
            const call = session.peek(receiver);
            if (call === undefined) break;
            await session.settle(call, { verdict: verdict as "ack" });
            wanted.push(JSON.stringify([receiver, before + 1, verdict === "ack" ? "delivered" : "rejected"]));
            for (const { data, id } of (await receiptsNow(session)).map(({ envelope }) => envelope)) {
              const { receiver, run, outcome } = data as JsonObject;
              told.push(JSON.stringify([receiver, run, outcome]));
              ids.add(id);
            }
            if (verdict === "ack") break;
            const letters = (await session.list("dead-letters")).filter((one) => one.receiver === receiver);
            await letter(session, letters.at(-1)!, "redrive");
          }
        }
        session.same(told.toSorted(), wanted.toSorted(), "BUS-064", `the receipts of ${event.id}`);
        session.must(ids.size === told.length, "BUS-067", () => `${told.length} receipts have ${ids.size} ids`);
      });
    },
  },
  {
    id: "receipts/id-of-the-delivery-alone",
    requirements: ["BUS-067"],
    title: "The same delivery has the same receipt, however and whenever it ended",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const ids = new Set<unknown>();
      for (const naks of [0, 1, 2, 3]) {
        await session.start();
        const { lease } = await session.member("a", { receipts: true });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted({ id: "the-same" }, { lease });
        for (let n = 0; n < naks; n++) {
          const call = await session.untilCall(10_000, "b");
          session.must(call !== undefined, "RET-046", "the next attempt follows");
          await session.nak(call);
        }
        const last = await session.untilCall(10_000, "b");
        session.must(last !== undefined, "RET-046", "the next attempt follows");
        await session.ack(last);
        ids.add(session.begun("BUS-064", "a").envelope.id);
      }
      session.must(ids.size === 1, "BUS-067", () => `one delivery has the receipts ${[...ids].join(", ")}`);
    },
  },
  {
    id: "receipts/to-the-instance-that-published",
    requirements: ["BUS-070"],
    title: "A receipt goes to the instance that published while it lives, and to another of its service after it",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const members = [];
      for (const instance of ["i1", "i2", "i3"]) members.push(await session.member("a", { receipts: true, instance }));
      await session.member("b", { subscriptions: ["thing.*"] });
      for (let n = 0; n < 6; n++) {
        const { lease, instance } = members[n % 3];
        await session.accepted({}, { lease });
        await session.ack(session.begun("BUS-019", "b"));
        const receipt = session.begun("BUS-064", "a");
        session.must(receipt.instance === instance, "BUS-070", `it goes to ${receipt.instance}, not ${instance}`);
        await session.ack(receipt);
      }
      await session.accepted({}, { lease: members[1].lease });
      await session.registry("service.deregister", { lease: members[1].lease });
      await session.ack(session.begun("BUS-019", "b"));
      const elsewhere = session.begun("BUS-070", "a");
      session.must(elsewhere.instance !== "i2", "BUS-070", "i2 has left, and its receipt goes to another");
      await session.ack(elsewhere);
      await session.accepted({}, { lease: members[0].lease });
      await session.ack(session.begun("BUS-019", "b"));
      await session.nak(session.begun("BUS-064", "a"), 5_000);
      await session.registry("service.deregister", { lease: members[0].lease });
      const later = await session.untilCall(10_000, "a");
      session.must(later?.instance === "i3", "BUS-070", `a receipt that waits goes to i3, not ${later?.instance}`);
    },
  },
  {
    id: "receipts/cause-none",
    requirements: ["BUS-072"],
    title: "Whatever becomes of a receipt, there is no receipt of it",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const verdict of ["ack", "term", "nak"] as const) {
        await session.start();
        // It subscribes to receipts by every means there is.
        const { lease } = await session.member("a", {
          receipts: true,
          subscriptions: [">", "message.delivered", "message.failed", "message.*"],
        });
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted({ target: "b", priority: "LOW" }, { lease });
        await session.ack(session.begun("BUS-018", "b"));
        const about = new Set<string>();
        for (let n = 0; n < 10; n++) {
          const call = await session.untilCall(10_000, "a");
          if (call === undefined) break;
          about.add(String((call.envelope.data as JsonObject).id));
          await session.settle(call, { verdict });
        }
        session.same([...about], [event.id], "BUS-072", `what receipts are about, after ${verdict}`);
      }
    },
  },
  {
    id: "receipts/queued-for-a-full-target",
    requirements: ["BUS-074"],
    title: "A receipt comes though its service is full, and takes the place of nothing",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 1 });
      const { lease } = await session.member("a", { receipts: true });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.accepted({ target: "a" });
      const held = session.begun("BUS-018", "a");
      for (const priority of ["LOW", "HIGH"]) {
        refused(session, await session.publish(session.event({ target: "a", priority })), "queue-full", "PRI-038");
        const event = await session.accepted({ priority }, { lease });
        await session.ack(session.begun("BUS-019", "b"));
        const receipt = session.calls.find(({ call, receiver }) => receiver === "a" && call !== held.call);
        session.must(receipt !== undefined, "BUS-074", `the receipt of ${event.id} is queued though a is full`);
        session.must(receipt.envelope.causationid === event.id, "BUS-074", "it is about the message");
        await session.ack(receipt);
      }
      await session.ack(held);
      session.same(await session.list("dead-letters"), [], "BUS-074", "what had to give way");
    },
  },
  {
    id: "receipts/retried-by-priority",
    requirements: ["BUS-068", "BUS-075"],
    title: "A receipt that fails is retried as often as a message of its priority",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const [priority, attempts] of [["LOW", 2], ["NORMAL", 4]] as const) {
        await session.start();
        const { lease } = await session.member("a", { receipts: true });
        await session.member("b", { subscriptions: ["thing.*"] });
        await session.accepted({ priority }, { lease });
        await session.ack(session.begun("BUS-019", "b"));
        const waits: number[] = [];
        let beforeMs = session.nowMs;
        for (let n = 0; n < 12; n++) {
          const call = await session.untilCall(60_000, "a");
          if (call === undefined) break;
          session.must(call.envelope.priority === priority, "BUS-068", `its priority is ${call.envelope.priority}`);
          waits.push(call.atMs - beforeMs);
          beforeMs = call.atMs;
          await session.nak(call);
        }
        const wanted = [0, 0, 500, 1_000].slice(0, attempts);
        session.same(waits, wanted, "BUS-075", `the waits between the attempts of a ${priority} receipt`);
      }
    },
  },
  {
    id: "receipts/lease-of-the-publish",
    requirements: ["BUS-071"],
    title: "Over HTTP the publishing instance is the one whose lease token the publish carried",
    kind: "scenario",
    needs: ["core", "registry", "http"],
    async run(session: Session) {
      await session.start();
      const members = [];
      for (const instance of ["i1", "i2"]) members.push(await session.member("a", { receipts: true, instance }));
      await session.member("b", { subscriptions: ["thing.*"] });
      for (const { lease, instance } of [...members, ...members]) {
        const answer = await session.say({
          do: "request",
          method: "POST",
          path: "/messages",
          headers: { "content-type": "application/cloudevents+json", "bellhop-lease": lease },
          body: JSON.stringify(session.event()),
        });
        session.must(answer.ok?.status === 202, "BUS-071", () => `a publish was answered ${JSON.stringify(answer)}`);
        await session.ack(session.begun("BUS-019", "b"));
        const receipt = session.begun("BUS-064", "a");
        session.must(receipt.instance === instance, "BUS-071", `it goes to ${receipt.instance}, not ${instance}`);
        await session.ack(receipt);
      }
    },
  },
  {
    id: "status/step-by-step",
    requirements: ["BUS-061", "BUS-062"],
    title: "At each step the status shows state, attempts and the next due time",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const asked = fc.constantFrom(0, 0, 0, 40, 3_000);
      const inputs = fc.record({
        asked: fc.array(asked, { maxLength: 8 }),
        end: fc.constantFrom("ack" as const, "term" as const),
        delayMs: fc.constantFrom(0, 0, 2_000),
      });
      await forAll(session, effort, inputs, async ({ asked, end, delayMs }) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"] });
        const event = await session.accepted({ priority: "HIGH" }, delayMs > 0 ? { delayMs } : {});
        const see = async (state: string, attempts: number, dueMs?: number, outcome?: string) => {
          const view = await session.delivery(event);
          const told = [view.receiver, view.run, view.state, view.attempts, view.outcome, view.nextAttemptMs];
          const requirement = view.attempts === attempts ? "BUS-061" : "BUS-062";
          session.same(told, ["b", 1, state, attempts, outcome, dueMs], requirement, "the delivery in the status");
          session.judged.add("BUS-062");
        };
        if (delayMs > 0) await see("delayed", 0, session.nowMs + delayMs);
        let attempt = 0;
        for (const askedMs of asked) {
          const call = await session.untilCall(600_000, "b");
          session.must(call !== undefined, "RET-046", `attempt ${attempt + 1} follows`);
          await see("in-flight", ++attempt);
          await (askedMs > 0 ? session.nak(call, askedMs) : session.nak(call));
          const computedMs = attempt === 1 ? 0 : Math.floor(0.5 * 1_000 * 2 ** (attempt - 2));
          const waitMs = Math.max(computedMs, askedMs);
          if (waitMs > 0) await see("waiting", attempt, session.nowMs + waitMs);
        }
        const last = await session.untilCall(600_000, "b");
        session.must(last !== undefined, "RET-046", `attempt ${attempt + 1} follows`);
        await see("in-flight", attempt + 1);
        await session.settle(last, { verdict: end });
        await see("ended", attempt + 1, undefined, end === "ack" ? "delivered" : "rejected");
      });
    },
  },
  {
    id: "status/attempts-of-the-run",
    requirements: ["BUS-062"],
    title: "The attempts of a redriven run are counted from 1 again",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const event = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"));
      await session.term(session.begun("RET-017", "b"));
      await letter(session, await letterOf(session, event), "redrive");
      const { run, attempts } = await session.delivery(event);
      session.same([run, attempts], [2, 1], "BUS-062", "run and attempts while attempt 1 of run 2 runs");
    },
  },
  {
    id: "status/unfinished-critical",
    requirements: ["BUS-063"],
    title: "Unfinished CRITICAL messages alone are listed, oldest first, each with its age",
    kind: "scenario",
    needs: ["core", "registry", "durable"],
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const acceptedMs = new Map<string, number>();
      for (let n = 0; n < 5; n++) {
        const { id } = await session.accepted({ priority: "CRITICAL" });
        acceptedMs.set(id, session.nowMs);
        await session.accepted({ priority: "HIGH" });
        await session.advance(700);
      }
      const [first, , third] = [...acceptedMs.keys()];
      for (const call of session.calls.filter(({ envelope }) => [first, third].includes(String(envelope.id)))) {
        await session.settle(call, { verdict: call.envelope.id === first ? "ack" : "term" });
        acceptedMs.delete(String(call.envelope.id));
      }
      const wanted = [...acceptedMs].map(([id, atMs]) => [id, session.nowMs - atMs]);
      const listed = (await session.list("unfinished")).map(({ id, ageMs }) => [id, ageMs]);
      session.same(listed, wanted, "BUS-063", "the unfinished CRITICAL messages and their ages");
    },
  },
];

/** The receipts that are there now, acknowledged. */
async function receiptsNow(session: Session): Promise<DeliveryCall[]> {
  const receipts: DeliveryCall[] = [];
  for (let call = session.peek("a"); call !== undefined; call = session.peek("a")) {
    receipts.push(call);
    await session.ack(call);
  }
  return receipts;
}

/** One outcome, one receipt. */
function receiptOf(ending: Ending): Check {
  const { outcome } = ending;
  return {
    id: `receipts/${nameOfEnding(ending)}`,
    requirements: ["BUS-064", "BUS-066", "BUS-068", "BUS-069"],
    title: `The outcome ${outcome} (${ending.reason || "an ack"}) causes one receipt that tells it`,
    kind: "scenario",
    needs,
    async run(session: Session) {
      const world = await beginWorld(session, ending);
      const event = await ending.end(session, world, { correlationid: "talk-7" });
      const endedMs = session.nowMs;
      const [receipt] = await receiptsNow(session);
      session.must(receipt !== undefined, "BUS-064", `the outcome ${outcome} causes a receipt`);
      const { type, priority, expirytime, causationid, correlationid, data } = receipt.envelope;
      const wanted = outcome === "delivered" ? "message.delivered" : "message.failed";
      session.must(type === wanted, "BUS-066", `its type is ${wanted}, not ${type}`);
      const own = (await session.status(event)).priority;
      session.must(priority === own, "BUS-068", `its priority is ${own}, not ${priority}`);
      session.must(
        Date.parse(String(expirytime)) === endedMs + DAY_MS,
        "BUS-069",
        `it expires ${Date.parse(String(expirytime)) - endedMs} ms after the outcome`,
      );
      session.same([causationid, correlationid], [event.id, "talk-7"], "BUS-064", "what it is about");
      const { source, id, receiver, run, attempts, ...rest } = data as JsonObject;
      session.same(
        [source, id, rest.type, receiver, run, rest.outcome, attempts],
        [event.source, event.id, "thing.happened", "b", 1, outcome, ending.attempts],
        "BUS-064",
        "what it tells",
      );
      await session.advance(30_000);
      const more = await receiptsNow(session);
      session.must(more.length === 0, "BUS-064", () => `${more.length} more receipts follow`);
    },
  };
}
