/**
 * What a run comes to, in numbers.
 *
 * @module
 */
import { CHECK_KINDS, type CheckKind } from "../check.ts";
import type { Requirement } from "../requirement.ts";
import type { CheckResult, Report, Verdict } from "../run.ts";
import { type RequirementResult, requirementResults } from "./requirement_results.ts";

/** The requirements of one profile and one level. */
export interface RequirementCount {
  /** Those that there are. */
  readonly all: number;
  /** Those that were judged: passed, broken or warned of. */
  readonly tested: number;
  /** Those that were judged and held. */
  readonly passed: number;
}

/** One profile. */
export interface ProfileSummary {
  /** Its name. */
  readonly profile: Requirement["profile"];
  /** Whether the subject declares it. */
  readonly declared: boolean;
  /** What it must do. */
  readonly must: RequirementCount;
  /** What it should do. */
  readonly should: RequirementCount;
}

/** The checks of one kind. */
export interface KindSummary {
  /** The kind. */
  readonly kind: CheckKind;
  /** Those that applied. */
  readonly ran: number;
  /** Those that passed. */
  readonly passed: number;
}

/** See the module. */
export interface Summary {
  /** Whether nothing failed but what was known to. */
  readonly passed: boolean;
  /** Checks by what came of them; what is known to fail is in `fail` and `not-testable` as well. */
  readonly checks: Readonly<Record<Verdict, number>>;
  /** Failures that were known. */
  readonly known: number;
  /** Checks by how they go about it. */
  readonly kinds: readonly KindSummary[];
  /** Requirements by profile. */
  readonly profiles: readonly ProfileSummary[];
}

const PROFILES = ["core", "registry", "http", "pull", "durable", "security", "outbox"] as const;

/** Counts a run. @param requirements the catalogue */
export function summaryOf(report: Report, requirements: readonly Requirement[]): Summary {
  const { results, subject } = report;
  const checks: Record<Verdict, number> = { pass: 0, fail: 0, warn: 0, "not-testable": 0, "not-applicable": 0 };
  for (const { verdict } of results) checks[verdict]++;
  const judged = requirementResults(report, requirements);
  return {
    passed: !results.some(isFailure),
    checks,
    known: results.filter(({ known }) => known !== undefined).length,
    kinds: CHECK_KINDS.map((kind) => {
      const ran = results.filter((one) => one.kind === kind && one.verdict !== "not-applicable");
      return { kind, ran: ran.length, passed: ran.filter(({ verdict }) => verdict === "pass").length };
    }),
    profiles: PROFILES.map((profile) => {
      const own = judged.filter(({ requirement }) => requirement.profile === profile);
      const count = (level: string) => countOf(own.filter(({ requirement }) => requirement.level === level));
      return { profile, declared: subject.profiles.includes(profile), must: count("MUST"), should: count("SHOULD") };
    }),
  };
}

/** Whether a result lets the run fail. */
export function isFailure({ verdict, known }: CheckResult): boolean {
  return known === undefined && (verdict === "fail" || verdict === "not-testable");
}

function countOf(results: readonly RequirementResult[]): RequirementCount {
  const tested = results.filter(({ verdict }) => verdict === "pass" || verdict === "fail" || verdict === "warn");
  return {
    all: results.length,
    tested: tested.length,
    passed: tested.filter(({ verdict }) => verdict === "pass").length,
  };
}
