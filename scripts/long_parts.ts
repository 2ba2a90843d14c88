import { filesBelow, testArguments } from "./_testing.ts";

/** One part: its commands run one after the other; the first that fails ends it. */
export interface LongPart {
  readonly name: string;
  readonly limitSeconds: number;
  /** Arguments of `deno`. */
  readonly commands: () => readonly (readonly string[])[];
  readonly env?: Readonly<Record<string, string>>;
}

// Adding a part is one entry.
export const LONG_PARTS: readonly LongPart[] = [
  {
    name: "bench",
    limitSeconds: 3_600,
    commands: () => [["run", "-A", "bench/main.ts", "--docs"]],
  },
  {
    name: "seeds",
    limitSeconds: 3_600,
    commands: () => [testArguments("results/long_seeds.xml", testFiles(/(?<!_crash|_demo)_test\.ts$/))],
    env: { FC_NUM_RUNS: "20000" },
  },
  {
    name: "crash",
    limitSeconds: 3_600,
    commands: () => [testArguments("results/long_crash.xml", testFiles(/_crash_test\.ts$/))],
  },
  {
    name: "mutants",
    limitSeconds: 3_600,
    commands: () => [["run", "-A", "conformance/mutants/prove.ts", "--seeds", "5"]],
  },
  {
    name: "eccentrics",
    limitSeconds: 7_200,
    commands: () => [["run", "-A", "conformance/eccentrics/prove.ts", "--seeds", "50"]],
  },
  {
    name: "load",
    limitSeconds: 7_200,
    commands: () => [["run", "-A", "conformance/eccentrics/under_load.ts", "--rounds", "100"]],
  },
  {
    name: "stryker",
    limitSeconds: 7_200,
    commands: () => [["run", "-A", "scripts/stryker.ts"]],
  },
];

function testFiles(pattern: RegExp): string[] {
  return filesBelow("", (path) => pattern.test(path));
}
