/**
 * Checks of the chapter Priority: capacity, eviction and the quota of durable bytes.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { JsonObject } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { drainQueue, idOf, prioritiesOf } from "./_queued.ts";

const needs = ["core"] as const;
const durable = ["core", "durable"] as const;
const HOUR_MS = 3_600_000;

/** See the module. */
export const CAPACITY_CHECKS: readonly Check[] = [
  {
    id: "priority/capacity",
    requirements: ["PRI-034", "PRI-035", "PRI-036", "PRI-037", "PRI-038"],
    title: "A full target evicts the newest of the lowest priority below the arrival's, or refuses it",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const op = fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...prioritiesOf(session)) },
        { weight: 1, arbitrary: fc.constantFrom("ack" as const, "later" as const) },
      );
      const drawn = fc.tuple(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(op, { minLength: 6, maxLength: 40, size: "max" }),
      );
      await forAll(session, effort, drawn, async ([capacity, maxInFlight, ops]) => {
        await session.start({ capacity });
        await session.member("b", { maxInFlight });
        const target = new Target(session, capacity);
        for (const one of ops) {
          if (one === "ack" || one === "later") await target.settle(one);
          else await target.publish(one);
        }
      });
    },
  },
  {
    id: "priority/capacity-counts-all",
    requirements: ["PRI-034", "PRI-035"],
    title: "What runs, waits, is delayed or stands behind its lane's head counts, and cannot be evicted",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 5 });
      await session.member("b", { maxInFlight: 1 });
      const low = { target: "b", priority: "LOW" };
      const waits = await session.accepted({ ...low, partitionkey: "k" });
      await session.nak(session.begun("BUS-018", "b"), 60_000);
      const blocked = await session.accepted({ ...low, partitionkey: "k" });
      const delayed = await session.accepted({ ...low, deliverat: new Date(session.nowMs + 60_000).toISOString() });
      const runs = await session.accepted(low);
      session.begun("BUS-018", "b");
      const queued = await session.accepted(low);
      await refusedAsFull(session, low, "PRI-034");
      const first = await session.accepted({ ...low, priority: "HIGH" }, {}, "PRI-035");
      session.same((await session.delivery(queued)).outcome, "evicted", "PRI-035", "the outcome of the queued one");
      await refusedAsFull(session, { ...low, priority: "HIGH" }, "PRI-035");
      for (const one of [waits, blocked, delayed, runs, first]) {
        session.same((await session.delivery(one)).outcome, undefined, "PRI-035", "the outcome of one that cannot go");
      }
    },
  },
  {
    id: "priority/deferred-is-not-evicted",
    requirements: ["PRI-035"],
    title: "A deferred delivery counts and cannot be evicted",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 1 });
      await session.member("b");
      const low = { target: "b", priority: "LOW" };
      for (let failures = 0; failures < 10; failures++) {
        if (failures % 2 === 0) await session.accepted(low);
        await session.nak(session.begun("RET-017", "b"));
      }
      const event = await session.accepted(low);
      session.same((await session.delivery(event)).state, "deferred", "RET-066", "the state behind an open breaker");
      await refusedAsFull(session, { target: "b", priority: "HIGH" }, "PRI-035");
      session.same((await session.delivery(event)).outcome, undefined, "PRI-035", "the outcome of the deferred one");
    },
  },
  {
    id: "priority/default-capacity",
    requirements: ["PRI-034"],
    title: "By default a target takes 10,000 unfinished deliveries and no more",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b");
      const batch = (count: number) =>
        JSON.stringify(Array.from({ length: count }, () => session.event({ target: "b" })));
      for (let i = 0; i < 10; i++) {
        const reply = await session.publishRaw({
          headers: { "content-type": "application/cloudevents-batch+json" },
          body: batch(1_000),
        });
        const results = reply.ok?.results as readonly { readonly ok?: JsonObject }[] | undefined;
        session.must(
          results?.length === 1_000 && results.every(({ ok }) => ok !== undefined),
          "PRI-034",
          `of the first 10,000 some are refused in batch ${i + 1}`,
        );
      }
      await refusedAsFull(session, { target: "b" }, "PRI-034");
      await session.ack(session.begun("BUS-018", "b"));
      await session.accepted({ target: "b" }, {}, "PRI-034");
    },
  },
  {
    id: "priority/evicted",
    requirements: ["PRI-037", "BUS-076", "BUS-081"],
    title: "An evicted delivery has its outcome, its dead letter and its place gone for good",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 2 });
      await session.member("b", { maxInFlight: 1 });
      await session.accepted({ target: "b", priority: "LOW" });
      const queued = await session.accepted({ target: "b", priority: "LOW" });
      const arrival = await session.accepted({ target: "b", priority: "NORMAL" }, {}, "PRI-035");
      session.same((await session.delivery(queued)).outcome, "evicted", "PRI-037", "its outcome");
      const [letter] = await session.list("dead-letters");
      session.must(letter?.outcome === "evicted", "BUS-076", () => `its dead letter: ${canonical(letter ?? null)}`);
      session.same(letter.reason, "queue-full", "BUS-081", "the reason of its dead letter");
      const started = await drainQueue(session);
      session.must(!started.includes(queued.id), "RET-005", "it is attempted after its outcome");
      session.must(started.includes(arrival.id), "BUS-093", "the arrival is delivered");
    },
  },
  {
    id: "priority/critical-is-not-evicted",
    requirements: ["PRI-036"],
    title: "A target full of CRITICAL refuses another CRITICAL, and evicts none",
    kind: "scenario",
    needs: durable,
    async run(session: Session) {
      await session.start({ capacity: 3 });
      await session.member("b", { maxInFlight: 1 });
      const events = [];
      for (let i = 0; i < 3; i++) events.push(await session.accepted({ target: "b", priority: "CRITICAL" }));
      for (const priority of prioritiesOf(session)) await refusedAsFull(session, { target: "b", priority }, "PRI-038");
      for (const event of events) {
        session.same((await session.delivery(event)).outcome, undefined, "PRI-036", "its outcome");
      }
      session.same(
        (await drainQueue(session)).sort(),
        events.map(({ id }) => id).sort(),
        "PRI-036",
        "what is delivered",
      );
    },
  },
  {
    id: "priority/critical-evicts",
    requirements: ["PRI-035", "PRI-036"],
    title: "A CRITICAL arrival evicts the newest LOW, then NORMAL, then HIGH, and then is refused",
    kind: "scenario",
    needs: durable,
    async run(session: Session) {
      await session.start({ capacity: 6 });
      await session.member("b", { maxInFlight: 1 });
      await session.accepted({ target: "b", priority: "CRITICAL" });
      const victims = [];
      for (const priority of ["HIGH", "LOW", "NORMAL", "LOW", "NORMAL"]) {
        victims.push(await session.accepted({ target: "b", priority }));
      }
      for (const at of [3, 1, 4, 2, 0]) {
        await session.accepted({ target: "b", priority: "CRITICAL" }, {}, "PRI-035");
        session.same(
          (await session.delivery(victims[at])).outcome,
          "evicted",
          "PRI-035",
          `the outcome of victim ${at}`,
        );
        session.same(
          (await session.list("dead-letters")).length,
          [3, 1, 4, 2, 0].indexOf(at) + 1,
          "PRI-035",
          "dead letters so far",
        );
      }
      await refusedAsFull(session, { target: "b", priority: "CRITICAL" }, "PRI-036");
    },
  },
  {
    id: "priority/broadcast-meets-a-full-queue",
    requirements: ["PRI-039"],
    title: "In a broadcast the receiver that is full gets evicted at once, the others are served",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 1 });
      await session.member("b", { subscriptions: ["thing.*"] });
      await session.member("c", { subscriptions: ["thing.*"] });
      await session.accepted({ target: "b" });
      const event = await session.accepted({}, {}, "PRI-039");
      session.must(session.peek("c")?.envelope.id === event.id, "PRI-039", "c is served");
      session.same((await session.delivery(event, "b")).outcome, "evicted", "PRI-039", "the outcome of b");
      await session.ack(session.begun("PRI-039", "c"));
      session.same((await session.delivery(event, "c")).outcome, "delivered", "PRI-039", "the outcome of c");
      await session.ack(session.begun("BUS-018", "b"));
      session.must(session.peek("b") === undefined, "RET-005", "b is attempted after its outcome");
    },
  },
  {
    id: "priority/broadcast-refused-whole",
    requirements: ["PRI-040", "BUS-002"],
    title: "A broadcast that is full for all is refused, and has left nothing",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 1 });
      for (const name of ["b", "c"]) {
        await session.member(name, { subscriptions: ["thing.*"] });
        await session.accepted({ target: name });
      }
      const event = await refusedAsFull(session, {}, "PRI-040");
      await session.ack(session.begun("BUS-018", "c"));
      session.must(session.peek("c") === undefined, "BUS-002", "what was refused is delivered");
      const reply = await session.publish(event);
      session.must(reply.ok?.duplicate === false, "BUS-002", () => `it is new: ${canonical(reply)}`);
    },
  },
  {
    id: "priority/critical-broadcast-all-or-nothing",
    requirements: ["PRI-040", "PRI-041"],
    title: "A CRITICAL broadcast that is full for one is refused whole, and evicts nothing elsewhere",
    kind: "scenario",
    needs: durable,
    async run(session: Session) {
      await session.start({ capacity: 2 });
      for (const name of ["b", "c"]) await session.member(name, { subscriptions: ["thing.*"], maxInFlight: 1 });
      await session.accepted({ target: "b", priority: "LOW" });
      const queued = await session.accepted({ target: "b", priority: "LOW" });
      for (let i = 0; i < 2; i++) await session.accepted({ target: "c", priority: "CRITICAL" });
      const event = await refusedAsFull(session, { priority: "CRITICAL" }, "PRI-040");
      session.same((await session.delivery(queued)).outcome, undefined, "PRI-041", "the outcome of the one in b");
      session.same((await session.list("dead-letters")).length, 0, "PRI-041", "dead letters");
      await session.ack(session.begun("BUS-018", "c"));
      const reply = await session.publish(event);
      session.must(reply.ok !== undefined, "PRI-040", () => `with room in c it is accepted: ${canonical(reply)}`);
      session.same((await session.delivery(queued)).outcome, "evicted", "PRI-035", "the outcome of the one in b");
    },
  },
  {
    id: "priority/refused-evicts-nothing",
    requirements: ["PRI-041"],
    title: "Whatever refuses a message, it evicts nothing",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start({ capacity: 2, store: "memory" });
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      const running = await session.accepted({ target: "b", priority: "LOW" });
      const queued = await session.accepted({ target: "b", priority: "LOW" });
      const refused: readonly (readonly [string, JsonObject])[] = [
        ["envelope-invalid", { target: "b", priority: "HIGH", subject: "" }],
        ["type-reserved", { target: "b", priority: "HIGH", type: "message.x" }],
        ["id-conflict", { target: "b", priority: "HIGH", id: running.id }],
        ["message-expired", { target: "b", priority: "HIGH", expirytime: "2020-01-01T00:00:00Z" }],
        ["target-unknown", { target: "nobody", priority: "HIGH" }],
        ["target-unknown", { target: "b@nobody", priority: "HIGH" }],
        ["store-required", { target: "b", priority: "CRITICAL" }],
        ["store-required", { priority: "CRITICAL" }],
        ["queue-full", { target: "b", priority: "LOW" }],
      ];
      for (const [code, fields] of refused) {
        const reply = await session.publish(session.event(fields));
        session.must(reply.refused?.code === code, "BUS-001", () => `wanted ${code}, got ${canonical(reply)}`);
        session.same((await session.delivery(queued)).outcome, undefined, "PRI-041", `its outcome after ${code}`);
      }
      await session.accepted({ target: "b", priority: "HIGH" }, {}, "PRI-035");
      session.same((await session.delivery(queued)).outcome, "evicted", "PRI-035", "the outcome in the end");
    },
  },
  {
    id: "priority/quota",
    requirements: ["PRI-043", "PRI-044", "PRI-041"],
    title: "A principal's CRITICAL messages and dead letters, in bytes of UTF-8, stay within its quota",
    kind: "scenario",
    needs: durable,
    async run(session: Session) {
      // In code units four of these would fit, in bytes three at most.
      await session.start({ maxDurableBytes: 20_000, capacity: 5 });
      await session.member("b", { maxInFlight: 1 });
      const fields = { target: "b", priority: "CRITICAL", data: "語".repeat(1_800) };
      const evictable = await session.accepted({ target: "b", priority: "LOW", source: "/other" });
      await session.ack(session.begun("BUS-018", "b"));
      const first = await session.accepted(fields, {}, "PRI-043");
      const low = await session.accepted({ target: "b", priority: "LOW", source: "/other" });
      const taken = [first];
      let full: JsonObject | undefined;
      for (let i = 0; i < 3 && full === undefined; i++) {
        const event = session.event(fields);
        const reply = await session.publish(event);
        if (reply.ok !== undefined) taken.push(event as typeof first);
        else {
          session.must(
            reply.refused?.code === "store-full",
            "PRI-043",
            () => `wanted store-full, got ${canonical(reply)}`,
          );
          full = event;
        }
      }
      session.must(full !== undefined, "PRI-044", "four records of 5,400 bytes and more fit a quota of 20,000 bytes");
      session.must(taken.length >= 2, "PRI-043", "two records of 5,400 bytes do not fit a quota of 20,000");
      session.same((await session.delivery(low)).outcome, undefined, "PRI-041", "the outcome of the one in line");
      const other = await session.publish(session.event({ ...fields, source: "/other" }));
      session.must(other.ok !== undefined, "PRI-043", () => `another principal has its own quota: ${canonical(other)}`);
      await session.term(session.begun("BUS-018", "b"));
      const still = await session.publish(full);
      session.must(
        still.refused?.code === "store-full",
        "PRI-043",
        () => `the durable dead letter of ${first.id} counts: ${canonical(still)}`,
      );
      const [letter] = await session.list("dead-letters");
      await session.say({ do: "letter", id: String(letter.id), action: "discard" });
      const reply = await session.publish(full);
      session.must(
        reply.ok !== undefined,
        "PRI-043",
        () => `with the dead letter gone there is room: ${canonical(reply)}`,
      );
      session.same((await session.delivery(evictable)).outcome, "delivered", "BUS-030", "an outcome");
    },
  },
];

