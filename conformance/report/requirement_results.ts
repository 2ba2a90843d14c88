/**
 * What a run says of each requirement. "Tested" is computed from what ran.
 *
 * @module
 */
import type { Requirement } from "../requirement.ts";
import type { CheckResult, Report } from "../run.ts";

/** What came of a requirement. */
export type RequirementVerdict = "fail" | "warn" | "pass" | "not-tested" | "not-applicable";

/** The verdicts, the gravest first. */
export const REQUIREMENT_VERDICTS: readonly RequirementVerdict[] = [
  "fail",
  "warn",
  "pass",
  "not-tested",
  "not-applicable",
];

/** One requirement and what came of it. */
export interface RequirementResult {
  /** The requirement. */
  readonly requirement: Requirement;
  /** What came of it. */
  readonly verdict: RequirementVerdict;
  /** The checks that are about it, and those that failed for it. */
  readonly checks: readonly CheckResult[];
  /** How many more checks judged it in passing. */
  readonly others: number;
}

/**
 * The requirements in their order, each with its verdict.
 *
 * A requirement fails if a check failed for it, or was about it and could not be tested. It passes only if a check that
 * passed has judged it: what a failed check judged before it failed is not counted.
 */
export function requirementResults(
  { subject, results }: Report,
  requirements: readonly Requirement[],
): readonly RequirementResult[] {
  const about = new Map<string, CheckResult[]>();
  const judging = new Map<string, CheckResult[]>();
  const add = (map: Map<string, CheckResult[]>, id: string, result: CheckResult) => {
    const list = map.get(id);
    if (list === undefined) map.set(id, [result]);
    else list.push(result);
  };
  for (const result of results) {
    const broken = result.failure?.requirement;
    for (const id of new Set([...result.requirements, ...(broken === undefined ? [] : [broken])])) {
      add(about, id, result);
    }
    if (result.verdict === "pass") { for (const id of new Set(result.judged)) add(judging, id, result); }
  }
  return requirements.map((requirement) => {
    const { id, profile } = requirement;
    const checks = about.get(id) ?? [];
    const passed = judging.get(id) ?? [];
    const verdict = verdictOf(id, checks, passed.length > 0, (subject.profiles as readonly string[]).includes(profile));
    return { requirement, verdict, checks, others: passed.filter((result) => !checks.includes(result)).length };
  });
}

/** How many requirements have each verdict. */
export function countVerdicts(results: readonly RequirementResult[]): Readonly<Record<RequirementVerdict, number>> {
  const counts = { fail: 0, warn: 0, pass: 0, "not-tested": 0, "not-applicable": 0 };
  for (const { verdict } of results) counts[verdict]++;
  return counts;
}

function verdictOf(
  id: string,
  checks: readonly CheckResult[],
  passed: boolean,
  declared: boolean,
): RequirementVerdict {
  const said = (wanted: string) =>
    checks.some(({ verdict, failure }) => verdict === wanted && failure?.requirement === id);
  if (said("fail") || checks.some(({ verdict }) => verdict === "not-testable")) return "fail";
  if (said("warn")) return "warn";
  if (passed) return "pass";
  const unfit = checks.length > 0 && checks.every(({ verdict }) => verdict === "not-applicable");
  return unfit || !declared ? "not-applicable" : "not-tested";
}
