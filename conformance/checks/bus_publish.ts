/**
 * Checks of the chapter Bus: what is taken, for whom, and what is known already.
 *
 * @module
 */
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { type Session, START_MS } from "../session.ts";
import fc from "fast-check";
import { refused } from "./_bus.ts";

const needs = ["core", "registry"] as const;
const DAY_MS = 86_400_000;

/** See the module. */
export const PUBLISH_CHECKS: readonly Check[] = [
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
];