async function refusedAsFull(session: Session, fields: JsonObject, requirement: string): Promise<JsonObject> {
  const event = session.event(fields);
  const reply = await session.publish(event);
  session.must(
    reply.refused?.code === "queue-full",
    requirement,
    () => `wanted queue-full, got ${canonical(reply)}`,
  );
  return event;
}

/** A target whose room is counted along. */
class Target {
  private readonly queued: { readonly id: string; readonly source: string; readonly priority: string }[] = [];
  private unfinished = 0;
  /** Failures in a row: ten would open the breaker. */
  private strikes = 0;

  constructor(private readonly session: Session, private readonly capacity: number) {}

  async publish(priority: string): Promise<void> {
    const session: Session = this.session;
    const event = session.event({ target: "b", priority });
    const victim = this.unfinished < this.capacity ? undefined : this.victimOf(priority);
    const fits = this.unfinished < this.capacity || victim !== undefined;
    const reply = await session.publish(event);
    const room = `${this.unfinished} of ${this.capacity} for ${priority}`;
    if (!fits) {
      if (reply.ok !== undefined) await this.mustHaveEvicted(undefined, room);
      session.must(
        reply.refused?.code === "queue-full",
        reply.ok === undefined ? "PRI-038" : "PRI-034",
        () => `${room}: wanted queue-full, got ${canonical(reply)}`,
      );
      return;
    }
    session.must(
      reply.ok !== undefined,
      victim === undefined ? "PRI-034" : "PRI-035",
      () => `${room}: it is accepted: ${canonical(reply)}`,
    );
    if (victim !== undefined) {
      const { outcome } = await session.delivery(victim);
      if (outcome === undefined) await this.mustHaveEvicted(victim, room);
      session.must(
        outcome === "evicted",
        outcome === undefined ? "PRI-034" : "PRI-037",
        `${room}: ${victim.id} is evicted, its outcome is ${outcome}`,
      );
      this.queued.splice(this.queued.indexOf(victim), 1);
      this.unfinished--;
    }
    this.queued.push({ id: String(event.id), source: String(event.source), priority });
    this.unfinished++;
    for (const one of this.queued) {
      const { outcome } = await session.delivery(one);
      session.must(
        outcome === undefined,
        one.priority === "CRITICAL" ? "PRI-036" : "PRI-035",
        `${one.id} (${one.priority}) is not to be evicted, its outcome is ${outcome}`,
      );
    }
    this.takeStarted();
  }

