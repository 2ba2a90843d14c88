/**
 * Checks of the chapter Registry: leases, what renews them, and how services end.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { CallAnswer, JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session, START_MS } from "../session.ts";
import { dataOf, instancesOf, listed, registryEvents, registrySteps } from "./_registered.ts";

const needs = ["core", "registry"] as const;
const WEEK_MS = 604_800_000;

/** See the module. */
export const LEASE_CHECKS: readonly Check[] = [
  {
    id: "leases/suspect-then-removed",
    requirements: ["REG-022", "REG-023", "REG-056", "REG-057"],
    title: "Without renewal an instance is suspect when its lease ends, and removed one lease later, not before",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      await forAll(session, effort, fc.integer({ min: 1_000, max: 3_600_000 }), async (leaseMs) => {
        await session.start({ healthIntervalMs: 0 });
        await session.member("b", { leaseMs });
        await session.advance(leaseMs - 1);
        session.same(registryEvents(session).slice(1), [], "REG-022", "the events before the lease ends");
        await session.advance(1);
        session.same(
          registryEvents(session).slice(1),
          ["suspect b@i1 lease-ended"],
          "REG-022",
          "the events at its end",
        );
        await session.advance(leaseMs - 1);
        session.same(await instancesOf(session), ["i1"], "REG-023", "the instances 1 ms before two leases");
        session.same(registryEvents(session, "removed"), [], "REG-023", "the removals 1 ms before two leases");
        await session.advance(1);
        session.same(await instancesOf(session), [], "REG-023", "the instances after two leases");
        const events = registrySteps(session).map(({ kind, reason, atMs }) => [kind, reason, atMs - START_MS]);
        session.same(
          events,
          [["registered", "new", 0], ["suspect", "lease-ended", leaseMs], ["removed", "lease-ended", 2 * leaseMs]],
          "REG-056",
          "the events and their times",
        );
        session.must(events[1][0] === "suspect", "REG-057", "suspect comes before removed");
      });
    },
  },
  {
    id: "leases/renewals",
    requirements: ["REG-022", "REG-023", "REG-024", "REG-025", "REG-029", "REG-056"],
    title: "Whenever leases are renewed, each instance is live, suspect and gone at the times that follow from that",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const op = fc.oneof(
        fc.record({ renew: fc.nat(2), how: fc.constantFrom("renew", "publish") }),
        fc.record({ ms: fc.oneof(fc.nat(3_000), fc.constantFrom(999, 1_000, 1_001, 2_500, 5_000)) }),
      );
      const leases = fc.array(fc.constantFrom(1_000, 1_500, 2_500, 5_000), { minLength: 1, maxLength: 3 });
      await forAll(
        session,
        effort,
        fc.tuple(leases, fc.array(op, { minLength: 4, maxLength: 30 })),
        async ([leases, ops]) => {
          await session.start({ healthIntervalMs: 0 });
          const model = new LeaseModel(session);
          for (const leaseMs of leases) await model.register(leaseMs);
          for (const one of ops) {
            if ("ms" in one) await model.pass(one.ms);
            else await model.renew(one.renew, one.how);
          }
        },
      );
    },
  },
  {
    id: "leases/suspect-is-called",
    requirements: ["REG-024"],
    title: "A suspect instance is chosen as a live one, and a removed one is not",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b", { leaseMs: 10_000 });
      await session.member("b", { instance: "i2" });
      const called = async () => {
        const seen = new Set<string>();
        for (let i = 0; i < 40; i++) await session.accepted({ target: "b" });
        for (const call of session.calls) seen.add(call.instance);
        for (const { source, id } of session.calls.map(({ envelope }) => envelope as { source: string; id: string })) {
          await session.say({ do: "cancel", source, id });
        }
        // Left open, they renew no lease.
        session.calls = [];
        return [...seen].sort();
      };
      await session.advance(15_000);
      session.same(registryEvents(session, "suspect"), ["suspect b@i1 lease-ended"], "REG-022", "the events");
      session.same(await called(), ["i1", "i2"], "REG-024", "the instances that are called");
      dataOf(session, await session.registry("service.renew", { lease }), "REG-024");
      await session.advance(9_999);
      session.same(registryEvents(session, "suspect").length, 1, "REG-024", "suspicions before the new lease ends");
      await session.advance(1);
      session.same(registryEvents(session, "suspect").length, 2, "REG-024", "suspicions when it ends");
      await session.advance(10_000);
      session.same(await instancesOf(session), ["i2"], "REG-023", "the instances one lease later");
    },
  },
  ...([
    ["ack", { verdict: "ack" }],
    ["nak", { verdict: "nak" }],
    ["term", { verdict: "term" }],
  ] as const).map(([name, answer]): Check => ({
    id: `leases/renewed-by-${name}`,
    requirements: ["REG-027"],
    title: `A verdict renews the lease of the instance that answered it: ${name}`,
    kind: "scenario",
    needs,
    run: (session: Session) => renewedByVerdict(session, answer, true),
  })),
  {
    id: "leases/renewed-by-any-status",
    requirements: ["REG-027"],
    title: "A verdict by a status renews the lease, whichever it is",
    kind: "scenario",
    needs: ["core", "registry", "http"],
    async run(session: Session) {
      for (const status of [200, 404, 422, 429, 500, 503]) {
        await renewedByVerdict(session, { status, headers: {}, body: "" }, true);
      }
    },
  },
  {
    id: "leases/not-renewed-by-silence",
    requirements: ["REG-022"],
    title: "A call that finds nobody is no verdict and renews nothing",
    kind: "scenario",
    needs,
    run: (session: Session) => renewedByVerdict(session, { fault: "unreachable" }, false),
  },
  {
    id: "leases/renewed-by-health",
    requirements: ["REG-026"],
    title: "A passed health check renews the lease, a failed one does not",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 4_000 });
      await session.member("b", { leaseMs: 10_000 });
      await session.advance(600_000);
      session.same(registryEvents(session).slice(1), [], "REG-026", "the events of ten minutes with passed checks");
      session.manualHealth = true;
      const beganMs = session.nowMs;
      while (session.nowMs < beganMs + 40_000) {
        for (const call of session.otherCalls.filter((one) => one.for === "health")) {
          await session.settle(call, { status: 503, headers: {}, body: "" });
        }
        await session.say({ do: "advance", toMs: beganMs + 40_000 });
      }
      const kinds = registryEvents(session, "suspect", "removed");
      session.same(
        kinds,
        ["suspect b@i1 lease-ended", "removed b@i1 lease-ended"],
        "REG-022",
        "the events while its checks fail",
      );
    },
  },
  {
    id: "leases/suspicion-ended-by-health",
    requirements: ["REG-024", "REG-026", "REG-056"],
    title: "A passed check ends a suspicion, and yields an event",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 6_000 });
      await session.member("b", { leaseMs: 4_000 });
      const renewed = await session.untilTrace(({ kind }) => kind === "renewed", 20_000);
      session.must(renewed !== undefined, "REG-056", "the end of a suspicion yields an event");
      session.same(
        registryEvents(session, "suspect", "renewed").slice(0, 2),
        ["suspect b@i1 lease-ended", "renewed b@i1 health"],
        "REG-056",
        "the events",
      );
      await session.advance(3_999);
      session.same(registryEvents(session, "removed"), [], "REG-024", "removals after the renewal");
      session.same(registryEvents(session, "suspect").length, 1, "REG-026", "suspicions before the new lease ends");
    },
  },
  {
    id: "leases/suspicion-ended-by-verdict",
    requirements: ["REG-024", "REG-027", "REG-056"],
    title: "A verdict ends a suspicion, and yields an event",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { leaseMs: 10_000 });
      await session.advance(12_000);
      await session.accepted({ target: "b" });
      await session.ack(session.begun("BUS-018", "b"));
      session.same(
        registryEvents(session).slice(1),
        ["suspect b@i1 lease-ended", "renewed b@i1 verdict"],
        "REG-056",
        "the events",
      );
      await session.advance(9_999);
      session.same(registryEvents(session).length, 3, "REG-024", "events before the new lease ends");
      await session.advance(1);
      session.same(registryEvents(session, "suspect").length, 2, "REG-027", "suspicions when the new lease ends");
    },
  },
  {
    id: "leases/kept-for-seven-days",
    requirements: ["REG-031", "BUS-007", "BUS-046"],
    title: "A service keeps name and subscriptions for 7 days after its last lease, and gets what came meanwhile",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0, policy: { maxElapsedMs: null, jitter: "none" } });
      await session.member("b", { leaseMs: 1_000, subscriptions: ["thing.*"] });
      await session.advance(1_000 + WEEK_MS - 20_000);
      session.must(await listed(session) !== undefined, "REG-031", "the service is no longer listed");
      const reply = await session.publish(session.event({ target: "b" }));
      session.must(reply.ok !== undefined, "BUS-007", () => `its name is known: ${canonical(reply)}`);
      const event = session.event({ priority: "HIGH" });
      const broadcast = await session.publish(event);
      session.same(broadcast.ok?.receivers, ["b"], "REG-031", "the receivers of its type");
      await session.advance(19_999);
      session.must(await listed(session) !== undefined, "REG-031", "1 ms before 7 days the service is gone");
      await session.member("b", { instance: "i2", subscriptions: ["thing.*"] });
      for (;;) {
        const call = await session.untilCall(600_000, "b");
        session.must(call !== undefined, "BUS-046", "what came while it had no instance is lost");
        await session.ack(call);
        if (call.envelope.id === event.id) return;
      }
    },
  },
  {
    id: "leases/ephemeral",
    requirements: ["REG-032", "REG-035", "REG-056"],
    title: "An ephemeral service ends with its last lease, and with it what it had not got",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b", { leaseMs: 10_000, ephemeral: true, subscriptions: ["thing.*"] });
      await session.member("c", { leaseMs: 10_000, subscriptions: ["thing.*"] });
      await session.advance(9_000);
      const event = await session.accepted({ priority: "HIGH" });
      for (const name of ["b", "c"]) {
        const call = session.begun("BUS-019", name);
        // No verdict that was answered: it renews nothing.
        await session.settle(call, { fault: "unreachable" });
        await session.settle(session.begun("RET-017", name), { fault: "unreachable" });
      }
      session.must(await listed(session) !== undefined, "REG-032", "it ends before its lease");
      for (let i = 0; i < 60; i++) {
        await session.advance(200);
        for (const call of [...session.calls]) await session.settle(call, { fault: "unreachable" });
      }
      session.must(await listed(session) === undefined, "REG-032", "it has not ended with its last lease");
      session.must(await listed(session, "c") !== undefined, "REG-031", "the other that is not ephemeral has ended");
      session.same(registryEvents(session, "service-gone"), ["service-gone b ephemeral"], "REG-056", "the events");
      session.same(
        (await session.delivery(event, "b")).outcome,
        "receiver-gone",
        "REG-035",
        "the outcome of b's delivery",
      );
      session.same((await session.delivery(event, "c")).outcome, undefined, "REG-035", "the outcome of c's delivery");
      const reply = await session.publish(session.event({ target: "b" }));
      session.must(
        reply.refused?.code === "target-unknown",
        "REG-032",
        () => `its name is unknown: ${canonical(reply)}`,
      );
    },
  },
  {
    id: "leases/ephemeral-lives-with-its-last",
    requirements: ["REG-032"],
    title: "An ephemeral service lives while one of its instances does, and ends when the last leaves",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      const { lease } = await session.member("b", { ephemeral: true });
      await session.member("b", { ephemeral: true, instance: "i2", leaseMs: 1_000 });
      await session.advance(2_000);
      session.same(await instancesOf(session), ["i1"], "REG-023", "the instances after two leases of i2");
      session.must(await listed(session) !== undefined, "REG-032", "it has ended with one of two");
      const data = dataOf(session, await session.registry("service.deregister", { lease }), "REG-033");
      session.same(data.serviceGone, true, "REG-032", "serviceGone of the answer");
      session.must(await listed(session) === undefined, "REG-032", "it has not ended with its last");
    },
  },
  {
    id: "leases/renewal-changes-no-health",
    requirements: ["REG-028"],
    title: "A renewal by request leaves an unhealthy instance unhealthy",
    kind: "scenario",
    needs: ["core", "registry", "http"],
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0, draws: [0] });
      const { lease } = await session.member("b");
      for (let i = 0; i < 3; i++) {
        await session.accepted({ target: "b@i1", priority: "LOW" });
        await session.settle(session.begun("BUS-018", "b"), { status: 403, headers: {}, body: "" });
        await session.settle(session.begun("RET-017", "b"), { status: 503, headers: {}, body: "" });
      }
      session.same(registryEvents(session, "unhealthy"), ["unhealthy b@i1 verdicts"], "REG-049", "the events");
      await session.member("b", { instance: "i2" });
      for (let i = 0; i < 5; i++) dataOf(session, await session.registry("service.renew", { lease }), "REG-025");
      for (let i = 0; i < 10; i++) {
        await session.accepted({ target: "b", priority: "LOW" });
        const call = session.begun("BUS-018", "b");
        session.must(call.instance === "i2", "REG-028", "an unhealthy instance is called after a renewal");
        await session.ack(call);
      }
      session.same(registryEvents(session, "healthy"), [], "REG-028", "events of health that came back");
    },
  },
  {
    id: "leases/endpoint-gone",
    requirements: ["REG-056", "RET-038"],
    title: "An endpoint that answers 410 is removed, with an event",
    kind: "scenario",
    needs: ["core", "registry", "http"],
    async run(session: Session) {
      await session.start({ healthIntervalMs: 0 });
      await session.member("b");
      await session.accepted({ target: "b" });
      await session.settle(session.begun("BUS-018", "b"), { status: 410, headers: {}, body: "" });
      session.same(await instancesOf(session), [], "RET-038", "the instances that are left");
      session.same(registryEvents(session).slice(1), ["removed b@i1 endpoint-gone"], "REG-056", "the events");
    },
  },
];

