/**
 * Checks of the chapter Priority: the order within a class, and the round of 15.
 *
 * @module
 */
import fc from "fast-check";
import type { Check, Effort } from "../check.ts";
import type { DeliveryCall } from "../control.ts";
import { forAll } from "../for_all.ts";
import { canonical, type Session } from "../session.ts";
import { cursorAtPlaceOne, drainQueue, idOf, oneSlotTaken, prioritiesOf } from "./_queued.ts";
import { RoundModel } from "./_round_model.ts";

const needs = ["core"] as const;
const durable = ["core", "durable"] as const;
/** Slots of a round by priority. */
const WEIGHT: Readonly<Record<string, number>> = { CRITICAL: 8, HIGH: 4, NORMAL: 2, LOW: 1 };

/** See the module. */
export const ROUND_CHECKS: readonly Check[] = [
  {
    id: "priority/fifo",
    requirements: ["PRI-018"],
    title: "Deliveries of one priority start in the order in which they became eligible",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const drawn = fc.tuple(
        fc.constantFrom(...prioritiesOf(session)),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(7), { minLength: 4, maxLength: 25, size: "max" }),
      );
      await forAll(session, effort, drawn, async ([priority, maxInFlight, picks]) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight });
        const wanted: string[] = [];
        for (let i = 0; i < picks.length; i++) wanted.push((await session.accepted({ priority })).id);
        const started = session.calls.map(idOf);
        for (const pick of picks) {
          const before = new Set(session.calls.map(({ call }) => call));
          await session.ack(session.calls[pick % session.calls.length]);
          started.push(...session.calls.filter(({ call }) => !before.has(call)).map(idOf));
        }
        session.same(started, wanted, "PRI-018", "the order of the starts");
      });
    },
  },
  {
    id: "priority/retry-joins-the-tail",
    requirements: ["PRI-019"],
    title: "A retry that falls due joins the tail of its queue, whether it waited or not",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      const first = await session.accepted();
      const [second, third] = [await session.accepted(), await session.accepted()];
      await session.nak(session.begun("BUS-019", "b"));
      session.same(await drainQueue(session), [second.id, third.id, first.id], "PRI-019", "the order of the starts");

      const late = await session.accepted();
      await session.nak(session.begun("BUS-019", "b"), 1_000);
      const [fourth, fifth] = [await session.accepted(), await session.accepted()];
      await session.advance(1_000);
      const sixth = await session.accepted();
      session.same(
        await drainQueue(session),
        [fourth.id, fifth.id, late.id, sixth.id],
        "PRI-019",
        "the order of the starts",
      );
    },
  },
  {
    id: "priority/round",
    requirements: ["PRI-018", "PRI-019", "PRI-020", "PRI-021", "PRI-024"],
    title: "Whatever comes, ends and fails: every dispatch is the one that the round asks for",
    kind: "model",
    needs,
    async run(session: Session, effort: Effort) {
      const priorities = prioritiesOf(session);
      const op = fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...priorities) },
        { weight: 4, arbitrary: fc.nat(5).map((pick) => ({ pick, retry: false })) },
        { weight: 1, arbitrary: fc.nat(5).map((pick) => ({ pick, retry: true })) },
      );
      const drawn = fc.tuple(
        fc.integer({ min: 1, max: 3 }),
        fc.array(op, { minLength: 10, maxLength: 120, size: "max" }),
      );
      await forAll(session, effort, drawn, async ([slots, ops]) => {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight: slots });
        const round = new Round(session, slots);
        for (const one of ops) {
          if (typeof one === "string") await round.publish(one);
          else await round.settle(one.pick, one.retry);
        }
        await round.drain();
      });
    },
  },
  {
    id: "priority/round-of-15",
    requirements: ["PRI-020", "PRI-022"],
    title: "With something of every priority, the round is C H C N C H C L C H C N C H C, again and again",
    kind: "scenario",
    needs: durable,
    async run(session: Session) {
      await session.start();
      const release = await cursorAtPlaceOne(session);
      const letters = new Map<string, string>();
      for (const [priority, count] of [["LOW", 3], ["NORMAL", 5], ["HIGH", 9], ["CRITICAL", 17]] as const) {
        for (let i = 0; i < count; i++) letters.set((await session.accepted({ priority })).id, priority[0]);
      }
      await release();
      const started: (string | undefined)[] = [];
      for (let i = 0; i < 30; i++) {
        const call = session.begun("BUS-019", "b");
        started.push(letters.get(idOf(call)));
        await session.ack(call);
      }
      const round = "C H C N C H C L C H C N C H C";
      session.same(started.slice(0, 15).join(" "), round, "PRI-020", "the first round");
      session.same(started.slice(15).join(" "), round, "PRI-022", "the second round");
    },
  },
  {
    id: "priority/first-place",
    requirements: ["PRI-025"],
    title: "The first dispatch of a target uses place 1, whichever priority it serves",
    kind: "scenario",
    needs,
    async run(session: Session) {
      for (const first of prioritiesOf(session)) {
        await session.start();
        await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
        await session.accepted({ priority: first });
        const held = session.begun("BUS-019", "b");
        const letters = new Map<string, string>();
        for (const priority of ["LOW", "NORMAL", "HIGH"]) {
          for (let i = 0; i < 15; i++) letters.set((await session.accepted({ priority })).id, priority[0]);
        }
        await session.ack(held);
        const started = (await drainQueue(session)).slice(0, 15).map((id) => letters.get(id)).join(" ");
        // Places 2 to 15 and 1 again, those of C given to H.
        session.same(started, "H H N H H H L H H H N H H H H", "PRI-025", `the starts after one of ${first}`);
      }
    },
  },
  {
    id: "priority/empty-target-keeps-its-place",
    requirements: ["PRI-023"],
    title: "The cursor stays while nothing is eligible: through time, waits and refusals",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
      for (let dispatches = 0; dispatches < 3; dispatches++) {
        await session.accepted({ priority: "LOW" });
        await session.ack(session.begun("BUS-019", "b"));
        await session.publish(session.event({ priority: "none" }));
        await session.advance(20_000);
      }
      const waits = await session.accepted({ priority: "LOW" });
      await session.nak(session.begun("BUS-019", "b"), 600_000);
      await session.advance(500_000);
      // Four dispatches were made: place 5 is next, and held by this one.
      await session.accepted({ priority: "LOW" });
      const held = session.begun("BUS-019", "b");
      const letters = new Map<string, string>();
      for (const priority of ["LOW", "NORMAL", "HIGH"]) {
        for (let i = 0; i < 15; i++) letters.set((await session.accepted({ priority })).id, priority[0]);
      }
      await session.ack(held);
      const started = (await drainQueue(session)).slice(0, 7).map((id) => letters.get(id)).join(" ");
      session.same(started, "H H L H H H N", "PRI-023", "the starts from place 6 on");
      session.must((await session.delivery(waits)).state === "waiting", "PRI-013", "the first one still waits");
    },
  },
  {
    id: "priority/cursor-of-each-target",
    requirements: ["PRI-022"],
    title: "The dispatches of one target do not move the cursor of another",
    kind: "scenario",
    needs,
    async run(session: Session) {
      await session.start();
      for (const name of ["b", "c"]) await session.member(name, { maxInFlight: 1 });
      for (let i = 0; i < 5; i++) {
        await session.accepted({ target: "b" });
        await session.ack(session.begun("BUS-019", "b"));
      }
      await session.accepted({ target: "c" });
      const held = session.begun("BUS-019", "c");
      const letters = new Map<string, string>();
      for (const priority of ["NORMAL", "HIGH"]) {
        for (let i = 0; i < 8; i++) {
          letters.set((await session.accepted({ target: "c", priority })).id, priority[0]);
        }
      }
      await session.ack(held);
      const started = (await drainQueue(session, "c")).slice(0, 8).map((id) => letters.get(id)).join(" ");
      session.same(started, "H H N H H H H H", "PRI-022", "the starts of c from place 2 on");
    },
  },
  {
    id: "priority/nothing-starves",
    requirements: ["PRI-024"],
    title: "Behind an endless stream of higher priorities every delivery starts within its bound",
    kind: "property",
    needs,
    async run(session: Session, effort: Effort) {
      const priorities = prioritiesOf(session);
      const drawn = fc.tuple(
        fc.array(fc.constantFrom(...priorities), { minLength: 1, maxLength: 10 }),
        fc.array(fc.constantFrom(...priorities.slice(1)), { minLength: 60, maxLength: 80 }),
      );
      await forAll(session, effort, drawn, async ([backlog, stream]) => {
        await session.start();
        const held = await oneSlotTaken(session);
        const queues = new Map(priorities.map((priority) => [priority, 0]));
        const bounds = new Map<string, { readonly at: number; readonly priority: string }>();
        let dispatches = 0;
        const add = async (priority: string) => {
          const { id } = await session.accepted({ priority });
          const place = queues.get(priority)! + 1;
          queues.set(priority, place);
          bounds.set(id, { at: dispatches + Math.ceil(15 / WEIGHT[priority]) * place, priority });
        };
        for (const priority of backlog) await add(priority);
        for (const priority of stream.slice(0, 10)) await add(priority);
        await session.ack(held);
        for (const priority of stream.slice(10)) {
          const call = session.begun("BUS-019", "b");
          dispatches++;
          const one = bounds.get(idOf(call))!;
          queues.set(one.priority, queues.get(one.priority)! - 1);
          bounds.delete(idOf(call));
          const late = [...bounds.values()].find(({ at }) => at < dispatches);
          session.must(
            late === undefined,
            "PRI-024",
            `a ${late?.priority} delivery has not started ${dispatches} dispatches on, its bound was ${late?.at}`,
          );
          await add(priority);
          await session.ack(call);
        }
      });
    },
  },
];

