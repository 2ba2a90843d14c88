/** What result files say. */
export interface Tally {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly ignored: readonly string[];
}

export const NOTHING: Tally = { passed: 0, failed: [], ignored: [] };

/** Reads a JUnit file as `deno test` writes it: text and attributes are escaped, so tags can be found by scanning. */
export function tally(xml: string): Tally {
  let passed = 0;
  const failed: string[] = [];
  const ignored: string[] = [];
  for (const part of xml.split("<testcase ").slice(1)) {
    const name = unescape(/name="([^"]*)"/.exec(part)?.[1] ?? "?");
    const file = unescape(/classname="([^"]*)"/.exec(part)?.[1] ?? "?");
    const title = name.includes(file) ? name : `${file}: ${name}`;
    if (/<(failure|error)[ >/]/.test(part)) failed.push(title);
    else if (part.includes("<skipped")) ignored.push(title);
    else passed++;
  }
  return { passed, failed, ignored };
}

export function add(left: Tally, right: Tally): Tally {
  return {
    passed: left.passed + right.passed,
    failed: [...left.failed, ...right.failed],
    ignored: [...left.ignored, ...right.ignored],
  };
}

/** The tally of a result file; nothing if it was never written. */
export async function tallyFile(path: string): Promise<Tally> {
  try {
    return tally(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return NOTHING;
    throw error;
  }
}

/** One step that is no test, as a case of a result file. */
export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  /** Why it failed; absent if it passed. */
  readonly failure?: string;
}

/** Steps in the form that {@linkcode tally} reads. */
export function writeSteps(part: string, steps: readonly StepResult[]): string {
  const cases = steps.map((step) => {
    const body = step.failure === undefined ? "" : `<failure message="${escape(step.failure)}"/>`;
    return `<testcase name="${escape(step.name)}" classname="${escape(part)}" time="${
      step.seconds.toFixed(3)
    }">${body}</testcase>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n<testsuite name="${escape(part)}">\n${
    cases.join("\n")
  }\n</testsuite>\n</testsuites>\n`;
}

const ENTITIES: readonly (readonly [string, string])[] = [
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&apos;"],
];

function escape(text: string): string {
  return ENTITIES.reduce((all, [plain, entity]) => all.replaceAll(plain, entity), text);
}

function unescape(text: string): string {
  return ENTITIES.reduceRight((all, [plain, entity]) => all.replaceAll(entity, plain), text);
}