/** Settles one delivery 1 ms before the lease ends; the lease must (not) be counted from there. */
async function renewedByVerdict(session: Session, answer: CallAnswer, renews: boolean): Promise<void> {
  await session.start({ healthIntervalMs: 0 });
  await session.member("b", { leaseMs: 10_000 });
  await session.accepted({ target: "b", priority: "LOW" });
  await session.advance(9_999);
  await session.settle(session.begun("BUS-018", "b"), answer);
  session.calls = [];
  await session.advance(1);
  const what = () => `after ${canonical(answer)}: ${registryEvents(session).join(", ")}`;
  session.must((registryEvents(session, "suspect").length === 0) === renews, renews ? "REG-027" : "REG-022", what);
  if (!renews) return;
  await session.advance(9_998);
  session.must(registryEvents(session, "suspect").length === 0, "REG-027", what);
  await session.advance(1);
  session.must(registryEvents(session, "suspect").length === 1, "REG-027", what);
}

interface LeaseItem {
  readonly instance: string;
  readonly leaseMs: number;
  readonly lease: string;
  endMs: number;
  state: "live" | "suspect" | "removed";
}

/** The instances of one service by the table of states alone. */
class LeaseModel {
  private readonly items: LeaseItem[] = [];
  private readonly wanted: string[] = [];

