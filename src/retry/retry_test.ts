import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { anyPolicy } from "../../testing/any_policy.ts";
import { backoffDelay, withRetryAfter } from "../core/retry/backoff.ts";
import { resolvePolicy } from "../core/retry/policy.ts";
import { BellhopError } from "../core/error.ts";
import { manualClock } from "../testing/manual_clock.ts";
import { seededRandom } from "../testing/seeded_random.ts";
import { createRetry, retry, type RetryEvent } from "./retry.ts";
import { StopRetry } from "./stop_retry.ts";

/** What became of a promise, to be read once it is settled. */
function watch<T>(promise: Promise<T>): { state: "pending" | "kept" | "broken"; value: unknown } {
  const seen: ReturnType<typeof watch> = { state: "pending", value: undefined };
  promise.then(
    (value) => Object.assign(seen, { state: "kept", value }),
    (value) => Object.assign(seen, { state: "broken", value }),
  );
  return seen;
}

/** A signal that counts its listeners. */
function counted(controller: AbortController): { listeners: number } {
  const { signal } = controller;
  const count = { listeners: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    count.listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    count.listeners--;
    removeEventListener.apply(signal, args);
  };
  return count;
}

Deno.test("retry() makes the attempts that policy and draws say, each at its moment, and leaves no timer", async () => {
  await fc.assert(
    fc.asyncProperty(anyPolicy, fc.integer(), fc.nat(12), fc.array(fc.nat(9_000)), async (policy, seed, bad, asked) => {
      policy = { ...policy, attemptTimeoutMs: null };
      const resolved = resolvePolicy(policy);
      const expected = [0];
      const random = seededRandom(seed);
      let [previousMs, atMs] = [0, 0];
      for (let n = 1; n <= bad && (resolved.retries === "unlimited" || n <= resolved.retries); n++) {
        previousMs = backoffDelay(resolved, n, random, previousMs);
        atMs += withRetryAfter(previousMs, asked[n - 1] ?? 0);
        if (resolved.maxElapsedMs !== null && atMs > resolved.maxElapsedMs) break;
        expected.push(atMs);
      }
      const clock = manualClock(0);
      const made: number[] = [];
      const errors: Error[] = [];
      const outcome = watch(retry(
        ({ attempt }) => {
          made.push(clock.nowMs());
          assertEquals(attempt, made.length);
          if (attempt > bad) return "done";
          errors.push(Object.assign(new Error(`${attempt}`), { retryAfterMs: asked[attempt - 1] }));
          throw errors.at(-1);
        },
        policy,
        { clock, random: seededRandom(seed) },
      ));
      await clock.settle(60 * 86_400_000);
      assertEquals(made, expected);
      if (made.length > bad) assertEquals(outcome, { state: "kept", value: "done" });
      else assertStrictEquals(outcome.value, errors.at(-1));
      assertEquals(clock.pending, 0);
    }),
    { numRuns: 60 },
  );
});

