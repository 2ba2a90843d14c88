/**
 * A report with one result of each sort, and with texts that no format takes as they are, for tests.
 *
 * @module
 */
import type { Hello } from "../control.ts";
import type { CheckResult, Report } from "../run.ts";
import type { LogLine } from "../session.ts";

/** What markup, terminals and XML choke on. */
export const NASTY = `</script> & "quoted" ]]> \u0000\u001b[31m\u202e \ud800 é`;

const LOG: readonly LogLine[] = [
  { from: "suite", message: { seq: 1, do: "start", nowMs: 0, draws: [0.5], options: {} } },
  { from: "suite", message: { seq: 2, do: "publish", headers: {}, body: '{"type":"thing.happened","id":"m-1"}' } },
  { from: "subject", message: { seq: 2, nowMs: 0, refused: { code: NASTY }, events: [] } },
];

/** One result; a passed scenario unless said otherwise. */
export function resultOf(fields: Partial<CheckResult> & { readonly check: string }): CheckResult {
  return {
    title: `the title of ${fields.check}`,
    kind: "scenario",
    requirements: ["RET-017"],
    judged: ["RET-017"],
    verdict: "pass",
    durationMs: 1_500,
    simulatedMs: 60_000,
    ...fields,
  };
}

const replay = "bellhop conform --subject bellhop --only x";
const failed = {
  requirement: "RET-019",
  sentence: "It MUST wait.",
  message: NASTY,
  counterexample: "[0.5]",
  replay,
  log: LOG,
};

/** One result of each sort. */
export const RESULTS: readonly CheckResult[] = [
  resultOf({ check: "retry/passes", judged: ["RET-017", "RET-018"] }),
  resultOf({ check: "retry/fails", kind: "property", verdict: "fail", requirements: ["RET-019"], failure: failed }),
  resultOf({
    check: "retry/is-known",
    verdict: "fail",
    requirements: ["RET-020"],
    failure: { ...failed, requirement: "RET-020" },
    known: {
      check: "retry/is-known",
      requirement: "RET-020",
      reason: "a <reason>",
      link: "https://example.com/7",
      expires: "2027-01-31",
    },
  }),
  resultOf({
    check: "retry/warns",
    verdict: "warn",
    requirements: ["RET-027"],
    failure: { ...failed, requirement: "RET-027" },
  }),
  resultOf({
    check: "bus/breaks",
    verdict: "not-testable",
    broken: "subject",
    requirements: ["BUS-001"],
    judged: [],
    reason: "it broke",
    failure: { message: "it broke", replay, log: [] },
  }),
  resultOf({ check: "security/does-not-apply", verdict: "not-applicable", judged: [], reason: NASTY }),
];

/** A report of these results. */
export function reportOf(results: readonly CheckResult[], hello: Partial<Hello> = {}): Report {
  return {
    report: 1,
    spec: "0.1",
    subject: {
      control: 1,
      name: `bus ${NASTY}`,
      version: "1.0.0",
      spec: "0.1",
      profiles: ["core"],
      clock: "virtual",
      asks: [],
      can: [],
      ...hello,
    },
    seed: 42,
    startedAt: "2026-01-01T00:00:00.000Z",
    durationMs: 2_500,
    simulatedMs: 86_400_000,
    results,
  };
}