  constructor(private readonly session: Session) {}

  async register(leaseMs: number): Promise<void> {
    const instance = `i${this.items.length + 1}`;
    const { lease } = await this.session.member("b", { instance, leaseMs });
    this.items.push({ instance, leaseMs, lease, endMs: this.session.nowMs + leaseMs, state: "live" });
  }

  async pass(ms: number): Promise<void> {
    const untilMs = this.session.nowMs + ms;
    for (const item of this.items) {
      if (item.state === "live" && item.endMs <= untilMs) {
        item.state = "suspect";
        this.note("suspect", item, item.endMs);
      }
      if (item.state === "suspect" && item.endMs + item.leaseMs <= untilMs) {
        item.state = "removed";
        this.note("removed", item, item.endMs + item.leaseMs);
      }
    }
    await this.session.advance(ms);
    await this.compare();
  }

  async renew(pick: number, how: string): Promise<void> {
    const session: Session = this.session;
    const item = this.items[pick % this.items.length];
    const reply = how === "renew"
      ? await session.registry("service.renew", { lease: item.lease })
      : await session.publish(session.event({ type: "nobody.wants" }), { lease: item.lease });
    if (item.state === "removed") {
      session.must(
        reply.refused?.code === "lease-unknown",
        "REG-029",
        () => `the token of one that was removed is not known: ${canonical(reply)}`,
      );
      return;
    }
    session.must(
      reply.ok !== undefined,
      "REG-025",
      () => `a renewal of one that is ${item.state}: ${canonical(reply)}`,
    );
    item.state = "live";
    item.endMs = session.nowMs + item.leaseMs;
    this.note("renewed", item, session.nowMs);
    await this.compare();
  }

