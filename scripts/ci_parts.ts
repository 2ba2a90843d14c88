import { filesBelow, testArguments } from "./_testing.ts";

/** One command of a part. */
export interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** What its environment has besides. */
  readonly env?: Readonly<Record<string, string>>;
  /** The JUnit file it writes; a step without one counts as one test itself. */
  readonly results?: string;
}

/** Steps that share one limit of time. */
export interface Part {
  readonly name: string;
  readonly limitSeconds: number;
  readonly steps: readonly Step[];
}

/** All parts of CI in order. One line adds a part; a kind of test that has no file yet is left out. */
export function ciParts(readme: string | undefined): Part[] {
  return [
    { name: "install, lint, types, docs", limitSeconds: 150, steps: staticSteps() },
    { name: "test", limitSeconds: 180, steps: [readmeStep(readme)] },
    { name: "docstrings", limitSeconds: 60, steps: [docstringStep()] },
    testPart("crash", 240, /_crash_test\.ts$/, true),
    testPart("simulation, fuzz", 120, /_(simulation|fuzz)_test\.ts$/),
    testPart("demo", 60, /_demo_test\.ts$/),
    packagePart(),
    runtimePart(),
    conformancePart(),
    browserPart(),
  ].filter((part) => part.steps.length > 0);
}

/** The command that the README tells a stranger to pass the tests with: the line of a code block with `task test`. */
export function readmeTestCommand(readme: string): string | undefined {
  const blocks = [...readme.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].map(([, block]) => block);
  const line = blocks.flatMap((block) => block.split("\n")).find((line) => /\btask test\b/.test(line));
  return line?.replace(/^\$ /, "").replace(/\s+#.*$/, "").trim();
}

/** Tests that need the packed package and tools from npm; the task `test` leaves them to CI. */
export const PACKAGE_TEST = /_package_test\.ts$/;

/** Tests on other runtimes than this, of the packed package; the task `test` leaves them to CI. */
export const RUNTIME_TEST = /_runtime_test\.ts$/;

/** Tests in a real browser; the task `test` leaves them to CI. */
export const BROWSER_TEST = /_browser_test\.ts$/;

/** Proofs of the conformance suite that take long; the task `test` leaves them to CI. */
export const CONFORM_TEST = /_conform_test\.ts$/;

const DENO = Deno.execPath();

/** Starting an isolate costs more than most files run, and much of the rest is waiting for other processes. */
const PARALLEL = "--parallel";
const TWO_JOBS = { DENO_JOBS: "2" };

function script(name: string, ...args: string[]): Step {
  return { name: [name, ...args].join(" "), command: [DENO, "run", "-A", `scripts/${name}.ts`, ...args] };
}

function staticSteps(): Step[] {
  const deno = (...args: string[]): Step => ({ name: `deno ${args[0]}`, command: [DENO, ...args] });
  return [
    // Fails when deno.lock is behind the imports: refresh it with `deno task lock`.
    deno("install", "--frozen"),
    deno("fmt", "--check"),
    deno("lint"),
    deno("check", "--frozen", "."),
    script("doc_lint"),
    script("directions"),
    script("spec_catalogue", "--check"),
    script("errors_page", "--check"),
    script("evidence"),
    { name: "benchmarks --check", command: [DENO, "run", "-A", "bench/main.ts", "--docs", "--check"] },
    deno("publish", "--dry-run", "--allow-dirty"),
    script("typedoc"),
  ];
}

function readmeStep(readme: string | undefined): Step {
  const command = readme === undefined ? `'${DENO}' task test` : readmeTestCommand(readme);
  const missing = "echo 'README.md has no code block with a line that runs the task test' >&2; exit 1";
  return { name: "test", command: ["bash", "-c", command ?? missing], results: "results/test.xml" };
}

/** Every `@example` of the library runs; the command is a program, and would run as well. */
function docstringStep(): Step {
  const isLibrary = (path: string) =>
    path.endsWith(".ts") && !path.endsWith("_test.ts") && !path.startsWith("src/cli/");
  const files = ["mod.ts", ...filesBelow("src", isLibrary)];
  const results = "results/docstrings.xml";
  const command = [DENO, "test", "-A", "--doc", PARALLEL, `--junit-path=${results}`, ...files];
  return { name: "docstrings", command, env: TWO_JOBS, results };
}

/** What is tried from the outside, by what npm installs: tests named `_package_test.ts`. */
function packagePart(): Part {
  const part = testPart("packages, console, doc code", 150, PACKAGE_TEST, true);
  return { ...part, steps: part.steps.length === 0 ? [] : [script("package_tools"), script("pack"), ...part.steps] };
}

/** What holds on every runtime, tried on each: tests named `_runtime_test.ts`. */
function runtimePart(): Part {
  const part = testPart("runtimes", 180, RUNTIME_TEST, true);
  return { ...part, steps: part.steps.length === 0 ? [] : [script("package_tools"), script("pack"), ...part.steps] };
}

/** The suite proved: tests named `_conform_test.ts`. */
function conformancePart(): Part {
  return testPart("conformance", 240, CONFORM_TEST, true);
}

/** What has to hold in a real browser: tests named `_browser_test.ts`. */
function browserPart(): Part {
  const part = testPart("browser", 240, BROWSER_TEST, true);
  return { ...part, steps: part.steps.length === 0 ? [] : [script("browser_tools"), ...part.steps] };
}

/** Full effort for one kind of test. @param parallel files two at a time, of tests that share no port and no folder */
function testPart(name: string, limitSeconds: number, pattern: RegExp, parallel = false): Part {
  const files = filesBelow("", (path) => pattern.test(path));
  const results = `results/${name.replaceAll(/\W+/g, "_")}.xml`;
  const [test, ...others] = testArguments(results, files);
  const step = parallel
    ? { name, command: [DENO, test, PARALLEL, ...others], env: TWO_JOBS, results }
    : { name, command: [DENO, test, ...others], results };
  const steps = files.length === 0 ? [] : [step];
  return { name, limitSeconds, steps };
}
