import type { Clock } from "../ports/clock.ts";
import { PLATFORM_CLOCK } from "./_platform_clock.ts";

/** Who waits. An object and not a function, so that waiting costs no closure. */
export interface Waiter {
  /** Its place among all that wait, kept by {@linkcode Waiting}; 0 while it does not wait. */
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
  // Places count from 1, and what stands before the first is due before all.
  const dues: number[] = [-Infinity];
  const waiters: Waiter[] = [undefined!];
  let armedMs = Infinity;
  let disarm: (() => void) | undefined;

  function leave(waiter: Waiter): void {
    const { place } = waiter;
    if (!place) return;
    waiter.place = 0;
    const due = dues.pop()!;
    const last = waiters.pop()!;
    if (last !== waiter) sift(place, due, last);
    if (!waiters[1]) arm();
  }

  /** Moves the hole at `place` to where `due` belongs, and fills it. */
  function sift(place: number, due: number, waiter: Waiter): void {
    let next: number;
    for (; dues[next = place >> 1] > due; place = next) put(place, dues[next], waiters[next]);
    for (; (next = 2 * place) < dues.length; place = next) {
      if (dues[next + 1] < dues[next]) next++;
      if (dues[next] >= due) break;
      put(place, dues[next], waiters[next]);
    }
    put(place, due, waiter);
  }

  function put(place: number, due: number, waiter: Waiter): void {
    dues[place] = due;
    waiters[place] = waiter;
    waiter.place = place;
  }

  function arm(): void {
    const nextMs: number | undefined = dues[1];
    // A wake-up that comes too early does no harm, so only an earlier one, or none, is worth a new timer.
    if (nextMs >= armedMs) return;
    disarm?.();
    armedMs = nextMs ?? Infinity;
    disarm = waiters[1] && clock.wakeAt(nextMs, turn);
  }

  function turn(): void {
    armedMs = Infinity;
    const nowMs = clock.nowMs();
    while (dues[1] <= nowMs) {
      const waiter = waiters[1];
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
