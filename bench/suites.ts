/**
 * The benches that `deno task bench` runs, each as a program of its own so that none disturbs another. A suite without its
 * file is left out, and the command says so.
 *
 * @module
 */
export interface Suite {
  readonly name: string;
  /** Takes `--json FILE` and `--quick`. */
  readonly file: string;
  /** What a full run of it takes on two cores, to tell what is left. */
  readonly seconds: number;
  /** Whether it takes `--only TEXT`, a part of a group's id. */
  readonly narrows?: true;
}

export const SUITES: readonly Suite[] = [
  { name: "retry", file: "bench/retry/main.ts", seconds: 300 },
  { name: "outage", file: "bench/outage/main.ts", seconds: 360 },
  { name: "system", file: "bench/system/main.ts", seconds: 420, narrows: true },
];

/**
 * The suites that a name asks for: `retry`, or `system/growth` for the groups whose id begins so.
 *
 * @throws {Error} that lists the names, for one that is none
 */
export function suitesOf(only: string | undefined): (Suite & { readonly only?: string })[] {
  if (only === undefined) return [...SUITES];
  const suite = SUITES.find(({ name }) => name === only.split("/")[0]);
  const names = SUITES.map(({ name }) => name).join(", ");
  if (suite === undefined) throw new Error(`--only ${only}: there is no such bench. Take one of ${names}`);
  if (suite.name === only) return [suite];
  if (!suite.narrows) throw new Error(`--only ${only}: ${suite.name} runs as a whole. Say --only ${suite.name}`);
  return [{ ...suite, only }];
}
