/**
 * What an implementer does next: the first requirement that is broken, or the first that is not declared yet, with an
 * exchange that shows it.
 *
 * @module
 */
import type { Check } from "./check.ts";
import { type Hello, type JsonObject, type OpenSubject, PROFILES } from "./control.ts";
import { type Requirement, requirementOf, SPECIFICATION } from "./requirement.ts";
import { isFailure } from "./report/summary.ts";
import type { CheckResult, Report } from "./run.ts";
import { canonical, type LogLine, Session } from "./session.ts";

/** A command and its answer. */
export interface Exchange {
  /** What the suite says. */
  readonly command: JsonObject;
  /** What comes back; absent when nothing did. */
  readonly answer?: JsonObject;
}

/** See the module. */
export interface NextStep {
  /** The requirement. */
  readonly requirement: Requirement;
  /** The check that is about it, and what came of it. */
  readonly result: CheckResult;
  /** The last words before it failed. */
  readonly yours?: Exchange;
  /** The same with the reference, or how the reference passes what is not declared yet. */
  readonly reference?: Exchange;
}

/**
 * The next step, in the order of the profiles and then of the specification; nothing when all is declared and held.
 *
 * @param checks those of the report
 * @param reference a subject that keeps every requirement
 */
export async function nextStep(
  report: Report,
  checks: readonly Check[],
  reference: OpenSubject,
): Promise<NextStep | undefined> {
  const broken = first(report.results.filter(isFailure), checks);
  const step = broken ?? first(report.results.filter(({ verdict }) => verdict === "not-applicable"), checks);
  if (step === undefined) return undefined;
  const { requirement, result } = step;
  const yours = lastExchange(result.failure?.log ?? []);
  const log = await logOf(checks.find(({ id }) => id === result.check), reference, report.seed);
  const same = broken === undefined ? lastExchange(log) : sameExchange(log, yours?.command);
  return {
    requirement,
    result,
    ...(yours === undefined ? {} : { yours }),
    ...(same === undefined ? {} : { reference: same }),
  };
}

/** The first by profile and by requirement. */
function first(results: readonly CheckResult[], checks: readonly Check[]) {
  const byId = new Map(checks.map((check) => [check.id, check]));
  const steps = results.flatMap((result) => {
    const requirement = requirementOf(result.failure?.requirement ?? result.requirements[0]);
    if (requirement === undefined) return [];
    const named = byId.get(result.check)?.needs ?? [];
    const needs = named.length === 0 ? [requirement.profile] : named;
    return [{
      requirement,
      result,
      profile: Math.max(0, ...needs.map((profile) => PROFILES.indexOf(profile))),
      place: SPECIFICATION.requirements.indexOf(requirement),
    }];
  });
  return steps.sort((a, b) => a.profile - b.profile || a.place - b.place)[0];
}

/** What is said while the check runs on the reference. */
async function logOf(check: Check | undefined, open: OpenSubject, seed: number): Promise<readonly LogLine[]> {
  if (check === undefined) return [];
  const subject = await open();
  try {
    const { ok } = await subject.send(0, { do: "hello" });
    const session = new Session(subject, ok as unknown as Hello);
    // However far it comes: only what was said counts.
    await check.run(session, { seed, runs: 1 }).catch(() => {});
    return session.log;
  } finally {
    await subject.close();
  }
}

function lastExchange(log: readonly LogLine[]): Exchange | undefined {
  const at = log.findLastIndex(({ from }) => from === "suite");
  return at < 0 ? undefined : exchangeAt(log, at);
}

/** The last exchange in which the same was said. */
function sameExchange(log: readonly LogLine[], command: JsonObject | undefined): Exchange | undefined {
  if (command === undefined) return undefined;
  const wanted = canonical(withoutSeq(command));
  const at = log.findLastIndex(({ from, message }) => from === "suite" && canonical(withoutSeq(message)) === wanted);
  return at < 0 ? undefined : exchangeAt(log, at);
}

function exchangeAt(log: readonly LogLine[], at: number): Exchange {
  const answer = log[at + 1];
  const command = log[at].message;
  return answer?.from === "subject" ? { command, answer: answer.message } : { command };
}

function withoutSeq({ seq: _, ...rest }: JsonObject): JsonObject {
  return rest as JsonObject;
}
