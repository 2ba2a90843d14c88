/**
 * The one way in which anything is timed here: in rounds, each subject once a round, each round begun by another one.
 *
 * A slow second of the machine so hurts all alike, and a ratio taken within a round does not see it. Nothing here names a
 * runtime: `bench/retry/` runs on three.
 *
 * @module
 */
import { measure } from "npm:mitata@1.0.34";

/** Something that gives one number a call, taken for about `ms` milliseconds. */
export interface Sampler {
  sample(ms: number): number | Promise<number>;
  close?(): void | Promise<void>;
}

/**
 * One number of each subject in each round; round r is begun by subject r, so that none always follows the same one.
 *
 * @param sample `undefined` for a subject that fails: it is not asked again, and not in what is returned
 */
export async function inRounds(
  names: readonly string[],
  rounds: number,
  sample: (name: string, round: number) => number | undefined | Promise<number | undefined>,
): Promise<Map<string, number[]>> {
  const seen = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of orderOf(names, round)) {
      const values = seen.get(name);
      if (values === undefined) continue;
      const value = await sample(name, round);
      if (value === undefined) seen.delete(name);
      else values.push(value);
    }
  }
  return seen;
}

/** The order of one round. */
export function orderOf<T>(items: readonly T[], round: number): T[] {
  const first = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/**
 * Times a function with mitata: the median of its calls, in nanoseconds an operation.
 *
 * @param per operations in one call
 */
export function timed(run: () => unknown, { per = 1 }: { readonly per?: number } = {}): Sampler {
  return {
    async sample(ms) {
      return (await measure(run, { min_cpu_time: ms * 1e6, warmup_samples: 2 })).p50 / per;
    },
  };
}

/** The same as operations a second. */
export function rated(run: () => unknown, options?: { readonly per?: number }): Sampler {
  const inner = timed(run, options);
  return { sample: async (ms) => 1e9 / await inner.sample(ms) };
}

/**
 * Times one block of many operations that needs something done before it that is not to be counted: median of the blocks,
 * in nanoseconds an operation. mitata has no such form for what leaves a state behind.
 *
 * @param prepare not counted; done before each block
 */
export function timedBlocks(
  prepare: () => void,
  run: () => void,
  { per }: { readonly per: number },
): Sampler {
  return {
    sample(ms) {
      const blocks: number[] = [];
      const endMs = performance.now() + ms;
      do {
        prepare();
        const began = performance.now();
        run();
        blocks.push(performance.now() - began);
      } while (performance.now() < endMs || blocks.length < 3);
      return blocks.sort((a, b) => a - b)[blocks.length >> 1] * 1e6 / per;
    },
  };
}
