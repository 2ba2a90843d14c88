import { BellhopError } from "../error.ts";
import type { Rank } from "../priority/table.ts";
import { end } from "./end.ts";
import type { BusState } from "./_state.ts";
import type { Target } from "./target.ts";

/** Which receivers are full: those that can make room, and those that cannot. */
export interface Crowd {
  readonly evicting: readonly number[];
  readonly refused: readonly number[];
}

/**
 * The overflow rule, decided (spec PRI): a full target gives up the newest eligible delivery of its lowest memory
 * class if that is lower than the arrival; else the arrival has no place there.
 *
 * @throws {BellhopError} `queue-full` if no receiver has a place, or one has none and the message is CRITICAL
 */
export function planRoom(state: BusState, targets: readonly Target[], rank: Rank): Crowd {
  const evicting: number[] = [];
  const refused: number[] = [];
  for (const [place, target] of targets.entries()) {
    if (target.unfinished < state.options.capacity) continue;
    (target.queue.canEvictBelow(rank) ? evicting : refused).push(place);
  }
  if (refused.length > 0 && (rank === 3 || refused.length === targets.length)) throw full(targets[refused[0]].name);
  return { evicting, refused };
}

/** The overflow rule, carried out. */
export function makeRoom(
  state: BusState,
  nowMs: number,
  targets: readonly Target[],
  rank: Rank,
  crowd: Crowd,
): void {
  for (const place of crowd.evicting) {
    const { queue } = targets[place];
    const victim = queue.evictBelow(rank);
    if (victim === -1) continue;
    queue.push(victim, state.messages[state.deliveries.message[victim]]!.rank);
    end(state, nowMs, victim, "evicted", "queue-full");
  }
}

/** The error of a queue that is full. */
export function full(who: string): BellhopError {
  return new BellhopError("queue-full", `${who} has as many unfinished deliveries as it may`, { retryAfterMs: 1_000 });
}
