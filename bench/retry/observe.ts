/**
 * One call of an engine, watched in virtual time.
 *
 * @module
 */
import type { Policy, RetryEngine } from "./engine.ts";
import { turn, virtualTime } from "./virtual_time.ts";

/** What the operation and the world around it do. */
export interface Scene {
  /** Attempts that fail before one succeeds. */
  readonly failures: number;
  /** The random number, each time one is drawn. */
  readonly u?: number;
  /** What attempt n, from 1, asks to wait when it fails. */
  readonly askedMs?: (attempt: number) => number | undefined;
  /** The call is aborted in the wait after this attempt. */
  readonly abortAfter?: number;
}

export interface Observed {
  /** Before retry 1, 2 …, in virtual milliseconds. */
  readonly waitsMs: readonly number[];
  /** Random numbers drawn before retry 1, 2 …, each counted once. */
  readonly draws: readonly number[];
  /** `stuck`: no timer of the virtual time is set, and nothing happens. */
  readonly end: "resolved" | "rejected" | "stuck";
  readonly reason?: unknown;
  /** When it ended. */
  readonly endMs: number;
  /** Whether it drew from the function it was given, rather than from `Math.random`. */
  readonly drewGiven: boolean;
}

/** Turns of the platform in which nothing happens before a call counts as stuck. */
const IDLE_TURNS = 50;

/** @param takesClock whether it gets a clock; by default what the engine says of itself */
export async function observe(
  engine: RetryEngine,
  policy: Policy,
  scene: Scene,
  takesClock = engine.supports.clock,
): Promise<Observed> {
  using time = virtualTime(takesClock);
  const platformRandom = Math.random;
  const starts: number[] = [];
  const drawn: number[] = [];
  let draws = 0;
  let drewGiven = false;
  Math.random = draw;
  const abort = new AbortController();
  let end: { end: "resolved" | "rejected"; reason?: unknown } | undefined;

  function draw(): number {
    draws++;
    return scene.u ?? 0.5;
  }

  function random(): number {
    drewGiven = true;
    return draw();
  }

  function op(): Promise<number> {
    starts.push(time.nowMs());
    drawn.push(draws);
    const attempt = starts.length;
    if (attempt > scene.failures) return Promise.resolve(attempt);
    const asked = scene.askedMs?.(attempt);
    return Promise.reject(
      Object.assign(new Error(`attempt ${attempt}`), asked === undefined ? {} : { retryAfterMs: asked }),
    );
  }

  try {
    const given = { signal: abort.signal, random, ...(time.clock ? { clock: time.clock } : {}) };
    // What it throws instead of rejecting is seen as a rejection.
    (async () => await engine.run(op as () => Promise<never>, policy, given))().then(
      () => end = { end: "resolved" },
      (reason) => end = { end: "rejected", reason },
    );
    for (let idle = 0, seen = 0; end === undefined && idle < IDLE_TURNS; idle++) {
      await turn();
      if (starts.length === scene.abortAfter && !abort.signal.aborted) {
        abort.abort(new Error("aborted by the bench"));
        await turn();
      }
      if (end !== undefined) break;
      if (time.next() || starts.length > seen) idle = -1;
      seen = starts.length;
    }
    const between = (values: readonly number[]) => values.slice(1).map((value, i) => value - values[i]);
    const endMs = time.nowMs();
    return { waitsMs: between(starts), draws: between(drawn), ...(end ?? { end: "stuck" }), endMs, drewGiven };
  } finally {
    Math.random = platformRandom;
  }
}
