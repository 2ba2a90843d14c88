import type { Session } from "../session.ts";

/** Places of the round. */
const ROUND = 15;

/**
 * Registers the service `b`, subscribed to `thing.*`, dispatches a whole round to it and holds the last attempt: what is
 * published until the release is queued for one slot, and the cursor stands at place 1 again.
 *
 * @returns acknowledges the attempt that is held
 */
export async function cursorAtPlaceOne(session: Session): Promise<() => Promise<void>> {
  await session.member("b", { subscriptions: ["thing.*"] });
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
