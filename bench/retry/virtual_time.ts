/**
 * Time that passes when it is told to, for any engine: by the clock it takes, else by faked timers.
 *
 * @module
 */
import { createClock, type FakeMethod, install } from "npm:@sinonjs/fake-timers@15.5.0";
import { setImmediate } from "node:timers";
import type { EngineClock } from "./engine.ts";

/** One stretch of virtual time, from 0. Where timers are faked there may be one at a time. */
export interface VirtualTime extends Disposable {
  nowMs(): number;
  /** For an engine that takes one. */
  readonly clock: EngineClock | undefined;
  /** Jumps to the next timer and fires it; `false` if there is none. */
  next(): boolean;
}

/** The timers and clocks that a library may ask for the time of a wait. */
const FAKED: FakeMethod[] = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"];
/** What a library may ask for a turn without a wait: real, where another clock moves time. */
const TURNS: FakeMethod[] = ["setImmediate", "clearImmediate"];

/** @param takesClock else time is that of the faked timers. They are faked in both cases, so that none is left set. */
export function virtualTime(takesClock: boolean): VirtualTime {
  const platform = install({ now: 0, toFake: takesClock ? FAKED : [...FAKED, ...TURNS] });
  const time: Fake = takesClock ? createClock(0) : platform;
  return {
    nowMs: () => time.now,
    clock: takesClock ? clockOf(time) : undefined,
    next() {
      if (time.countTimers() === 0) return false;
      time.next();
      return true;
    },
    [Symbol.dispose]: () => platform.uninstall(),
  };
}

/** Lets everything run that waits for no time; by a timer that nobody fakes. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type Fake = ReturnType<typeof createClock>;

function clockOf(fake: Fake): EngineClock {
  return {
    nowMs: () => fake.now,
    wakeAt(atMs, wake) {
      const timer = fake.setTimeout(wake, Math.max(0, atMs - fake.now));
      return () => fake.clearTimeout(timer as never);
    },
  };
}
