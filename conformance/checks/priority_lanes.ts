/**
 * Checks of the chapter Priority: lanes.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { beginWithB, drainQueue, idOf, prioritiesOf, redrive } from "./_queued.ts";

const needs = ["core"] as const;
const HOUR_MS = 3_600_000;

/** See the module. */
export const LANE_CHECKS: readonly Check[] = [
  {
    id: "priority/lanes",
    requirements: ["PRI-026", "PRI-027", "PRI-028", "PRI-029", "PRI-032"],
    title: "One delivery of a lane at a time, first attempts in the order of acceptance, no lane waiting for another",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const key = fc.constantFrom("k1", "k2", undefined);
      const op = fc.oneof(
        fc.record({ priority: fc.constantFrom(...prioritiesOf(session)), partitionkey: key }),
        fc.record({ pick: fc.nat(9), how: fc.constantFrom("ack", "term", "nak", "later") }),
        fc.record({ ms: fc.constantFrom(1, 500, 5_000) }),
      );
      await forAll(session, effort, fc.array(op, { minLength: 8, maxLength: 60, size: "max" }), async (ops) => {
        await session.start({ policy: { attemptTimeoutMs: HOUR_MS } });
        await session.member("b", { subscriptions: ["thing.*"] });
        const lanes = new Lanes(session);
        for (const one of ops) {
          if ("priority" in one) await lanes.publish(one.priority, one.partitionkey);
          else if ("ms" in one) await lanes.pass(one.ms);
          else await lanes.settle(one.pick, one.how);
        }
      });
    },
  },
  {
    id: "priority/lane-in-the-order-of-acceptance",
    requirements: ["PRI-027", "PRI-029"],
    title: "However many wait in a lane, each first attempt is that of the oldest, also when one in the middle is gone",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session);
      const events = [];
      for (let n = 0; n < 9; n++) events.push(await session.accepted({ partitionkey: "k" }));
      const [gone] = events.splice(4, 1);
      await session.say({ do: "cancel", source: gone.source, id: gone.id });
      session.same(await drainQueue(session), events.map(({ id }) => id), "PRI-027", "the first attempts of the lane");
    },
  },
  {
    id: "priority/lane-holds-through-retries",
    requirements: ["PRI-028"],
    title: "The head of a lane holds it through waits and retries until its budget is used up",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session);
      const head = await session.accepted({ partitionkey: "k" });
      const next = await session.accepted({ partitionkey: "k" });
      for (let attempt = 1; attempt <= 4; attempt++) {
        const call = await session.untilCall(600_000, "b");
        session.must(call?.envelope.id === head.id, "PRI-028", `attempt ${attempt} is the head's`);
        session.same(session.calls.length, 1, "PRI-026", "attempts of the lane on the wire");
        await session.nak(call, 30_000);
      }
      session.must(session.peek()?.envelope.id === next.id, "PRI-029", "the end of the head releases the lane");
    },
  },
  {
    id: "priority/lane-is-service-priority-key",
    requirements: ["PRI-032"],
    title: "Another service, another priority and another key are another lane",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      for (const name of ["b", "c"]) await session.member(name);
      await session.accepted({ target: "b", partitionkey: "k", priority: "LOW" });
      await session.nak(session.begun("BUS-018", "b"), 60_000);
      for (
        const fields of [
          { target: "c", partitionkey: "k", priority: "LOW" },
          { target: "b", partitionkey: "k", priority: "HIGH" },
          { target: "b", partitionkey: "K", priority: "LOW" },
          { target: "b", partitionkey: "k ", priority: "LOW" },
          { target: "b", priority: "LOW" },
          { target: "b", priority: "LOW", subject: "k" },
        ]
      ) {
        const event = await session.accepted(fields);
        session.must(
          session.calls.some((call) => call.envelope.id === event.id),
          "PRI-032",
          `${JSON.stringify(fields)} waits for a delivery of another lane`,
        );
      }
      const same = await session.accepted({ target: "b", partitionkey: "k", priority: "LOW", source: "/other" });
      session.must(!session.calls.some((call) => call.envelope.id === same.id), "PRI-026", "another source, one lane");
    },
  },
  ...(["delivered", "rejected", "exhausted", "expired", "cancelled", "instance-gone", "evicted"] as const).map((
    outcome,
  ): Check => ({
    id: `priority/lane-released-by-${outcome}`,
    requirements: ["PRI-029"],
    title: `The lane is free once its head has ended as ${outcome}`,
    kind: "scenario",
    needs,
    run: (session: Session) => releasedBy(session, outcome),
  })),
  {
    id: "priority/released-joins-the-tail",
    requirements: ["PRI-030"],
    title: "A delivery released by its lane joins the tail of its queue",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      const head = await session.accepted({ partitionkey: "k" });
      const behind = await session.accepted({ partitionkey: "k" });
      const [other, free] = [await session.accepted({ partitionkey: "o" }), await session.accepted()];
      session.same(
        await drainQueue(session),
        [head.id, other.id, free.id, behind.id],
        "PRI-030",
        "the order of the starts",
      );
    },
  },
  {
    id: "priority/redriven-joins-its-lane",
    requirements: ["PRI-031"],
    title: "A redriven delivery comes after those that are in its lane already",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await beginWithB(session);
      const events: (JsonObject & { readonly id: string })[] = [];
      for (let i = 0; i < 3; i++) events.push(await session.accepted({ partitionkey: "k" }));
      await session.term(session.begun("BUS-019", "b"));
      await redrive(session, events[0].id, "BUS-085");
      session.same(session.calls.length, 1, "PRI-026", "attempts of the lane on the wire");
      session.same(
        await drainQueue(session),
        [events[1].id, events[2].id, events[0].id],
        "PRI-031",
        "the order of the starts",
      );
    },
  },
];

