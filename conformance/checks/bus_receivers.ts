/**
 * Checks of the chapter Bus: who receives a message, and on which instance.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import { forAll } from "../for_all.ts";
import type { Session } from "../session.ts";
import { inMs, letter, letterOf, mustEnd } from "./_bus.ts";

const needs = ["core", "registry"] as const;

/** See the module. */
export const RECEIVER_CHECKS: readonly Check[] = [
  {
    id: "receivers/broadcast-to-whom-it-matches",
    requirements: ["BUS-018", "BUS-019", "BUS-020", "BUS-021"],
    title: "The receivers are the services with a pattern that matches, each once, or the target alone",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const token = fc.constantFrom("a", "b", "c");
      const type = fc.array(token, { minLength: 1, maxLength: 4 }).map((tokens) => tokens.join("."));
      const pattern = fc.tuple(
        fc.array(fc.oneof(token, fc.constant("*")), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
      ).map(([tokens, tail]) => [...tokens, ...(tail ? [">"] : [])].join("."));
      const inputs = fc.record({
        services: fc.array(fc.array(pattern, { maxLength: 3 }), { minLength: 1, maxLength: 5 }),
        type,
        target: fc.option(fc.nat({ max: 4 }), { freq: 3 }),
      });
      await forAll(session, effort, inputs, async ({ services, type, target }) => {
        await session.start();
        const names = services.map((_, at) => `s${at}`);
        let lease = "";
        for (const [at, subscriptions] of services.entries()) {
          ({ lease } = await session.member(names[at], { subscriptions: [...new Set(subscriptions)] }));
        }
        const aim = target === null ? undefined : names[target % names.length];
        const event = session.event({ type, ...(aim === undefined ? {} : { target: aim }) });
        // Published by the last of them, which is no exception.
        const reply = await session.publish(event, { lease });
        const wanted = aim === undefined
          ? names.filter((_, at) => services[at].some((one) => matches(one.split("."), type.split("."))))
          : [aim];
        const requirement = aim === undefined ? "BUS-019" : "BUS-018";
        session.same([...reply.ok?.receivers as string[] ?? []].sort(), wanted, requirement, "the receivers");
        const called = session.calls.map(({ receiver }) => receiver).sort();
        session.must(new Set(called).size === called.length, "BUS-020", () => `each is called once: ${called}`);
        session.same(called, wanted, wanted.includes(names.at(-1)!) ? "BUS-021" : requirement, "who is called");
      });
    },
  },
  {
    id: "receivers/frozen",
    requirements: ["BUS-022"],
    title: "Who subscribes after acceptance gets nothing, in no state of the message, nor by a duplicate",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"] });
      const running = await session.accepted();
      const waiting = await session.accepted();
      await session.nak(session.calls[1], 2_000);
      const delayed = await session.accepted({ deliverat: inMs(session, 3_000) });
      await session.member("late", { subscriptions: ["thing.*", ">"] });
      for (const event of [running, waiting, delayed]) {
        const again = await session.publish(event);
        session.same(again.ok?.receivers, ["b"], "BUS-022", "the receivers told to a duplicate");
      }
      await session.ack(session.begun("BUS-019", "b"));
      for (const event of [waiting, delayed]) {
        const call = await session.untilCall(5_000, "b");
        session.must(call?.envelope.id === event.id, "BUS-093", `${event.id} is delivered to b`);
        await session.ack(call);
      }
      const rejected = await session.accepted();
      await session.ack(session.begun("BUS-019", "late"));
      await session.term(session.begun("BUS-019", "b"));
      await session.member("later", { subscriptions: ["thing.*"] });
      await letter(session, await letterOf(session, rejected), "redrive");
      session.same(session.calls.map(({ receiver }) => receiver), ["b"], "BUS-022", "who gets the second run");
      for (const event of [running, waiting, delayed]) {
        const { deliveries } = await session.status(event);
        session.same(deliveries.map(({ receiver }) => receiver), ["b"], "BUS-022", "the receivers in the status");
      }
    },
  },
  {
    id: "receivers/one-instance-each",
    requirements: ["BUS-023", "RET-006"],
    title: "Each attempt goes to one instance of its service, and no two of one delivery run at once",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const inputs = fc.record({
        instances: fc.integer({ min: 1, max: 4 }),
        verdicts: fc.array(fc.constantFrom("nak" as const, "nak" as const, "ack" as const), { maxLength: 12 }),
      });
      await forAll(session, effort, inputs, async ({ instances, verdicts }) => {
        await session.start();
        const names = Array.from({ length: instances }, (_, at) => `i${at}`);
        for (const instance of names) await session.member("b", { subscriptions: ["thing.*"], instance });
        await session.member("c", { subscriptions: ["other.*"], instance: "x" });
        for (const verdict of verdicts) {
          if (session.calls.length === 0) await session.accepted({ priority: "HIGH" });
          const call = await session.untilCall(60_000);
          if (call === undefined) return;
          session.must(call.receiver === "b", "BUS-018", `it goes to b, not ${call.receiver}`);
          session.must(names.includes(call.instance), "BUS-023", `${call.instance} is no instance of b`);
          session.must(
            session.calls.length === 1,
            "BUS-023",
            () => `one delivery has ${session.calls.length} attempts`,
          );
          await session.settle(call, { verdict });
        }
      });
    },
  },
  {
    id: "receivers/instance-alone",
    requirements: ["BUS-026", "BUS-045"],
    title: "What is for one instance is never tried on another, and ends when that is removed",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const first = await session.member("b", { instance: "i1" });
      for (const instance of ["i2", "i3"]) await session.member("b", { instance });
      const event = await session.accepted({ target: "b@i1", priority: "HIGH" });
      for (let attempt = 1; attempt <= 6; attempt++) {
        const call = await session.untilCall(30_000, "b");
        session.must(call !== undefined, "RET-046", `attempt ${attempt} follows`);
        session.must(call.instance === "i1", "BUS-026", `attempt ${attempt} is made on ${call.instance}`);
        await session.nak(call);
      }
      await session.registry("service.deregister", { lease: first.lease });
      mustEnd(session, event, "instance-gone", "BUS-045");
      await session.advance(60_000);
      session.must(session.peek("b") === undefined, "BUS-026", "another instance gets it");
    },
  },
  {
    id: "receivers/instance-removed-by-its-lease",
    requirements: ["BUS-045"],
    title: "What waits for an instance ends when its lease has run out for good",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { instance: "i1", leaseMs: 10_000 });
      await session.member("b", { instance: "i2" });
      const event = await session.accepted({ target: "b@i1", deliverat: inMs(session, 1_800_000) });
      const removed = await session.untilTrace(({ kind, instance }) => kind === "removed" && instance === "i1", 60_000);
      session.must(removed !== undefined, "REG-023", "the instance is removed two leases later");
      mustEnd(session, event, "instance-gone", "BUS-045", Number(removed.atMs));
    },
  },
  {
    id: "receivers/instance-in-flight-is-removed",
    requirements: ["BUS-041", "RET-047"],
    title: "An attempt on an instance that leaves meanwhile may still be acknowledged",
    kind: "interleaving",
    needs,
    async run(session: Session) {
      for (const verdict of ["ack", "nak"] as const) {
        await session.start();
        const { lease } = await session.member("b", { instance: "i1" });
        await session.member("b", { instance: "i2" });
        const event = await session.accepted({ target: "b@i1" });
        const call = session.begun("BUS-018", "b");
        await session.registry("service.deregister", { lease });
        session.same(session.steps(event, "ended"), [], "BUS-041", "how it ends while the attempt runs");
        await session.settle(call, { verdict });
        mustEnd(
          session,
          event,
          verdict === "ack" ? "delivered" : "instance-gone",
          verdict === "ack" ? "RET-047" : "BUS-041",
        );
      }
    },
  },
  {
    id: "receivers/kept-without-instance",
    requirements: ["BUS-007", "BUS-046"],
    title:
      "What is for a service without an instance is kept while its subscriptions live, and delivered to the next one",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const { lease } = await session.member("b", { subscriptions: ["thing.*"] });
      const waiting = await session.accepted({ priority: "HIGH" });
      await session.nak(session.begun("BUS-019", "b"), 20_000);
      const delayed = await session.accepted({ deliverat: inMs(session, 20_000) });
      await session.registry("service.deregister", { lease });
      const broadcast = await session.accepted({ priority: "HIGH" }, {}, "BUS-007");
      session.same(
        (await session.status(broadcast)).deliveries.map(({ receiver }) => receiver),
        ["b"],
        "BUS-046",
        "the receivers of a broadcast while the service has no instance",
      );
      for (const event of [waiting, delayed, broadcast]) {
        session.same(session.steps(event, "ended"), [], "BUS-046", `how ${event.id} ends when the instance leaves`);
      }
      await session.member("b", { subscriptions: ["thing.*"], instance: "i2" });
      const left = new Set([waiting.id, delayed.id, broadcast.id]);
      for (let n = 0; n < 3; n++) {
        const call = await session.untilCall(120_000, "b");
        session.must(call !== undefined, "BUS-046", () => `the next instance gets ${[...left].join(", ")}`);
        session.must(call.instance === "i2", "BUS-023", `it goes to i2, not ${call.instance}`);
        left.delete(String(call.envelope.id));
        await session.ack(call);
      }
      session.same([...left], [], "BUS-046", "what was kept and is not delivered");
    },
  },
  {
    id: "receivers/no-receiver-keeps-another",
    requirements: ["BUS-095"],
    title: "Receivers that fail, hang or refuse keep no other from its delivery",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const deed = fc.constantFrom("ack", "ack", "nak", "term", "silence");
      const inputs = fc.array(deed, { minLength: 2, maxLength: 6 });
      await forAll(session, effort, inputs, async (deeds) => {
        await session.start();
        for (const at of deeds.keys()) await session.member(`s${at}`, { subscriptions: ["thing.*"] });
        const event = await session.accepted({ partitionkey: "k" });
        for (const [at, verdict] of deeds.entries()) {
          if (verdict === "ack" || verdict === "silence") continue;
          const call = session.begun("BUS-019", `s${at}`);
          await session.settle(call, { verdict: verdict as "nak" });
        }
        for (const [at, verdict] of deeds.entries()) {
          if (verdict !== "ack") continue;
          await session.ack(session.begun("BUS-095", `s${at}`));
          const { outcome } = await session.delivery(event, `s${at}`);
          session.must(outcome === "delivered", "BUS-095", `s${at} has acknowledged, and its outcome is ${outcome}`);
        }
        // A retry of one that failed is no matter of the others either.
        const after = await session.accepted({ partitionkey: "k" });
        for (const [at, verdict] of deeds.entries()) {
          if (verdict !== "ack") continue;
          const call = session.begun("BUS-095", `s${at}`);
          session.must(call.envelope.id === after.id, "BUS-095", `the next message comes to s${at}`);
        }
      });
    },
  },
];

/** Whether a pattern matches a type: `*` is one token, `>` one or more. */
function matches([first, ...pattern]: readonly string[], type: readonly string[]): boolean {
  if (first === undefined) return type.length === 0;
  if (type.length === 0) return false;
  if (first === ">") return pattern.length === 0;
  return (first === "*" || first === type[0]) && matches(pattern, type.slice(1));
}
