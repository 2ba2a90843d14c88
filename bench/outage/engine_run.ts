/**
 * A real engine in the simulation: every operation is a call of it, with promises, in virtual time.
 *
 * Engines that take a clock are given one; for others timers are faked by @sinonjs/fake-timers, which holds: tried with
 * 1,000, 10,000 and 100,000 timers at once, one took 12, 18 and 14 µs to be set and fired, so it does not grow with
 * their number, and own timers would gain nothing that a simulation needs.
 *
 * @module
 */
import { PRIORITIES, type Priority } from "../../mod.ts";
import { seededRandom } from "../../src/testing/mod.ts";
import type { Given, Policy, RetryEngine } from "../retry/engine.ts";
import { turn, virtualTime } from "../retry/virtual_time.ts";
import { DRAW, drawn } from "./chance.ts";
import { END, LIMIT_MS, type Run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { createWorld } from "./world.ts";

/** One error for all: to make one with its stack costs more than any engine. */
const FAILED = new Error("the attempt failed");

/**
 * Runs the scenario to its end. One at a time, since it may fake the platform's timers and `Math.random`.
 *
 * @param threw is told what the engine throws where it should reject; the operation counts as given up
 */
export async function runEngine(
  scenario: Scenario,
  engine: RetryEngine,
  policies: Readonly<Record<Priority, Policy>>,
  seed: number,
  threw: (error: unknown) => void = () => {},
): Promise<Run> {
  const byRank = PRIORITIES.map((priority) => policies[priority]);
  const platformRandom = Math.random;
  using time = virtualTime(engine.supports.clock);
  if (!engine.supports.random) Math.random = seededRandom(seed);
  const underWay = new Map<number, { resolve(): void; reject(error: Error): void }>();
  let armedMs = Infinity;
  let disarm: (() => void) | undefined;

  const world = createWorld(scenario, seed, {
    begin(operation) {
      const attempt = () =>
        new Promise<void>((resolve, reject) => {
          underWay.set(operation, { resolve, reject });
          world.send(operation, time.nowMs());
        });
      called(attempt, operation).then(
        () => world.end(operation, true, time.nowMs()),
        () => world.end(operation, false, time.nowMs()),
      );
    },
    answered(operation, ok) {
      const { resolve, reject } = underWay.get(operation)!;
      underWay.delete(operation);
      // Nobody may be listening to an attempt that the engine has left behind.
      if (ok || ends[operation] !== END.none) resolve();
      else reject(FAILED);
    },
  });
  const { attempts, ends, ranks } = world.run;

  function called(attempt: () => Promise<void>, operation: number): Promise<void> {
    try {
      const end = engine.run(attempt, byRank[ranks[operation % scenario.clients]], givenTo(operation));
      if (typeof end?.then !== "function") throw new TypeError("run() returned no promise");
      return end;
    } catch (error) {
      threw(error);
      return Promise.reject(error);
    }
  }

  function givenTo(operation: number): Given {
    let [drawnFor, times] = [0, 0];
    const random = () => {
      times = drawnFor === attempts[operation] ? times + 1 : 0;
      drawnFor = attempts[operation];
      return drawn(seed, operation, drawnFor, DRAW.wait + times);
    };
    return { ...(engine.supports.random ? { random } : {}), ...(time.clock ? { clock: time.clock } : {}) };
  }

  function arm(): void {
    const nextMs = world.nextMs();
    if (nextMs >= armedMs || nextMs > LIMIT_MS) return;
    disarm?.();
    armedMs = nextMs;
    if (time.clock) disarm = time.clock.wakeAt(nextMs, tick);
    else {
      const timer = setTimeout(tick, nextMs - time.nowMs());
      disarm = () => clearTimeout(timer);
    }
  }

  function tick(): void {
    const nowMs = armedMs;
    armedMs = Infinity;
    disarm = undefined;
    world.advance(nowMs);
  }

  try {
    arm();
    while (time.nowMs() <= LIMIT_MS && time.next()) {
      await turn();
      arm();
    }
    return world.run;
  } finally {
    Math.random = platformRandom;
  }
}