/** Ends the head of a lane in one way; the next must run then. */
async function releasedBy(session: Session, outcome: string): Promise<void> {
  await session.start({ capacity: outcome === "evicted" ? 3 : 100 });
  await session.member("b", { maxInFlight: outcome === "evicted" ? 1 : 64, instance: "i2" });
  const { lease } = await session.member("b", { maxInFlight: outcome === "evicted" ? 1 : 64 });
  const lane = { target: "b", partitionkey: "k", priority: "LOW" };
  if (outcome === "evicted") await session.accepted({ target: "b", priority: "HIGH" });
  const head = await session.accepted({
    ...lane,
    ...(outcome === "expired" ? { expirytime: new Date(session.nowMs + 5_000).toISOString() } : {}),
    ...(outcome === "instance-gone" ? { target: "b@i1" } : {}),
  });
  const next = await session.accepted(lane);
  session.must(!session.calls.some((call) => idOf(call) === next.id), "PRI-026", "the head holds the lane");
  if (outcome === "evicted") {
    await session.accepted({ target: "b", priority: "HIGH" }, {}, "PRI-035");
    session.same((await session.delivery(head)).outcome, outcome, "PRI-037", "the outcome of the head");
    session.must((await drainQueue(session)).includes(next.id), "PRI-029", "the next of the lane runs");
    return;
  }
  const call = session.begun("BUS-018", "b");
  if (outcome === "delivered") await session.ack(call);
  else if (outcome === "rejected") await session.term(call);
  else if (outcome === "exhausted") {
    await session.nak(call);
    await session.nak(session.begun("RET-017", "b"));
  } else {
    await session.nak(call, 60_000);
    session.must(session.peek() === undefined, "PRI-028", "the head holds the lane while it waits");
    if (outcome === "cancelled") await session.say({ do: "cancel", source: head.source, id: head.id });
    else if (outcome === "expired") await session.advance(5_000);
    else await session.registry("service.deregister", { lease });
  }
  session.same((await session.delivery(head)).outcome, outcome, "BUS-061", "the outcome of the head");
  session.must(session.peek()?.envelope.id === next.id, "PRI-029", "the next of the lane runs at once");
}

interface LaneItem {
  readonly id: string;
  started: boolean;
  ended: boolean;
}

/** The lanes of one target with more slots than deliveries. */
class Lanes {
  private readonly lanes = new Map<string, LaneItem[]>();
  private readonly items = new Map<string, readonly [string, LaneItem]>();
  private count = 0;
  /** Failures in a row: ten would open the breaker. */
  private strikes = 0;

  constructor(private readonly session: Session) {}

  async publish(priority: string, partitionkey: string | undefined): Promise<void> {
    const event = this.session.event({ priority, ...(partitionkey === undefined ? {} : { partitionkey }) });
    const item = { id: String(event.id), started: false, ended: false };
    const lane = partitionkey === undefined ? `none ${++this.count}` : `${priority} ${partitionkey}`;
    this.lanes.set(lane, [...this.lanes.get(lane) ?? [], item]);
    this.items.set(item.id, [lane, item]);
    const reply = await this.session.publish(event);
    this.session.must(reply.ok !== undefined, "BUS-093", () => `a publish is refused: ${canonical(reply)}`);
    this.compare();
  }

  async settle(pick: number, drawn: string): Promise<void> {
    const session: Session = this.session;
    if (session.calls.length === 0) return;
    this.strikes = drawn === "ack" ? 0 : this.strikes + 1;
    const how = this.strikes < 9 ? drawn : "ack";
    if (how === "ack") this.strikes = 0;
    const call = session.calls[pick % session.calls.length];
    const [, item] = this.items.get(idOf(call))!;
    if (how === "ack") await session.ack(call);
    else if (how === "term") await session.term(call);
    else await session.nak(call, how === "later" ? 2_000 : undefined);
    item.ended = how === "ack" || how === "term" || session.steps(item, "ended").length > 0;
    this.compare();
  }

  async pass(ms: number): Promise<void> {
    await this.session.advance(ms);
    this.compare();
  }

  private compare(): void {
    const session: Session = this.session;
    for (const call of session.calls) {
      const [lane, item] = this.items.get(idOf(call))!;
      const items = this.lanes.get(lane)!;
      const ahead = items.slice(0, items.indexOf(item)).find(({ ended }) => !ended);
      const wire = session.calls.filter((one) => this.items.get(idOf(one))![0] === lane).length;
      session.must(wire === 1, "PRI-026", `${wire} deliveries of the lane ${lane} are on the wire`);
      const early = `${item.id} is attempted before ${ahead?.id}, which came before it in the lane ${lane}, has ended`;
      session.must(ahead === undefined || ahead.started, "PRI-027", early);
      session.must(ahead === undefined, "PRI-028", early);
      item.started = true;
    }
    for (const [lane, items] of this.lanes) {
      const head = items.find(({ ended }) => !ended);
      if (head === undefined) continue;
      const lone = items.indexOf(head) === 0;
      session.must(
        head.started,
        lone ? "PRI-032" : "PRI-029",
        `${head.id} is the head of the lane ${lane}, has a slot, and does not start`,
      );
    }
  }
}
