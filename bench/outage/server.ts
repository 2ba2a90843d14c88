/**
 * A server with a capacity and a bounded queue, first come, first served; its troubles are known beforehand, so what
 * becomes of a request is known when it comes.
 *
 * @module
 */
import { capacityPerSecond, isDown, type Phase, type Scenario } from "./scenario.ts";

/** What becomes of an attempt. */
export const FATE = { done: 0, down: 1, full: 2, failed: 3, late: 4 } as const;
/** Their names, in that order. */
export const FATES = ["done", "down", "full", "failed", "late"] as const;
export type Fate = typeof FATE[keyof typeof FATE];

export interface Server {
  /**
   * A request comes in, not before the one taken last.
   *
   * @param u in [0, 1): a request fails if it is below the share that does
   */
  take(nowMs: number, u: number): Fate;
  /** When the request taken last is answered, in fractions of a millisecond; `Infinity`: never. */
  readonly answerMs: number;
  /** When its service began; `Infinity` if it never did. */
  readonly startMs: number;
}

/** A ramp that begins at nothing would never come to its first request. */
const LEAST_SHARE = 0.001;
const WELL: Phase = { fromMs: 0, capacity: 1 };

export function createServer(scenario: Scenario): Server {
  const perMs = capacityPerSecond(scenario) / 1_000;
  const phases = [WELL, ...scenario.phases];
  // Starts of service of those who wait, as a ring: whoever has started has left the queue.
  const starts = new Float64Array(Math.max(1, Math.floor(perMs * scenario.queueMs)));
  let [first, waiting] = [0, 0];
  let place = 0;
  let freeMs = 0;
  let [answerMs, startMs] = [0, 0];

  function take(nowMs: number, u: number): Fate {
    while (place + 1 < phases.length && phases[place + 1].fromMs <= nowMs) place++;
    startMs = Infinity;
    answerMs = nowMs;
    if (isDown(phases[place])) return lost(phases[place], nowMs);
    while (waiting > 0 && starts[first] <= nowMs) leave();
    if (waiting === starts.length) return FATE.full;
    const atMs = Math.max(nowMs, freeMs);
    let then = place;
    while (then + 1 < phases.length && phases[then + 1].fromMs <= atMs) {
      if (!isDown(phases[++then])) continue;
      wait(phases[then].fromMs);
      return lost(phases[then], phases[then].fromMs);
    }
    if (atMs > nowMs) wait(atMs);
    freeMs = atMs + 1 / (perMs * shareAt(then, atMs));
    startMs = atMs;
    answerMs = atMs + scenario.serviceMs;
    return u < (phases[then].failing ?? 0) ? FATE.failed : FATE.done;
  }

  function lost({ silent }: Phase, atMs: number): Fate {
    answerMs = silent ? Infinity : atMs;
    return FATE.down;
  }

  function leave(): void {
    first = first + 1 === starts.length ? 0 : first + 1;
    waiting--;
  }

  function wait(untilMs: number): void {
    starts[(first + waiting++) % starts.length] = untilMs;
  }

  function shareAt(at: number, atMs: number): number {
    const { fromMs, capacity, growsTo } = phases[at];
    const untilMs = phases[at + 1]?.fromMs;
    if (growsTo === undefined || untilMs === undefined) return Math.max(LEAST_SHARE, growsTo ?? capacity);
    return Math.max(LEAST_SHARE, capacity + (growsTo - capacity) * (atMs - fromMs) / (untilMs - fromMs));
  }

  return {
    take,
    get answerMs() {
      return answerMs;
    },
    get startMs() {
      return startMs;
    },
  };
}