Deno.test("retry() aborted at any instant rejects with the reason at once, with no listener, timer or attempt left", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 4_000 }),
      fc.integer({ min: 1, max: 400 }),
      fc.option(fc.integer({ min: 1, max: 500 })),
      async (abortMs, takesMs, attemptTimeoutMs) => {
        const clock = manualClock(0);
        const controller = new AbortController();
        const count = counted(controller);
        let [attempts, running] = [0, 0];
        const outcome = watch(retry(
          ({ signal }) => {
            attempts++;
            running++;
            return new Promise((_, reject) => {
              let ended = false;
              const end = (reason: unknown) => {
                if (ended) return;
                ended = true;
                running--;
                cancel();
                reject(reason);
              };
              const cancel = clock.wakeAt(clock.nowMs() + takesMs, () => end(new Error("failed")));
              // Past the counter, which shall count the listeners of retry() alone.
              EventTarget.prototype.addEventListener.call(signal, "abort", () => end(signal.reason));
            });
          },
          { retries: "unlimited", baseMs: 100, attemptTimeoutMs },
          { clock, signal: controller.signal },
        ));
        await clock.settle(abortMs);
        assertEquals(outcome.state, "pending");
        const before = attempts;
        controller.abort("enough");
        await clock.settle(0);
        assertEquals(outcome, { state: "broken", value: "enough" });
        assertEquals([count.listeners, clock.pending, running], [0, 0, 0]);
        await clock.settle(10_000_000);
        assertEquals(attempts, before);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("retry() does not begin when the signal is aborted already", async () => {
  let attempts = 0;
  const error = await assertRejects(() =>
    retry(() => attempts++, undefined, { signal: AbortSignal.abort(new RangeError("gone")) })
  );
  assertEquals([attempts, (error as Error).message], [0, "gone"]);
});

Deno.test("retry() removes its listener after success and after failure", async () => {
  for (const retries of [0, 2]) {
    const controller = new AbortController();
    const count = counted(controller);
    const policy = { retries, baseMs: 0 };
    await retry(({ attempt }) => attempt === retries + 1 || fail(), policy, { signal: controller.signal });
    await assertRejects(() => retry(fail, policy, { signal: controller.signal }));
    assertEquals(count.listeners, 0);
  }
  function fail(): never {
    throw new Error("bad");
  }
});

Deno.test("retry() asks neither the clock nor chance for a success, and sets no timer for waits of 0", async () => {
  const clock = { nowMs: forbidden, wakeAt: forbidden };
  assertEquals(await retry(() => 42, undefined, { clock, random: forbidden }), 42);
  let attempts = 0;
  const policy = { retries: 5, baseMs: 0, jitter: "none" as const };
  assertEquals(
    await retry(async () => await Promise.resolve(++attempts) < 4 ? forbidden() : "yes", policy, { clock }),
    "yes",
  );
  function forbidden(): never {
    throw new Error("not to be asked");
  }
});

Deno.test("retry() times an attempt out, aborts its signal, and ignores what it says later", async () => {
  const clock = manualClock(0);
  const reasons: unknown[] = [];
  const late: ((value: string) => void)[] = [];
  const outcome = watch(
    retry(
      ({ signal }) => {
        signal.addEventListener("abort", () => reasons.push(signal.reason.name));
        return new Promise<string>((resolve) => late.push(resolve));
      },
      { retries: 1, baseMs: 100, jitter: "none", attemptTimeoutMs: 50 },
      { clock },
    ),
  );
  await clock.settle(100);
  assertEquals(reasons, ["TimeoutError"]);
  late[0]("too late");
  await clock.settle(99);
  assertEquals([outcome.state, late.length], ["pending", 2]);
  await clock.settle(1);
  assertEquals([outcome.state, (outcome.value as Error).name, reasons.length], ["broken", "TimeoutError", 2]);
  assertEquals(clock.pending, 0);
});

Deno.test("retry() gives a signal that is aborted already to who asks for it after the time-out", async () => {
  const clock = manualClock(0);
  const aborted: boolean[] = [];
  const outcome = watch(retry(
    (attempt) => new Promise((resolve) => clock.wakeAt(80, () => resolve(aborted.push(attempt.signal.aborted)))),
    { retries: 0, attemptTimeoutMs: 50 },
    { clock },
  ));
  await clock.settle(80);
  assertEquals([outcome.state, aborted], ["broken", [true]]);
});

Deno.test("retry() stops at StopRetry with its cause, and at shouldRetry with the error", async () => {
  const cause = { any: "thing" };
  let attempts = 0;
  const stop = (): never => {
    attempts++;
    throw new StopRetry(cause);
  };
  assertStrictEquals(await retry(stop).catch((reason) => reason), cause);
  const bad = new TypeError("bad");
  const seen: unknown[] = [];
  const reason = await retry(() => Promise.reject(bad), { baseMs: 0 }, {
    shouldRetry: (error, attempt) => seen.push(error, attempt) < 4,
  }).catch((reason) => reason);
  assertStrictEquals(reason, bad);
  assertEquals([attempts, seen], [1, [bad, 1, bad, 2]]);
});

Deno.test("retry() retries refused results, waits as asked, and returns the last when the budget is spent", async () => {
  const clock = manualClock(0);
  const events: RetryEvent<number>[] = [];
  const outcome = watch(retry(({ attempt }) => attempt, { retries: 2, baseMs: 10, jitter: "none" }, {
    clock,
    retryOn: (result) => result === 1 ? 700 : true,
    onRetry: (event) => events.push(event),
  }));
  await clock.settle(5_000);
  assertEquals(outcome, { state: "kept", value: 3 });
  assertEquals(events, [
    { attempt: 1, delayMs: 700, error: undefined, result: 1 },
    { attempt: 2, delayMs: 20, error: undefined, result: 2 },
  ]);
});

Deno.test("retry() ends with what a callback throws", async () => {
  const oops = () => {
    throw new Error("oops");
  };
  const bad = () => Promise.reject(new Error("bad"));
  for (const options of [{ shouldRetry: oops }, { onRetry: oops }, { random: oops }]) {
    await assertRejects(() => retry(bad, {}, options), Error, "oops");
  }
  await assertRejects(() => retry(() => 1, {}, { retryOn: oops }), Error, "oops");
});

Deno.test("retry() can be aborted from onRetry", async () => {
  const controller = new AbortController();
  let attempts = 0;
  const reason = await retry(() => Promise.reject(++attempts), { baseMs: 0, jitter: "none" }, {
    signal: controller.signal,
    onRetry: () => controller.abort("here"),
  }).catch((reason) => reason);
  assertEquals([reason, attempts], ["here", 1]);
});

Deno.test("retry() begins no retry after maxElapsedMs, and tells the deadline", async () => {
  const clock = manualClock(1_000);
  const deadlines: number[] = [];
  const outcome = watch(retry(
    ({ deadlineMs }) => {
      deadlines.push(deadlineMs);
      throw new Error("bad");
    },
    { retries: "unlimited", baseMs: 100, factor: 2, jitter: "none", maxElapsedMs: 650 },
    { clock },
  ));
  await clock.settle(299);
  assertEquals(outcome.state, "pending");
  await clock.settle(1);
  assertEquals([outcome.state, deadlines], ["broken", [1_650, 1_650, 1_650]]);
  await clock.settle(10_000);
  assertEquals(deadlines.length, 3);
});

Deno.test("retry() survives any thrown value", async () => {
  for (const value of [undefined, null, 0, "", Symbol.iterator, { retryAfterMs: "x" }, { retryAfterMs: NaN }]) {
    const reason = await retry(() => Promise.reject(value), { retries: 1, baseMs: 0 }).catch((reason) => reason);
    assertStrictEquals(reason, value);
  }
});

Deno.test("retry() rejects, and createRetry() throws, argument-invalid for a policy out of range", async () => {
  const error = await assertRejects(() => retry(() => 1, { retries: -1 }), BellhopError, "retries");
  const { name, message, field, status, retry: again, fix } = error;
  assertEquals([name, message, field, status, again, fix], [
    "BellhopError",
    "retries must be 0 to 1000000 or unlimited: -1",
    "retries",
    400,
    false,
    "retries must be 0 to 1000000 or unlimited",
  ]);
  assertThrows(() => createRetry({ factor: 0 }), BellhopError, "factor must be 1 to 10: 0");
  const word = await assertRejects(
    () => retry(() => 1, "HIGH" as never),
    BellhopError,
    "policy must be an object: string",
  );
  assertEquals([word.code, word.field, word instanceof TypeError], ["argument-invalid", "policy", false]);
});

Deno.test("createRetry() uses its policy and options, and a call may add its own", async () => {
  const clock = manualClock(0);
  const seen: string[] = [];
  const twice = createRetry({ retries: 1, baseMs: 5, jitter: "none" }, { clock, onRetry: () => seen.push("all") });
  const outcomes = [twice(() => Promise.reject(1)), twice(() => Promise.reject(2), { onRetry: () => seen.push("own") })]
    .map(watch);
  await clock.settle(5);
  assertEquals([outcomes.map(({ value }) => value), seen], [[1, 2], ["all", "own"]]);
});

Deno.test("retry() waits on one timer, however many wait, and each at its own moment", async () => {
  const clock = manualClock(0);
  const random = seededRandom(7);
  const waits = Array.from({ length: 500 }, () => 1 + Math.floor(random() * 1_000));
  const controllers = waits.map(() => new AbortController());
  const late: number[] = [];
  waits.forEach((baseMs, i) => {
    retry(
      ({ attempt }) => {
        if (attempt === 1) throw new Error("bad");
        if (clock.nowMs() !== baseMs || i % 3 === 0) late.push(i);
      },
      { baseMs, jitter: "none" },
      { clock, signal: controllers[i].signal },
    ).catch(() => {});
  });
  await clock.settle(0);
  assertEquals(clock.pending, 1);
  controllers.forEach((controller, i) => i % 3 === 0 && controller.abort());
  assertEquals(clock.pending, 1);
  await clock.settle(1_000);
  assertEquals([late, clock.pending], [[], 0]);
});

Deno.test("retry() works on the platform's clock", async () => {
  const began = performance.now();
  assertEquals(
    await retry(({ attempt }) => attempt > 1 ? attempt : Promise.reject(0), { baseMs: 20, jitter: "none" }),
    2,
  );
  assert(performance.now() - began >= 20);
});
