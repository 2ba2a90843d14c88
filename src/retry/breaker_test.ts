import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BellhopError } from "../core/error.ts";
import { manualClock } from "../testing/manual_clock.ts";
import { createBreaker } from "./breaker.ts";
import { retry } from "./retry.ts";

const bad = () => Promise.reject(new Error("bad"));

Deno.test("createBreaker() opens after the threshold, refuses with the time to wait, and lets one through", async () => {
  const clock = manualClock(0);
  const guarded = createBreaker({ threshold: 2, openMs: 100, clock });
  for (let i = 0; i < 2; i++) await assertRejects(() => guarded(bad), Error, "bad");
  clock.advance(30);
  const error = await assertRejects(() => guarded(() => 1), BellhopError);
  assertEquals([error.code, error.retryAfterMs], ["circuit-open", 70]);
  clock.advance(70);
  let answer = (_: number) => {};
  const probe = guarded(() => new Promise<number>((resolve) => answer = resolve));
  await assertRejects(() => guarded(() => 1), BellhopError);
  answer(7);
  assertEquals([await probe, await guarded(() => 1)], [7, 1]);
});

Deno.test("createBreaker() counts what isFailure says, and a probe without a verdict lets the next one try", async () => {
  const clock = manualClock(0);
  const guarded = createBreaker({ threshold: 1, openMs: 10, clock, isFailure: (error) => error === 5 });
  const fail = (code: number) => guarded(() => Promise.reject(code)).catch((error) => error);
  assertEquals([await fail(4), await fail(4), await fail(5)], [4, 4, 5]);
  clock.advance(10);
  assertEquals([await fail(4), await guarded(() => 1)], [4, 1]);
});

Deno.test("retry() around a breaker waits until it half-opens", async () => {
  const clock = manualClock(0);
  const guarded = createBreaker({ threshold: 1, openMs: 5_000, clock });
  const times: number[] = [];
  const outcome = retry(
    () =>
      guarded(() => {
        times.push(clock.nowMs());
        return times.length < 2 ? bad() : "well";
      }),
    { baseMs: 10, jitter: "none" },
    { clock },
  );
  await clock.settle(5_010);
  assertEquals([await outcome, times], ["well", [0, 5_000]]);
});

Deno.test("createBreaker() refuses settings out of range", () => {
  for (const options of [{ threshold: 0 }, { threshold: 1.5 }, { openMs: 0 }, { openMs: NaN }]) {
    assertEquals(assertThrows(() => createBreaker(options), BellhopError).field, Object.keys(options)[0]);
  }
});