  private note(kind: string, { instance }: LeaseItem, atMs: number): void {
    this.wanted.push(`${instance} ${atMs - START_MS} ${kind}`);
  }

  private async compare(): Promise<void> {
    const session: Session = this.session;
    const steps = registrySteps(session, "suspect", "removed", "renewed");
    const found = steps.map(({ instance, atMs, kind }) => `${instance} ${atMs - START_MS} ${kind}`);
    // Between instances the order within one instant is open.
    const [got, hoped] = [found, this.wanted].map((events) => events.toSorted());
    for (const [kind, requirement] of [["suspect", "REG-022"], ["removed", "REG-023"], ["renewed", "REG-056"]]) {
      const only = (events: readonly string[]) => events.filter((event) => event.endsWith(kind));
      session.same(only(got), only(hoped), requirement, `the events ${kind} and their times`);
    }
    const alive = this.items.filter(({ state }) => state !== "removed").map(({ instance }) => instance);
    session.same(await instancesOf(session), alive, "REG-024", "the instances that are left");
    const view = await listed(session);
    for (const { instance, state } of (view?.instances ?? []) as readonly JsonObject[]) {
      if (state === undefined) continue;
      const item = this.items.find((one) => one.instance === instance);
      session.same(state, item?.state, "REG-024", `the state of ${instance}`);
    }
  }
}
