import type { DeliveryCall, Json, JsonObject } from "../control.ts";
import { canonical, type Session } from "../session.ts";

/** Places of the round. */
const ROUND = 15;

/** The priorities that the subject can be given: `CRITICAL` needs a durable store. */
export function prioritiesOf(session: Session): readonly string[] {
  return session.has("durable") ? ["LOW", "NORMAL", "HIGH", "CRITICAL"] : ["LOW", "NORMAL", "HIGH"];
}

/** Begins with the service `b`, subscribed to `thing.*`. */
export async function beginWithB(session: Session, draws: readonly number[] = [0.5]): Promise<void> {
  await session.start({ draws });
  await session.member("b", { subscriptions: ["thing.*"] });
}

/** Registers the service `b`, subscribed to `thing.*`, with one slot, and gives its slot to a delivery that is held. */
export async function oneSlotTaken(session: Session): Promise<DeliveryCall> {
  await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
  await session.accepted({ priority: "LOW" });
  return session.begun("PRI-013", "b");
}

/**
 * Registers the service `b`, subscribed to `thing.*`, dispatches a whole round to it and holds the last attempt: what is
 * published until the release is queued for one slot, and the cursor stands at place 1 again.
 *
 * @returns acknowledges the attempt that is held
 */
export async function cursorAtPlaceOne(session: Session): Promise<() => Promise<void>> {
  await session.member("b", { subscriptions: ["thing.*"], maxInFlight: 1 });
  for (let place = 1; place < ROUND; place++) {
    await session.accepted({ priority: "LOW" });
    await session.ack(session.begun("PRI-013", "b"));
  }
  await session.accepted({ priority: "LOW" });
  const held = session.begun("PRI-013", "b");
  return async () => {
    await session.ack(held);
  };
}

/** Acknowledges whatever runs, one after another; gives the ids in the order of their starts. */
export async function drainQueue(session: Session, receiver = "b"): Promise<string[]> {
  const started: string[] = [];
  for (let call = session.peek(receiver); call !== undefined; call = session.peek(receiver)) {
    started.push(idOf(call));
    await session.ack(call);
  }
  return started;
}

/** The id of the message that a call delivers. */
export function idOf(call: { readonly envelope: JsonObject }): string {
  return String(call.envelope.id as Json);
}

/** Redrives the dead letter of a message, which must be there. */
export async function redrive(session: Session, id: string, requirement: string): Promise<void> {
  const letters = await session.list("dead-letters");
  const letter = letters.find(({ envelope }) => (envelope as JsonObject).id === id);
  session.must(letter !== undefined, "BUS-076", `${id} has a dead letter`);
  const reply = await session.say({ do: "letter", id: String(letter.id), action: "redrive" });
  session.must(reply.ok !== undefined, requirement, () => `the redrive is refused: ${canonical(reply)}`);
}
