/**
 * What is timed of each engine, alone in its process.
 *
 * @module
 */
import type { Given, Operation, Policy, RetryEngine } from "../engine.ts";

/** One thing that is timed. */
export interface Case {
  readonly name: string;
  /** A heading that ends in a runtime: "Success at once, on Deno". */
  readonly title: string;
  /** Operations in one call of what {@linkcode made} gives. */
  readonly per: number;
  /** Why the engine cannot do this. */
  whyNot?(engine: RetryEngine): string | undefined;
  /** What mitata takes: a function, or a generator that gives one. */
  made(engine: RetryEngine): () => unknown;
}

/** Calls that wait at the same time, where a wait is timed: far more than a wait of 1 ms has room for. */
const AT_ONCE = 1_000;
const FAILURES = 3;
const AT_ONCE_POLICY: Policy = { retries: 3, baseMs: 0, factor: 2, capMs: 0, jitter: "none", firstAtOnce: false };
const WAIT_POLICY: Policy = { ...AT_ONCE_POLICY, baseMs: 1, capMs: 1 };
/** A wait that is not over before a process is. */
export const LONG_POLICY: Policy = { ...AT_ONCE_POLICY, baseMs: 3_600_000, capMs: 3_600_000 };
const NOTHING: Given = {};
const ENDS_WITHIN_MS = 5_000;

// One error for all: to make one, with its stack, costs more than any of the engines. And one promise, already taken care
// of: what is born rejected the platform takes down as unhandled, then strikes out again, which costs as much.
const notYet = new Error("not yet");
const failed: Promise<never> = Promise.reject(notYet);
failed.catch(() => {});
const succeed = () => Promise.resolve(42);
/** Fails, each time. */
export const fail = (): Promise<never> => failed;

export const CASES: readonly Case[] = [
  {
    name: "success",
    title: "Success at once",
    per: 1,
    made(engine) {
      const call = prepared(engine, LONG_POLICY);
      return () => call(succeed);
    },
  },
  {
    name: "success-anew",
    title: "Success at once, the policy given anew",
    per: 1,
    made: (engine) => () => engine.run(succeed, LONG_POLICY, NOTHING),
  },
  {
    name: "retry",
    title: "A retry without a wait",
    per: FAILURES,
    made(engine) {
      const call = prepared(engine, AT_ONCE_POLICY);
      return () => call(failing(FAILURES));
    },
  },
  {
    name: "retry-anew",
    title: "A retry without a wait, the policy given anew",
    per: FAILURES,
    made: (engine) => () => engine.run(failing(FAILURES), AT_ONCE_POLICY, NOTHING),
  },
  {
    // Under a faked clock it would be the faking library that is timed. So: a real wait of the shortest kind, in so many
    // calls at once that one's wait is another's work. The platform's timers count, as they do in a program.
    name: "wait",
    title: "A retry with a wait of 1 ms, 1,000 at once",
    per: AT_ONCE,
    made(engine) {
      const call = prepared(engine, WAIT_POLICY);
      return () => Promise.all(Array.from({ length: AT_ONCE }, () => call(failing(1))));
    },
  },
  {
    name: "cancel",
    title: "An abort of one of 1,000 that wait",
    per: AT_ONCE,
    whyNot: ({ supports }) => supports.signal ? undefined : "an abort does not end its wait",
    made: (engine) =>
      function* () {
        yield { manual: () => cancelled(engine), budget: "real" };
      },
  },
];

/** With all that depends on the policy alone made once, if the engine has such a form. */
export function prepared(engine: RetryEngine, policy: Policy): <T>(op: Operation<T>) => Promise<T> {
  return engine.prepare?.(policy, NOTHING) ?? ((op) => engine.run(op, policy, NOTHING));
}

/** Fails so often, then succeeds. */
export function failing(failures: number): () => Promise<number> {
  let calls = 0;
  return () => ++calls > failures ? Promise.resolve(calls) : failed;
}

/** Nanoseconds for the aborts, and until all have ended. */
async function cancelled(engine: RetryEngine): Promise<number> {
  let begun = 0;
  const aborts = Array.from({ length: AT_ONCE }, () => new AbortController());
  const ends = aborts.map(({ signal }) => {
    const op = () => (begun++, fail());
    return engine.run(op, LONG_POLICY, { signal }).then(() => {}, () => {});
  });
  for (let turns = 0; begun < AT_ONCE || turns < 3; turns++) await new Promise((resolve) => setTimeout(resolve));
  let timer;
  const late = new Promise<void>((_, reject) => {
    timer = setTimeout(reject, ENDS_WITHIN_MS, new Error(`an abort did not end the wait within ${ENDS_WITHIN_MS} ms`));
  });
  const began = performance.now();
  for (const abort of aborts) abort.abort(notYet);
  await Promise.race([Promise.all(ends), late]);
  const took = performance.now() - began;
  clearTimeout(timer);
  return took * 1e6;
}
