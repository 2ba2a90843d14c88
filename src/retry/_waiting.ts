import type { Clock } from "../ports/clock.ts";
import { PLATFORM_CLOCK } from "./_platform_clock.ts";

/** Who waits. An object and not a function, so that waiting costs no closure. */
export interface Waiter {
  /** Its place among all that wait, kept by {@linkcode Waiting}; -1 while it does not wait. */
  place: number;
  wake(): void;
}

/** All that wait on one clock. */
export interface Waiting {
  /** What the clock says. */
  nowMs(): number;
  /** Wakes the waiter, who does not wait yet, after at least `delayMs`. */
  add(delayMs: number, waiter: Waiter): void;
  /** Forgets the waiter, if it waits. */
  leave(waiter: Waiter): void;
}

const waitings = new WeakMap<Clock, Waiting>();

/** The one place where all wait that wait on this clock. */
export function waitingOn(clock: Clock = PLATFORM_CLOCK): Waiting {
  let waiting = waitings.get(clock);
  if (!waiting) waitings.set(clock, waiting = createWaiting(clock));
  return waiting;
}

/**
 * One timer and a binary heap in which each waiter knows its place. The bus's wheel is faster with a million and
 * takes most of a kilobyte more to download; here it is size that counts.
 */
function createWaiting(clock: Clock): Waiting {
  const dues: number[] = [];
  const waiters: Waiter[] = [];
  let armedMs = Infinity;
  let disarm: (() => void) | undefined;

  function leave(waiter: Waiter): void {
    const { place } = waiter;
    if (place < 0) return;
    waiter.place = -1;
    const due = dues.pop()!;
    const last = waiters.pop()!;
    if (last !== waiter) sift(place, due, last);
    if (dues.length === 0) arm();
  }

  /** Moves the hole at `place` to where `due` belongs, and fills it. */
  function sift(place: number, due: number, waiter: Waiter): void {
    for (let parent; place > 0 && dues[parent = (place - 1) >> 1] > due; place = parent) {
      put(place, dues[parent], waiters[parent]);
    }
    for (let child; (child = 2 * place + 1) < dues.length; place = child) {
      if (dues[child + 1] < dues[child]) child++;
      if (dues[child] >= due) break;
      put(place, dues[child], waiters[child]);
    }
    put(place, due, waiter);
  }

  function put(place: number, due: number, waiter: Waiter): void {
    dues[place] = due;
    waiters[place] = waiter;
    waiter.place = place;
  }

  function arm(): void {
    const nextMs = dues.length === 0 ? Infinity : dues[0];
    // A wake-up that comes too early does no harm, so only an earlier one, or none, is worth a new timer.
    if (nextMs >= armedMs && nextMs < Infinity) return;
    disarm?.();
    armedMs = nextMs;
    disarm = nextMs < Infinity ? clock.wakeAt(nextMs, turn) : undefined;
  }

  function turn(): void {
    armedMs = Infinity;
    disarm = undefined;
    const nowMs = clock.nowMs();
    while (dues[0] <= nowMs) {
      const waiter = waiters[0];
      leave(waiter);
      waiter.wake();
    }
    arm();
  }

  return {
    nowMs: () => clock.nowMs(),
    add(delayMs, waiter) {
      sift(dues.length, clock.nowMs() + delayMs, waiter);
      arm();
    },
    leave,
  };
}
