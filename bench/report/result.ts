/**
 * What every bench writes and every report reads: one file, plain data, which `result.schema.json` says for other programs.
 *
 * A measure is one number of one case, with its spread; measures of one `group` were taken interleaved, in one run, and
 * only these may be compared with each other. Between two files only what has the same `id` is compared, as ratio where
 * there is one, since another minute on a shared machine is another machine.
 *
 * @module
 */

/** All that one command measured. */
export interface BenchResult {
  /** Version of this form. */
  readonly schema: 1;
  /** The command that measures it again. */
  readonly command: string;
  /** When it began, RFC 3339 in UTC. */
  readonly date: string;
  readonly machine: Machine;
  readonly subjects: readonly Subject[];
  readonly measures: readonly Measure[];
  readonly plots: readonly Plot[];
  /** What was asked for and is not in here. */
  readonly missing?: readonly Missing[];
}

/** Asked for and not measured as a whole, so that no measure can say why: a runtime, a suite. */
export interface Missing {
  readonly what: string;
  /** And what to do about it. */
  readonly why: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly os: string;
  /** Versions by name: `deno`, `node`, `bun`. */
  readonly runtimes: Readonly<Record<string, string>>;
  /** Load of the last minute when it began: what else ran. */
  readonly load: number;
}

/** What was measured: an engine, a library, a bare floor. */
export interface Subject {
  readonly name: string;
  /** Of the library; empty for what has none. */
  readonly version: string;
  /** What it cannot express of what was asked, a sentence each, and whether it ran under faked timers. */
  readonly notes: readonly string[];
}

export interface Measure {
  /** Stable, unique in the file: `retry/cost/success/deno/cockatiel`. */
  readonly id: string;
  /** What it was interleaved with: `retry/cost/success/deno`. */
  readonly group: string;
  /** The group as a heading: "Success at once, on Deno". */
  readonly title: string;
  /** Name of the {@linkcode Subject}. */
  readonly subject: string;
  /** `undefined`: it cannot do this, and `why` says so. */
  readonly value: Spread | undefined;
  readonly unit: Unit;
  readonly better: "lower" | "higher";
  /** To the group's floor, taken in the same rounds. */
  readonly ratio?: Ratio;
  /** What it is meant to reach, against the ratio or against the value. */
  readonly goal?: Goal;
  /** Why there is no value, or what it must be read with. */
  readonly why?: string;
}

/** Median of the rounds, and the quartiles around it. A number that cannot vary has all three alike. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Rounds. */
  readonly samples: number;
}

export interface Ratio extends Spread {
  /** The subject it is a ratio to. */
  readonly to: string;
}

export interface Goal {
  readonly of: "value" | "ratio";
  readonly op: "<=" | "<" | ">=" | ">";
  readonly limit: number;
}

/** `1` is a share or a count without a unit. */
export type Unit = "ns" | "ms" | "s" | "B" | "1" | "1/s" | "%";

/** Curves over one axis, for what a median cannot say: load over time, growth. */
export interface Plot {
  readonly id: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Points in the order of x; `undefined` where there is none. */
  readonly lines: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
}

export interface Axis {
  readonly title: string;
  readonly unit: Unit;
  readonly scale: "linear" | "log";
}
