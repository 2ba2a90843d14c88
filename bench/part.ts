/**
 * What a bench file says of itself, as data: which subjects, in which groups, and what they are meant to reach.
 *
 * @module
 */
import type { Sampler } from "./harness.ts";
import type { Axis, Goal, Unit } from "./report/result.ts";

/** All that one bench file measures. */
export interface Part {
  /** Address of the file, so that a subject's own process can load it. */
  readonly url: string;
  /** Versions of the subjects that are libraries; those that begin with "Bellhop" have its own. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly groups: readonly Group[];
}

/** Subjects that are interleaved, each in a process of its own, and so may be compared. */
export interface Group {
  /** `system/envelope/parse-text`. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** Name of the case to which all others are a ratio; without one there are no ratios. */
  readonly floor?: string;
  /** Opened in the subject's own process. What throws there is shown as a row that says why. */
  readonly cases: Readonly<Record<string, () => Sampler | Promise<Sampler>>>;
  readonly goals?: Readonly<Record<string, Goal>>;
  /** What a case must be read with. */
  readonly notes?: Readonly<Record<string, string>>;
  /** The same rounds once more as ratios to another case. */
  readonly beside?: readonly Beside[];
  /** Time for each case in each round; default 60. */
  readonly sampleMs?: number;
  /** For what takes seconds a sample: no more rounds than this. */
  readonly maxRounds?: number;
  /** The cases as points of curves. */
  readonly curve?: Curve;
}

/** Another floor for a group's samples. */
export interface Beside {
  /** Ending of the id of the group that it makes. */
  readonly name: string;
  readonly title: string;
  readonly floor: string;
  /** The cases shown, with their goals. */
  readonly goals: Readonly<Record<string, Goal | undefined>>;
}

/** Cases along an axis. */
export interface Curve {
  readonly x: Axis;
  readonly y: string;
  /** By the name of the case: its line and place. */
  readonly points: Readonly<Record<string, { readonly line: string; readonly x: number }>>;
}

/** How long it may take. */
export interface Pace {
  /** How often each subject's process is started anew, since one start may be luckier than another. */
  readonly launches: number;
  /** Rounds of each start. */
  readonly rounds: number;
  /** How long each process runs before anything counts: compiling what is hot takes that long. */
  readonly warmMs: number;
  /** What a group's `sampleMs` is multiplied with. */
  readonly share: number;
}

/** For numbers that are written down. */
export const FULL: Pace = { launches: 2, rounds: 4, warmMs: 300, share: 1 };

/** For seeing that it works. */
export const QUICK: Pace = { launches: 1, rounds: 3, warmMs: 150, share: 0.15 };

/** A goal against the ratio. */
export function ratio(op: Goal["op"], limit: number): Goal {
  return { of: "ratio", op, limit };
}

/** A goal against the value itself. */
export function value(op: Goal["op"], limit: number): Goal {
  return { of: "value", op, limit };
}