  async settle(how: "ack" | "later"): Promise<void> {
    const session: Session = this.session;
    const call = session.peek("b");
    if (call === undefined) return;
    this.strikes = how === "ack" || this.strikes === 8 ? 0 : this.strikes + 1;
    if (this.strikes === 0) {
      await session.ack(call);
      this.unfinished--;
    } else await session.nak(call, HOUR_MS);
    this.takeStarted();
  }

  /** That another gave way than the one that had to is more than that one is too many. */
  private async mustHaveEvicted(victim: Target["queued"][number] | undefined, room: string): Promise<void> {
    const session: Session = this.session;
    for (const one of this.queued) {
      const { outcome } = await session.delivery(one);
      session.must(
        one === victim || outcome === undefined,
        one.priority === "CRITICAL" ? "PRI-036" : "PRI-035",
        `${room}: ${one.id} (${one.priority}) is not to be evicted, its outcome is ${outcome}`,
      );
    }
  }

  private victimOf(priority: string): Target["queued"][number] | undefined {
    const order = ["LOW", "NORMAL", "HIGH"];
    for (const lower of order.slice(0, order.indexOf(priority) < 0 ? 3 : order.indexOf(priority))) {
      const victim = this.queued.findLast((one) => one.priority === lower);
      if (victim !== undefined) return victim;
    }
    return undefined;
  }

  /** What runs cannot be evicted. */
  private takeStarted(): void {
    for (const call of this.session.calls) {
      const at = this.queued.findIndex(({ id }) => id === idOf(call));
      if (at >= 0) this.queued.splice(at, 1);
    }
  }
}
