import { Clock, Duration, Effect, Random, Schedule } from "npm:effect@4.1.0";
import type { RetryEngine } from "../engine.ts";

// deno-fmt-ignore
/** Full jitter, and the wait that an error asks for, are made with its combinators; its own `jittered` is ± 20 %. */
export const engine: RetryEngine = {
  name: "effect",
  version: "4.1.0",
  supports: { clock: true, random: true, jitters: ["none", "full"], cap: true, firstAtOnce: true, unlimited: true, signal: true, retryAfter: true },
  run: (op, policy, given) => engine.prepare!(policy, given)(op),
  prepare({ retries, baseMs, factor, capMs, jitter, firstAtOnce }, { signal, clock, random }) {
    const grown = Schedule.min([Schedule.exponential(baseMs, factor), Schedule.spaced(capMs)]);
    const schedule = Schedule.modifyDelay(firstAtOnce ? Schedule.concat(Schedule.recurs(1), grown) : grown as never, ({ input, duration }) => {
      const waitMs = (u: number) => Math.max(Duration.toMillis(duration) * u, (input as { retryAfterMs?: number }).retryAfterMs ?? 0);
      return jitter === "full" && Duration.isPositive(duration) ? Effect.map(Random.next, waitMs) : Effect.succeed(waitMs(1));
    });
    const sleep = (wait: Duration.Duration) => Effect.callback<void>((done) => Effect.sync(clock!.wakeAt(clock!.nowMs() + Duration.toMillis(wait), () => done(Effect.void))));
    const timed = !clock ? <A>(one: A) => one : Effect.provideService(Clock.Clock, { currentTimeMillisUnsafe: () => clock.nowMs(), sleep } as Clock.Clock) as <A>(one: A) => A;
    const drawn = !random ? timed : <A>(one: A) => timed(Effect.provideService(one as Effect.Effect<A>, Random.Random, { nextDoubleUnsafe: random, nextIntUnsafe: random }) as A);
    return (op) => Effect.runPromise(drawn(Effect.retry(Effect.tryPromise({ try: () => op({ signal }), catch: (error) => error }), { times: retries, schedule })), signal && { signal });
  },
};
