/**
 * Mutation testing of `src/core`: every small fault that Stryker can plant, judged by the tests beside the code.
 *
 *     deno run -A scripts/stryker.ts [retry|priority|registry|envelope|bus|files ...]
 *
 * Each folder is judged by its own tests alone, under vitest on Node, in a copy at `dist/stryker`. What Stryker found
 * is in `results/stryker/<folder>.json`. Exit code 1 if a folder's score is below the one it has to keep.
 *
 * @module
 */
import { print } from "./_print.ts";
import { run } from "./_process.ts";
import { filesBelow } from "./_testing.ts";

/** Where the tools and the copy lie, relative to the repository. */
const COPY = "dist/stryker";

/** What the tests of `src/core` read. */
const COPIED = [
  "src/core",
  "testing/stryker",
  "testing/any_policy.ts",
  "testing/assert.ts",
  "docs/errors.md",
  "docs/spec/priority.md",
  "docs/spec/retry.md",
];

/** A folder of `src/core`, or the files above its folders. */
export interface Area {
  readonly name: string;
  /** The share of its mutants that must die, in percent; 0 for one that was never measured to its end. */
  readonly leastScore: number;
  /** Most runs of one of its properties. */
  readonly runs: number;
  /** Whether mutants that run while a file is loaded are judged too: each of them costs all the folder's tests. */
  readonly statics: boolean;
  /** The share of its mutants that is judged, drawn by testing/stryker/sample.ts. */
  readonly share: number;
}

export const AREAS: readonly Area[] = [
  { name: "retry", leastScore: 95, runs: 100, statics: true, share: 1 },
  { name: "priority", leastScore: 99, runs: 100, statics: true, share: 1 },
  { name: "files", leastScore: 99, runs: 100, statics: true, share: 1 },
  { name: "registry", leastScore: 96, runs: 100, statics: true, share: 1 },
  { name: "envelope", leastScore: 93, runs: 25, statics: false, share: 0.25 },
  { name: "bus", leastScore: 83, runs: 50, statics: false, share: 0.05 },
  { name: "outbox", leastScore: 98, runs: 50, statics: true, share: 1 },
];

/** The part of a report of Stryker that is read here. */
export interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

export interface Mutant {
  readonly mutatorName: string;
  readonly replacement: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
  readonly status: string;
}

/** How many mutants came to which end; a mutant that never ends is killed as well. */
export interface Tally {
  readonly mutants: number;
  readonly killed: number;
  readonly timeouts: number;
  readonly survived: number;
  readonly uncovered: number;
  /** Not among them: neither drawn nor judged, static or beyond what can be compiled. */
  readonly leftOut: number;
  /** Killed and timeouts of all, in percent, to two places. */
  readonly score: number;
}

/** Counts the ends of a report's mutants; those that were left out do not count. */
export function tally(report: Report): Tally {
  const ends = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (end: string) => ends.filter((it) => it === end).length;
  const [killed, timeouts, survived, uncovered] = ["Killed", "Timeout", "Survived", "NoCoverage"].map(count);
  const leftOut = count("Ignored") + count("CompileError") + count("RuntimeError");
  const mutants = killed + timeouts + survived + uncovered;
  const score = mutants === 0 ? 0 : Math.round(10_000 * (killed + timeouts) / mutants) / 100;
  return { mutants, killed, timeouts, survived, uncovered, leftOut, score };
}

if (import.meta.main) {
  Deno.chdir(new URL("..", import.meta.url));
  const unknown = Deno.args.find((name) => AREAS.every((area) => area.name !== name));
  if (unknown !== undefined) {
    print(`no area is named ${unknown}; areas: ${AREAS.map(({ name }) => name).join(", ")}`);
    Deno.exit(2);
  }
  await install();
  await copy();
  let kept = true;
  for (const area of AREAS) {
    if (Deno.args.length > 0 && !Deno.args.includes(area.name)) continue;
    kept = await judge(area) && kept;
  }
  Deno.exit(kept ? 0 : 1);
}

async function install(): Promise<void> {
  const wanted = await Deno.readTextFile("testing/stryker/tools.json");
  const stamp = `${COPY}/installed.json`;
  if (await Deno.readTextFile(stamp).catch(() => "") === wanted) return;
  await Deno.remove(COPY, { recursive: true }).catch(() => {});
  await Deno.mkdir(COPY, { recursive: true });
  await Deno.writeTextFile(`${COPY}/package.json`, wanted);
  // Node fetches its binary in an install script.
  const { code } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", "--ignore-scripts=false"],
    cwd: COPY,
    stdin: "null",
  }).spawn().status;
  if (code !== 0) Deno.exit(code);
  await Deno.writeTextFile(stamp, wanted);
}