/** A target whose every start is compared with the round. */
class Round {
  private readonly model = new RoundModel();
  private readonly priorities = new Map<string, string>();
  private readonly retried = new Set<string>();
  /** Per delivery in a queue: the dispatch by which it must have started. */
  private readonly bounds = new Map<string, number>();
  private readonly lengths = new Map<string, number>();
  private readonly seen = new Set<string>();
  private running = 0;
  private dispatches = 0;

  constructor(private readonly session: Session, private readonly slots: number) {}

  async publish(priority: string): Promise<void> {
    const event = this.session.event({ priority });
    const id = String(event.id);
    this.priorities.set(id, priority);
    this.join(id, priority);
    const reply = await this.session.publish(event);
    this.session.must(reply.ok !== undefined, "BUS-093", () => `a publish is refused: ${canonical(reply)}`);
    this.compare();
  }

  /** Ends one of the running attempts; each delivery fails at most once, so that no retry has to wait. */
  async settle(pick: number, retry: boolean): Promise<void> {
    const { calls } = this.session;
    if (calls.length === 0) return;
    const call = calls[pick % calls.length];
    const id = idOf(call);
    this.running--;
    if (retry && !this.retried.has(id)) {
      this.retried.add(id);
      this.join(id, this.priorities.get(id)!);
      await this.session.nak(call);
    } else await this.session.ack(call);
    this.compare();
  }

