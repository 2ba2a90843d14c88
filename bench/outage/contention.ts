/**
 * M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 4 March 2015: clients that contend for one row
 * by optimistic concurrency, modelled as in the article and in the simulator published with it
 * (github.com/aws-samples/aws-arch-backoff-simulator): a client reads the row's version and writes with it; a write with
 * an old version fails, and the client waits and reads again. Each message takes a normally distributed time, mean
 * 10 ms, variance 4 ms². All begin at once and write once.
 *
 * @module
 */
import { backoffDelay, resolvePolicy, type RetryPolicy } from "../../mod.ts";
import { seededRandom } from "../../src/testing/mod.ts";

/** How a client waits: whole state is the number of the retry, from 1, and the wait before it, 0 at first. */
export type Wait = (retry: number, previousMs: number, random: () => number) => number;

export interface Contention {
  /** Writes that were tried: what the article counts as work. */
  readonly calls: number;
  /** When the last client was done. */
  readonly endMs: number;
}

const BASE_MS = 5;
const CAP_MS = 2_000;
const NETWORK_MS = { mean: 10, deviation: 2 };

const ceilingMs = (retry: number) => Math.min(CAP_MS, BASE_MS * 2 ** retry);

/** The waits as the article and its simulator have them, in fractions of a millisecond. */
export const PUBLISHED: Readonly<Record<string, Wait>> = {
  "no backoff": () => 0,
  "none": (retry) => ceilingMs(retry),
  "full": (retry, _, random) => random() * ceilingMs(retry),
  "equal": (retry, _, random) => ceilingMs(retry) * (1 + random()) / 2,
  "decorrelated": (_, previousMs, random) =>
    Math.min(CAP_MS, BASE_MS + random() * (3 * (previousMs || BASE_MS) - BASE_MS)),
};

/**
 * The same by Bellhop's arithmetic, in whole milliseconds. The article's first ceiling is twice its base, so ours is
 * the base, but for `decorrelated`, which begins at the base itself.
 */
export const BELLHOP: Readonly<Record<string, Wait>> = {
  "none": byPolicy({ baseMs: 2 * BASE_MS, jitter: "none" }),
  "full": byPolicy({ baseMs: 2 * BASE_MS, jitter: "full" }),
  "equal": byPolicy({ baseMs: 2 * BASE_MS, jitter: "equal" }),
  "decorrelated": byPolicy({ baseMs: BASE_MS, jitter: "decorrelated" }),
  "full, first at once": byPolicy({ baseMs: 2 * BASE_MS, jitter: "full", firstRetry: "immediate" }),
};

export function contention(clients: number, wait: Wait, seed: number): Contention {
  const random = seededRandom(seed);
  const delayMs = () => Math.abs(NETWORK_MS.mean + NETWORK_MS.deviation * normal(random));
  // A client has one message under way: when it arrives, and whether it is a read that reaches the server, its answer,
  // a write that reaches the server, or its refusal.
  const dueMs = Float64Array.from({ length: clients }, delayMs);
  const stage = new Uint8Array(clients);
  const seen = new Uint32Array(clients);
  const retries = new Uint32Array(clients);
  const previousMs = new Float64Array(clients);
  let [version, calls, endMs] = [0, 0, 0];
  // Hundreds of clients: looking at each is simpler than a heap, and fast enough.
  for (let left = clients; left > 0;) {
    let client = 0;
    for (let i = 1; i < clients; i++) if (dueMs[i] < dueMs[client]) client = i;
    const nowMs = dueMs[client];
    let waitMs = 0;
    if (stage[client] === 0) seen[client] = version;
    else if (stage[client] === 2) {
      calls++;
      if (seen[client] === version) {
        version++;
        left--;
        endMs = Math.max(endMs, nowMs + delayMs());
        dueMs[client] = Infinity;
        continue;
      }
    } else if (stage[client] === 3) {
      waitMs = previousMs[client] = wait(++retries[client], previousMs[client], random);
    }
    stage[client] = (stage[client] + 1) % 4;
    dueMs[client] = nowMs + delayMs() + waitMs;
  }
  return { calls, endMs };
}

/** Means over trials, whose seeds follow one another. */
export function meanContention(clients: number, wait: Wait, seed: number, trials: number): Contention {
  let [calls, endMs] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const one = contention(clients, wait, seed + trial);
    calls += one.calls / trials;
    endMs += one.endMs / trials;
  }
  return { calls, endMs };
}

function byPolicy(policy: RetryPolicy): Wait {
  const resolved = resolvePolicy({ capMs: CAP_MS, factor: 2, retries: "unlimited", ...policy });
  return (retry, previousMs, random) => backoffDelay(resolved, retry, random, previousMs);
}

/** One standard normal number: G. Box and M. Muller (1958). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
