/**
 * What one simulation leaves behind: every operation, and counts over time.
 *
 * @module
 */
import type { FATES } from "./server.ts";
import { PRIORITIES } from "../../mod.ts";
import type { Scenario } from "./scenario.ts";

/** An operation's end. */
export const END = { none: 0, done: 1, givenUp: 2 } as const;

/** Operation `o` is the ⌊o / clients⌋-th of client `o % clients`. */
export interface Run {
  readonly scenario: Scenario;
  readonly seed: number;
  /** An {@linkcode END} for each operation; `none` if time ran out ({@linkcode LIMIT_MS}). */
  readonly ends: Uint8Array;
  /** From when it was due to its end. */
  readonly latenciesMs: Uint32Array;
  /** Attempts of each operation. */
  readonly attempts: Uint32Array;
  /** When the first operation of each client is due. */
  readonly startsMs: Uint32Array;
  /** Rank of each client's priority. */
  readonly ranks: Uint8Array;
  /** Attempts by what became of them. */
  readonly fates: Record<typeof FATES[number], number>;
  /** Per {@linkcode WINDOW_MS}: requests that came in, that began to be served, operations begun and ended. */
  readonly windows: Record<"arrived" | "served" | "begun" | "ended", number[]>;
  /** When the last operation ended. */
  endMs: number;
}

/** Load is counted in windows so long. */
export const WINDOW_MS = 1_000;

/** No simulation goes on for longer: two days. */
export const LIMIT_MS = 172_800_000;

export function emptyRun(scenario: Scenario, seed: number): Run {
  const { clients, operations } = scenario;
  return {
    scenario,
    seed,
    ends: new Uint8Array(clients * operations),
    latenciesMs: new Uint32Array(clients * operations),
    attempts: new Uint32Array(clients * operations),
    startsMs: new Uint32Array(clients),
    ranks: Uint8Array.from({ length: clients }, (_, client) => rankOfClient(scenario, client)),
    fates: { done: 0, down: 0, full: 0, failed: 0, late: 0 },
    windows: { arrived: [], served: [], begun: [], ended: [] },
    endMs: 0,
  };
}

export function count(windows: number[], atMs: number): void {
  const window = Math.floor(atMs / WINDOW_MS);
  while (windows.length <= window) windows.push(0);
  windows[window]++;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Multiples of the golden ratio fill the unit evenly, so that any number of clients has the mix, well shuffled. */
function rankOfClient({ mix }: Scenario, client: number): number {
  const whole = PRIORITIES.reduce((sum, priority) => sum + mix[priority], 0);
  let left = ((client + 0.5) * GOLDEN % 1) * whole;
  for (const [rank, priority] of PRIORITIES.entries()) if ((left -= mix[priority]) < 0) return rank;
  return PRIORITIES.findLastIndex((priority) => mix[priority] > 0);
}