  async drain(): Promise<void> {
    while (this.session.calls.length > 0) await this.settle(0, false);
    this.session.must(this.bounds.size === 0, "PRI-024", `${this.bounds.size} deliveries never started`);
  }

  private join(id: string, priority: string): void {
    this.model.join(id, priority);
    const place = (this.lengths.get(priority) ?? 0) + 1;
    this.lengths.set(priority, place);
    this.bounds.set(id, this.dispatches + Math.ceil(15 / WEIGHT[priority]) * place);
  }

  private compare(): void {
    const session: Session = this.session;
    const started = session.calls.filter(({ call }) => !this.seen.has(call));
    for (const call of started) {
      this.seen.add(call.call);
      this.judge(call);
    }
    const waiting = this.bounds.size > 0 && this.running < this.slots;
    session.must(!waiting, "PRI-013", "a slot is free, a delivery is eligible, and nothing starts");
  }

  private judge(call: DeliveryCall): void {
    const session: Session = this.session;
    session.must(this.running < this.slots, "PRI-014", `more than ${this.slots} attempts run`);
    const wanted = this.model.dispatch();
    session.must(wanted !== undefined, "PRI-013", `${idOf(call)} starts, and nothing is eligible`);
    this.running++;
    this.dispatches++;
    const id = idOf(call);
    const priority = this.priorities.get(id)!;
    session.must(
      priority === wanted.priority,
      wanted.own ? "PRI-020" : "PRI-021",
      `dispatch ${this.dispatches} is of ${wanted.priority}, not of ${priority}`,
    );
    session.must(
      id === wanted.id,
      this.retried.has(id) || this.retried.has(wanted.id) ? "PRI-019" : "PRI-018",
      `dispatch ${this.dispatches} is ${wanted.id}, the head of its queue, not ${id}`,
    );
    const bound = this.bounds.get(id)!;
    session.must(
      this.dispatches <= bound,
      "PRI-024",
      `${id} starts at dispatch ${this.dispatches}, its bound is ${bound}`,
    );
    this.bounds.delete(id);
    this.lengths.set(priority, this.lengths.get(priority)! - 1);
  }
}
