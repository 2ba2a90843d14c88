import type { EventFields, Member, Session, SessionStart } from "../session.ts";
import { cancel, inMs } from "./_bus.ts";

/** A message that was published. */
export type Published = { readonly source: string; readonly id: string };

/** Who there is: `a` publishes and asked for receipts, `b` subscribes to `thing.*`. */
export interface World {
  readonly a: Member;
  readonly b: Member;
}

/** A way to an outcome of a delivery to `b`. */
export interface Ending {
  readonly outcome: string;
  /** The reason that its dead letter must give. */
  readonly reason: string;
  /** Attempts that it takes. */
  readonly attempts: number;
  readonly start?: SessionStart;
  /** Slots of `b`. */
  readonly slots?: number;
  /** Publishes with these fields, and leads to the outcome. */
  end(session: Session, world: World, fields: EventFields): Promise<Published>;
}

/** One way to each outcome but `no-subscriber`, which only a `CRITICAL` can have; `exhausted` has two. */
export const ENDINGS: readonly Ending[] = [
  {
    outcome: "delivered",
    reason: "",
    attempts: 2,
    async end(session, { a }, fields) {
      const event = await session.accepted(fields, { lease: a.lease });
      await session.nak(session.begun("BUS-019", "b"));
      await session.ack(session.begun("RET-017", "b"));
      return event;
    },
  },
  {
    outcome: "rejected",
    reason: "term",
    attempts: 2,
    async end(session, { a }, fields) {
      const event = await session.accepted(fields, { lease: a.lease });
      await session.nak(session.begun("BUS-019", "b"));
      await session.term(session.begun("RET-017", "b"));
      return event;
    },
  },
  {
    outcome: "exhausted",
    reason: "nak",
    attempts: 2,
    async end(session, { a }, fields) {
      const event = await session.accepted({ ...fields, priority: "LOW" }, { lease: a.lease });
      await session.nak(session.begun("BUS-019", "b"));
      await session.nak(session.begun("RET-017", "b"));
      return event;
    },
  },
  {
    outcome: "exhausted",
    reason: "max-elapsed",
    attempts: 1,
    async end(session, { a }, fields) {
      const event = await session.accepted(fields, { lease: a.lease });
      const endMs = session.nowMs + 3_600_000;
      await session.advance(1_000);
      await session.nak(session.begun("BUS-019", "b"), 3_600_000);
      await session.advance(endMs - session.nowMs);
      return event;
    },
  },
  {
    outcome: "expired",
    reason: "expired",
    attempts: 1,
    async end(session, { a }, fields) {
      const event = await session.accepted({ ...fields, expirytime: inMs(session, 1_000) }, { lease: a.lease });
      await session.nak(session.begun("BUS-019", "b"), 5_000);
      await session.advance(1_000);
      return event;
    },
  },
  {
    outcome: "cancelled",
    reason: "cancelled",
    attempts: 1,
    async end(session, { a }, fields) {
      const event = await session.accepted(fields, { lease: a.lease });
      await session.nak(session.begun("BUS-019", "b"), 5_000);
      await cancel(session, event);
      return event;
    },
  },
  {
    outcome: "evicted",
    reason: "queue-full",
    attempts: 0,
    start: { capacity: 2 },
    slots: 1,
    async end(session, { a }, fields) {
      await session.accepted({ target: "b" });
      const event = await session.accepted({ ...fields, priority: "LOW", target: "b" }, { lease: a.lease });
      await session.accepted({ priority: "HIGH", target: "b" }, {}, "PRI-035");
      return event;
    },
  },
  {
    outcome: "receiver-gone",
    reason: "receiver-gone",
    attempts: 1,
    async end(session, { a, b }, fields) {
      const event = await session.accepted(fields, { lease: a.lease });
      await session.nak(session.begun("BUS-019", "b"), 5_000);
      await session.registry("service.deregister", { lease: b.lease, service: true });
      return event;
    },
  },
  {
    outcome: "instance-gone",
    reason: "instance-gone",
    attempts: 1,
    async end(session, { a, b }, fields) {
      await session.member("b", { subscriptions: ["thing.*"], instance: "i2" });
      const event = await session.accepted({ ...fields, target: "b@i1" }, { lease: a.lease });
      await session.nak(session.begun("BUS-026", "b"), 5_000);
      await session.registry("service.deregister", { lease: b.lease });
      return event;
    },
  },
];

/** What is short and says which ending it is. */
export function nameOfEnding({ outcome, reason }: Ending): string {
  return reason === "max-elapsed" ? "exhausted-by-time" : outcome;
}

/** Begins a session in which an ending can come. */
export async function beginWorld(session: Session, { start = {}, slots }: Partial<Ending> = {}): Promise<World> {
  await session.start(start);
  const a = await session.member("a", { receipts: true });
  const b = await session.member("b", {
    subscriptions: ["thing.*"],
    ...(slots === undefined ? {} : { maxInFlight: slots }),
  });
  return { a, b };
}
