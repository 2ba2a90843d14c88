/**
 * What the checks of the chapter Retry wait for alike.
 *
 * @module
 */
import type { CallAnswer } from "../control.ts";
import { canonical, type Session } from "../session.ts";

const HOUR_MS = 3_600_000;

/** Answers the running attempt; gives how long the next one waited after it. */
export async function waitAfter(session: Session, answer: CallAnswer, limitMs = HOUR_MS): Promise<number> {
  const call = session.begun("RET-046", "b");
  const failedMs = session.nowMs;
  await session.settle(call, answer);
  const next = await session.untilCall(limitMs, "b");
  session.must(next !== undefined, "RET-046", () => `after ${canonical(answer)} no retry follows in ${limitMs} ms`);
  return next.atMs - failedMs;
}