async function copy(): Promise<void> {
  for (const folder of ["src", "testing", "docs"]) {
    await Deno.remove(`${COPY}/${folder}`, { recursive: true }).catch(() => {});
  }
  const wanted = filesBelow("", (path) => COPIED.some((it) => path === it || path.startsWith(`${it}/`)));
  for (const path of wanted) {
    await Deno.mkdir(`${COPY}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.copyFile(path, `${COPY}/${path}`);
  }
}

async function judge(area: Area): Promise<boolean> {
  const { name, leastScore, share } = area;
  const below = name === "files" ? "src/core" : `src/core/${name}/**`;
  await write("vitest.config.js", `export default ${JSON.stringify(vitestOptions(area))};\n`);
  const mutated = [`${below}/*.ts`, "!src/core/**/*_test.ts", "!src/core/**/mod.ts"];
  await write("stryker.config.json", JSON.stringify(strykerOptions(mutated, area)));
  const node = ["node_modules/.bin/node", "node_modules/@stryker-mutator/core/bin/stryker.js", "run"];
  const { code } = await run(["nice", "-n", "15", "env", `--chdir=${COPY}`, ...node], 3_600, {
    CI: "true",
    SHARE: String(share),
  });
  if (code !== 0) {
    print(`${name}: Stryker ended with code ${code}`);
    return false;
  }
  const report: Report = JSON.parse(await Deno.readTextFile(`${COPY}/reports/${name}.json`));
  await Deno.mkdir("results/stryker", { recursive: true });
  await Deno.copyFile(`${COPY}/reports/${name}.json`, `results/stryker/${name}.json`);
  printSurvivors(report);
  const found = tally(report);
  print(JSON.stringify({ area: name, ...found }));
  if (found.score >= leastScore) return true;
  print(`${name}: ${found.score} % of its mutants died; it has to keep ${leastScore} %`);
  return false;
}

function printSurvivors(report: Report): void {
  for (const [file, { mutants }] of Object.entries(report.files)) {
    for (const { status, location: { start }, mutatorName, replacement } of mutants) {
      if (status !== "Survived" && status !== "NoCoverage") continue;
      print(`${file}:${start.line}:${start.column} ${status} ${mutatorName} ${replacement.replaceAll(/\s+/g, " ")}`);
    }
  }
}

async function write(name: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${COPY}/${name}`, text);
}

/** The files below that hold a test: vitest refuses those that only help others. */
function testsOf(name: string): string[] {
  const folder = name === "files" ? /^src\/core\/[^/]+$/ : RegExp(`^src/core/${name}/`);
  const tests = filesBelow("src/core", (path) => folder.test(path) && path.endsWith("_test.ts"));
  return tests.filter((path) => Deno.readTextFileSync(path).includes("Deno.test("));
}

function vitestOptions({ name, runs }: Area) {
  const here = new URL(`../${COPY}/`, import.meta.url).pathname;
  return {
    resolve: {
      alias: [
        { find: "@std/assert", replacement: `${here}testing/assert.ts` },
        { find: "npm:cloudevents@10.0.0", replacement: "cloudevents" },
        { find: "npm:fast-check@4.10.2", replacement: `${here}node_modules/fast-check/lib/fast-check.js` },
        { find: "fast-check", replacement: `${here}testing/stryker/fast_check.ts` },
      ],
    },
    test: {
      include: testsOf(name),
      globals: true,
      setupFiles: ["testing/stryker/setup.ts"],
      testTimeout: 120_000,
      // One worker loads the modules once for all test files: most of what a mutant costs.
      isolate: false,
      env: { RUNS: String(runs) },
    },
  };
}

function strykerOptions(mutate: readonly string[], { name, statics, share }: Area) {
  return {
    mutate,
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner", "./testing/stryker/sample.ts"],
    checkers: share < 1 ? ["sample"] : [],
    vitest: { related: false },
    coverageAnalysis: "perTest",
    ignoreStatic: !statics,
    concurrency: 2,
    // A loop that counts its turns is stopped long before; on a machine with other work a short limit lies.
    timeoutMS: 20_000,
    timeoutFactor: 3,
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: `reports/${name}.json` },
    disableTypeChecks: false,
    cleanTempDir: "always",
  };
}
