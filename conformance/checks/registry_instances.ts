/**
 * Checks of the chapter Registry: who registers, registers again, and leaves.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { idOf } from "./_queued.ts";
import { dataOf, instancesOf, listed, published, registration, registryEvents } from "./_registered.ts";

const needs = ["core", "registry"] as const;
const MOST_INSTANCES = 1_000;

/** See the module. */
export const INSTANCE_CHECKS: readonly Check[] = [
  {
    id: "registry/given-instance",
    requirements: ["REG-005"],
    title: "Instances that name none are given ids of their own",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      const { instance: _, ...nameless } = registration();
      const ids = new Set<string>();
      for (let i = 0; i < 20; i++) {
        const { instance } = dataOf(session, await session.registry("service.register", nameless), "REG-001");
        session.must(
          /^[A-Za-z0-9._-]{1,128}$/.test(String(instance)),
          "REG-005",
          `${instance} is no id of an instance`,
        );
        session.must(!ids.has(String(instance)), "REG-005", `${instance} was given twice`);
        ids.add(String(instance));
      }
      session.same(await instancesOf(session), [...ids].sort(), "REG-005", "the instances of the service");
    },
  },
  {
    id: "registry/replaces",
    requirements: ["REG-006", "REG-056"],
    title: "A registration of a living instance replaces it, with a new lease token",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const first = await session.member("b");
      const other = await session.member("c");
      const second = await session.member("b");
      session.must(second.lease !== first.lease, "REG-006", "the lease token is the same");
      session.same(await instancesOf(session), ["i1"], "REG-006", "the instances of the service");
      const old = await session.registry("service.renew", { lease: first.lease });
      session.must(
        old.refused?.code === "lease-unknown",
        "REG-006",
        () => `the old token is not known: ${canonical(old)}`,
      );
      dataOf(session, await session.registry("service.renew", { lease: second.lease }), "REG-006");
      dataOf(session, await session.registry("service.renew", { lease: other.lease }), "REG-006");
      session.same(
        registryEvents(session, "registered"),
        ["registered b@i1 new", "registered c@i1 new", "registered b@i1 replaced"],
        "REG-056",
        "the events",
      );
    },
  },
  {
    id: "registry/replaced-is-new",
    requirements: ["REG-006", "REG-051"],
    title: "Who replaces an instance has the health and the breaker of a new one",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b");
      for (let n = 0; n < 5; n++) {
        await session.accepted({ target: "b", priority: "LOW" });
        for (let attempt = 1; attempt <= 2; attempt++) {
          const call = session.begun("BUS-018", "b");
          await session.settle(call, { status: n < 2 ? 404 : 503, headers: {}, body: "" });
        }
      }
      const state = async () => {
        const [{ healthy, breaker }] = (await listed(session))?.instances as unknown as readonly JsonObject[];
        return [healthy, breaker];
      };
      session.same(await state(), [false, "open"], "RET-061", "health and breaker after ten failures, four charged");
      await session.member("b");
      session.same(await state(), [true, "closed"], "REG-006", "health and breaker of the one that replaces it");
      await session.accepted({ target: "b" });
      await session.ack(session.begun("REG-006", "b"));
    },
  },
  {
    id: "registry/lease-tokens",
    requirements: ["REG-007"],
    title: "Lease tokens are long enough for 128 bits, and never the same",
    kind: "scenario",
    needs,
    async run(session: Session) {
      const tokens = new Set<string>();
      await session.start();
      for (let i = 0; i < 100; i++) {
        const { lease } = await session.member("b", { instance: `i${i % 10}` });
        // 20 printable characters hold less than 132 bits, 19 less than 128.
        session.must(lease.length >= 20, "REG-007", `${lease} is too short for 128 bits`);
        session.must(!tokens.has(lease), "REG-007", `${lease} was given twice`);
        tokens.add(lease);
      }
    },
  },
  {
    id: "registry/tokens-are-secret",
    requirements: ["REG-008"],
    title: "No answer but that to the registration shows the lease token",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b", { subscriptions: ["thing.*"], receipts: true });
      const { lease: other } = await session.member("c", { subscriptions: ["thing.*"] });
      const before = session.log.length;
      await session.registry("service.renew", { lease });
      const event = await session.accepted({}, { lease });
      await session.ack(session.begun("BUS-019", "b"));
      await session.term(session.begun("BUS-019", "c"));
      await session.status(event);
      await session.list("services");
      await session.list("dead-letters");
      await session.registry("service.register", registration({ version: "" }));
      await session.registry("service.deregister", { lease: other });
      await session.registry("service.deregister", { lease });
      await session.registry("service.renew", { lease });
      for (const { from, message } of session.log.slice(before)) {
        const text = JSON.stringify([message.ok ?? null, message.refused ?? null]);
        session.must(
          from === "suite" || !text.includes(lease) && !text.includes(other),
          "REG-008",
          () => `an answer shows a lease token: ${text}`,
        );
      }
    },
  },
  {
    id: "registry/latest-registration-counts",
    requirements: ["REG-009"],
    title: "Subscriptions, version, slots, receipts and ephemeral are those of the latest registration",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const first = await session.member("b", { subscriptions: ["old.*", "both"], maxInFlight: 1, receipts: false });
      const second = await session.member("b", {
        instance: "i2",
        version: "2.0.0",
        subscriptions: ["new.*", "both"],
        maxInFlight: 3,
        receipts: true,
        ephemeral: true,
      });
      const receivers = async (type: string) => (await published(session, { type })).receivers;
      session.same(await receivers("old.one"), [], "REG-009", "the receivers of an old type");
      session.same(await receivers("new.one"), ["b"], "REG-009", "the receivers of a new type");
      session.same((await listed(session))?.version, "2.0.0", "REG-009", "the version of the service");
      for (let i = 0; i < 4; i++) await session.accepted({ type: "both" });
      session.same(session.calls.length, 3, "REG-009", "attempts that run");
      while (session.peek() !== undefined) await session.ack(session.peek()!);
      await session.accepted({ target: "b" }, { lease: first.lease });
      await session.ack(session.begun("BUS-018", "b"));
      const receipt = session.peek("b");
      session.must(receipt?.envelope.type === "message.delivered", "REG-009", "the service takes receipts now");
      await session.ack(receipt);
      await session.registry("service.deregister", { lease: first.lease });
      await session.registry("service.deregister", { lease: second.lease });
      session.must(await listed(session) === undefined, "REG-009", "the service is ephemeral now, and goes");
    },
  },
  {
    id: "registry/full",
    requirements: ["REG-010"],
    title: "The 1,001st instance of a service is refused with registry-full, other services are not",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      for (let i = 0; i < MOST_INSTANCES; i++) {
        const data = registration({ instance: `i${i}`, leaseMs: 3_600_000 });
        const reply = await session.registry("service.register", data);
        session.must(reply.ok !== undefined, "REG-010", () => `instance ${i + 1} is refused: ${canonical(reply)}`);
      }
      const reply = await session.registry("service.register", registration({ instance: "more" }));
      session.must(
        reply.refused?.code === "registry-full",
        "REG-010",
        () => `wanted registry-full for instance 1,001, got ${canonical(reply)}`,
      );
      dataOf(session, await session.registry("service.register", registration({ instance: "i7" })), "REG-010");
      dataOf(session, await session.registry("service.register", registration({ name: "c" })), "REG-010");
      session.same((await instancesOf(session)).length, MOST_INSTANCES, "REG-010", "instances of the service");
    },
  },
  {
    id: "registry/in-force-at-once",
    requirements: ["REG-012"],
    title: "What is published after the answer is delivered to the service",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      for (let i = 1; i <= 5; i++) {
        await session.registry("service.register", registration({ name: `s${i}` }));
        const event = await session.accepted();
        for (let at = 1; at <= i; at++) {
          const call = session.begun("REG-012", `s${at}`);
          session.must(idOf(call) === event.id, "REG-012", `s${at} gets the message`);
          await session.ack(call);
        }
      }
    },
  },
  {
    id: "registry/another-instance-for-the-retry",
    requirements: ["REG-043", "BUS-023"],
    title: "A retry goes to another instance than the one that failed while there is a healthy one",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 3 }),
      );
      await forAll(session, effort, drawn, async ([instances, failures, deliveries]) => {
        await session.start({ healthIntervalMs: 0, draws: [0] });
        for (let i = 1; i <= instances; i++) await session.member("b", { instance: `i${i}` });
        for (let i = 0; i < deliveries; i++) {
          await session.accepted({ target: "b", priority: "HIGH" });
          let before: string | undefined;
          for (let attempt = 0; attempt <= failures; attempt++) {
            const call = await session.untilCall(10_000, "b");
            session.must(call !== undefined, "RET-046", "it is retried");
            session.must(/^i[1-4]$/.test(call.instance), "BUS-023", `${call.instance} is no instance of the service`);
            session.must(
              call.instance !== before,
              "REG-043",
              `attempt ${attempt + 1} goes to ${before} again, one of ${instances} healthy instances`,
            );
            before = call.instance;
            await (attempt < failures ? session.nak(call) : session.ack(call));
          }
        }
      });
    },
  },
  {
    id: "registry/the-one-instance-is-retried",
    requirements: ["REG-043"],
    title: "Where there is no other instance the retry goes to the one that failed",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b");
      await session.accepted({ target: "b" });
      await session.nak(session.begun("BUS-018", "b"));
      session.same(session.begun("REG-043", "b").instance, "i1", "REG-043", "the instance of the retry");
    },
  },
  {
    id: "registry/deregister-one",
    requirements: ["REG-033", "REG-056"],
    title: "service.deregister removes the instance of its token, and no other",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b");
      await session.member("b", { instance: "i2" });
      const answer = await session.registry("service.deregister", { lease });
      const data = dataOf(session, answer, "REG-033");
      session.same(answer.ok?.type, "service.deregistered", "REG-033", "the type of the answer");
      session.same([data.name, data.instance, data.serviceGone], ["b", "i1", false], "REG-033", "the answer");
      session.same(await instancesOf(session), ["i2"], "REG-033", "the instances that are left");
      session.same(registryEvents(session).slice(2), ["deregistered b@i1 request"], "REG-056", "the events");
      for (let i = 0; i < 4; i++) {
        await session.accepted({ target: "b" });
        const call = session.begun("REG-033", "b");
        session.must(call.instance === "i2", "REG-033", "the instance that left is called");
        await session.ack(call);
      }
    },
  },
  {
    id: "registry/deregister-all",
    requirements: ["REG-034", "REG-035", "REG-056"],
    title: "With service: true the whole service ends, and with it what it had not got",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      await session.member("b", { subscriptions: ["thing.*"], instance: "i2", maxInFlight: 1 });
      const waiting = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"), 60_000);
      const blockedHead = await session.accepted({ partitionkey: "k" });
      await session.ack(session.begun("BUS-019", "b"));
      const running = await session.accepted();
      const queued = await session.accepted();
      const delayed = await session.accepted({ deliverat: new Date(session.nowMs + 60_000).toISOString() });
      const data = dataOf(session, await session.registry("service.deregister", { lease, service: true }), "REG-034");
      session.same(data.serviceGone, true, "REG-034", "serviceGone of the answer");
      session.must(await listed(session) === undefined, "REG-034", "the service is still listed");
      session.must(
        registryEvents(session).includes("service-gone b deregistered"),
        "REG-056",
        () => `the events tell of the end: ${registryEvents(session).join(", ")}`,
      );
      for (const event of [waiting, queued, delayed]) {
        session.same((await session.delivery(event)).outcome, "receiver-gone", "REG-035", "the outcome of a delivery");
      }
      session.same((await session.delivery(blockedHead)).outcome, "delivered", "BUS-030", "what had ended before");
      await session.nak(session.calls[0]);
      session.same((await session.delivery(running)).outcome, "receiver-gone", "REG-035", "the one that was running");
      const refused = await session.publish(session.event({ target: "b" }));
      session.must(
        refused.refused?.code === "target-unknown",
        "REG-034",
        () => `its name is unknown: ${canonical(refused)}`,
      );
      session.same((await published(session, {})).receivers, [], "REG-034", "the receivers of its type");
    },
  },
  {
    id: "registry/unknown-lease",
    requirements: ["REG-029"],
    title: "A renewal with a token that is not known is refused with lease-unknown",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b");
      for (const unknown of ["lse_nobody", `${lease}x`, lease.slice(0, -1), lease.toUpperCase(), ` ${lease}`]) {
        if (unknown === lease) continue;
        const reply = await session.registry("service.renew", { lease: unknown });
        session.must(
          reply.refused?.code === "lease-unknown",
          "REG-029",
          () => `wanted lease-unknown for ${unknown}, got ${canonical(reply)}`,
        );
      }
      dataOf(session, await session.registry("service.renew", { lease }), "REG-029");
      await session.registry("service.deregister", { lease });
      const gone = await session.registry("service.renew", { lease });
      session.must(gone.refused?.code === "lease-unknown", "REG-029", () => `after leaving: ${canonical(gone)}`);
    },
  },
];
