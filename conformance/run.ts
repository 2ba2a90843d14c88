/**
 * Runs checks on a subject and says what came of each.
 *
 * @module
 */
import type { Check, Effort } from "./check.ts";
import { CONTROL_VERSION, type Hello, type OpenSubject, PROFILES, type Subject } from "./control.ts";
import { Failure, NotApplicable, NotKnown, SubjectBroken } from "./failure.ts";
import { PropertyFailure } from "./for_all.ts";
import { requirementOf, SPECIFICATION } from "./requirement.ts";
import { type LogLine, Session } from "./session.ts";

/** What came of a check. `not-testable` counts as a failure; `warn` is a SHOULD that is not kept. */
export type Verdict = "pass" | "fail" | "warn" | "not-testable" | "not-applicable";

/** One check and what came of it. */
export interface CheckResult {
  /** Id of the check. */
  readonly check: string;
  /** What must hold, in one sentence. */
  readonly title: string;
  /** How the check goes about it. */
  readonly kind: Check["kind"];
  /** Requirements that it is about. */
  readonly requirements: readonly string[];
  /** Requirements that were judged while it ran. */
  readonly judged: readonly string[];
  /** What came of it. */
  readonly verdict: Verdict;
  /** By the real clock. */
  readonly durationMs: number;
  /** By the subject's clock. */
  readonly simulatedMs: number;
  /** Why it does not apply or cannot be tested. */
  readonly reason?: string;
  /** What broke, unless it passed. */
  readonly failure?: FailureReport;
  /** Who broke down where it could not be tested; nobody where something declared is not known. */
  readonly broken?: "subject" | "suite";
  /** Why its failure was expected; it then does not count. */
  readonly known?: KnownFailure;
}

/** A failure that is known: the check still runs, and tells when it begins to pass. */
export interface KnownFailure {
  /** Id of the check. */
  readonly check: string;
  /** The requirement that it fails for; absent where it cannot be tested. */
  readonly requirement?: string;
  /** Why it fails. */
  readonly reason: string;
  /** Where it is worked on. */
  readonly link: string;
  /** The last day on which it is put up with, `2027-01-31`. */
  readonly expires: string;
}

/** A known failure that no longer is one. */
export interface StaleEntry {
  /** Id of the check. */
  readonly check: string;
  /** What is wrong with the entry. */
  readonly why: string;
}

/** What a failure shows. */
export interface FailureReport {
  /** The requirement that is broken; absent where the subject or the suite broke. */
  readonly requirement?: string;
  /** Its sentence. */
  readonly sentence?: string;
  /** What was wanted and what came instead. */
  readonly message: string;
  /** The smallest input found. */
  readonly counterexample?: string;
  /** The one command that replays it. */
  readonly replay: string;
  /** The conversation that led to it. */
  readonly log: readonly LogLine[];
}

/** All of a run. */
export interface Report {
  /** Of the report's own form. */
  readonly report: 1;
  /** Release of the specification. */
  readonly spec: string;
  /** What the subject says of itself. */
  readonly subject: Hello;
  /** Seed of everything that was drawn. */
  readonly seed: number;
  /** When it began, as in RFC 3339. */
  readonly startedAt: string;
  /** By the real clock. */
  readonly durationMs: number;
  /** By the subject's clock, all checks together. */
  readonly simulatedMs: number;
  /** One for each check, in their order. */
  readonly results: readonly CheckResult[];
  /** Entries of the baseline that are out of date. */
  readonly stale?: readonly StaleEntry[];
}

/** How to run. */
export interface RunOptions {
  /** Opens the subject. */
  readonly open: OpenSubject;
  /** What to try, in order. */
  readonly checks: readonly Check[];
  /** Seed of everything that is drawn. */
  readonly seed: number;
  /** Times each property is tried. */
  readonly runs: number;
  /** Where fast-check is to go on in a replay. */
  readonly path?: string;
  /** How the subject was named on the command line, for the replay. */
  readonly plug?: string;
  /** Milliseconds that one command may take by the real clock; default 30,000. */
  readonly commandTimeoutMs?: number;
  /** Called after each check. */
  readonly told?: (result: CheckResult, index: number) => void;
  /** Epoch milliseconds by the real clock. */
  readonly nowMs?: () => number;
}

/** Subjects that are opened anew one after the other without a result between, before the rest is given up. */
const MAX_BREAKDOWNS = 20;
/** How often a subject may be silent for the whole time of a command, before the rest is given up. */
const MAX_SILENCES = 4;

/**
 * Runs the checks one after another, on one subject that is begun anew by each; one that broke is opened again. What is
 * left when it does nothing but break is not testable.
 *
 * @throws {SubjectBroken} if the subject does not start or does not say hello
 */
export async function runChecks(options: RunOptions): Promise<Report> {
  const nowMs = options.nowMs ?? Date.now;
  const startedMs = nowMs();
  let plugged = await plugIn(options);
  const subject = plugged.hello;
  const results: CheckResult[] = [];
  let breakdowns = 0;
  let lostMs = 0;
  let givenUp: string | undefined;
  try {
    for (const check of options.checks) {
      const unfit = whyNot(check, subject);
      const unasked = unaskedOf(check, subject);
      const result = unasked !== undefined
        ? untestable(check, options, unasked)
        : unfit !== undefined
        ? skipped(check, unfit)
        : givenUp !== undefined
        ? untestable(check, options, givenUp)
        : await runOne(check, plugged, options, nowMs);
      results.push(result);
      options.told?.(result, results.length - 1);
      if (unasked !== undefined) continue;
      // Who says that it does not know something yet has not broken down.
      if (result.verdict !== "not-testable" || result.broken === undefined) {
        if (unfit === undefined) breakdowns = 0;
        continue;
      }
      if (givenUp !== undefined) continue;
      lostMs += result.broken === "subject" ? result.durationMs : 0;
      await plugged.subject.close().catch(() => {});
      if (++breakdowns === MAX_BREAKDOWNS || lostMs >= MAX_SILENCES * (options.commandTimeoutMs ?? TIMEOUT_MS)) {
        givenUp = `given up, for the subject broke down too often; the last time: ${result.reason}`;
        continue;
      }
      try {
        plugged = await plugIn(options);
      } catch (error) {
        givenUp = `the subject would not start again: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
  } finally {
    await plugged.subject.close().catch(() => {});
  }
  return {
    report: 1,
    spec: subject.spec,
    subject,
    seed: options.seed,
    startedAt: new Date(startedMs).toISOString(),
    durationMs: nowMs() - startedMs,
    simulatedMs: results.reduce((sum, one) => sum + one.simulatedMs, 0),
    results,
  };
}

interface Plugged {
  readonly subject: Subject;
  readonly hello: Hello;
}

/** Default of {@linkcode RunOptions.commandTimeoutMs}. */
const TIMEOUT_MS = 30_000;

async function plugIn({ open, commandTimeoutMs = TIMEOUT_MS }: RunOptions): Promise<Plugged> {
  let raw: Subject;
  try {
    raw = await open();
  } catch (error) {
    throw error instanceof SubjectBroken
      ? error
      : new SubjectBroken(`the subject cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
  }
  const subject: Subject = {
    send: (seq, command) => within(raw.send(seq, command), commandTimeoutMs, command.do),
    close: () => raw.close(),
  };
  const answer = await subject.send(0, { do: "hello" }).catch(async (error) => {
    await raw.close().catch(() => {});
    throw error;
  });
  const hello = answer?.ok as unknown as Hello | undefined;
  if (hello === undefined || hello.control !== CONTROL_VERSION || !Array.isArray(hello.profiles)) {
    await raw.close().catch(() => {});
    throw new SubjectBroken(`hello wants {"ok":{"control":${CONTROL_VERSION},…}}, got ${JSON.stringify(answer)}`);
  }
  if (hello.clock !== "virtual" && hello.clock !== "real") {
    await raw.close().catch(() => {});
    throw new SubjectBroken(`hello wants the clock "virtual" or "real", got ${JSON.stringify(hello.clock)}`);
  }
  const known: readonly unknown[] = PROFILES;
  const odd = hello.profiles.find((profile) => !known.includes(profile));
  if (odd !== undefined || hello.profiles.length === 0) {
    await raw.close().catch(() => {});
    const got = JSON.stringify(odd) ?? "none, by which nothing would be judged";
    throw new SubjectBroken(`hello wants profiles of ${PROFILES.join(", ")}, got ${got}`);
  }
  const { name = "unnamed", version = "", spec = SPECIFICATION.spec, asks = [], can = [] } = hello;
  const named = { name: String(name), version: String(version), spec: String(spec) };
  return { subject, hello: { ...hello, ...named, asks, can } };
}

async function runOne(
  check: Check,
  { subject, hello }: Plugged,
  options: RunOptions,
  nowMs: () => number,
): Promise<CheckResult> {
  const session = new Session(subject, hello);
  const beganMs = nowMs();
  const effort: Effort = {
    seed: options.seed,
    runs: options.runs,
    ...(options.path === undefined ? {} : { path: options.path }),
  };
  let error: unknown;
  try {
    await check.run(session, effort);
    session.judgeLint();
  } catch (thrown) {
    error = thrown;
  }
  const base = {
    check: check.id,
    title: check.title,
    kind: check.kind,
    requirements: check.requirements,
    judged: [...session.judged],
    durationMs: nowMs() - beganMs,
    simulatedMs: session.simulatedMs,
  };
  if (error === undefined) return { ...base, verdict: "pass" };
  if (error instanceof NotApplicable) return { ...base, verdict: "not-applicable", reason: error.message };
  const replay = replayOf(check, options, error);
  if (error instanceof Failure) {
    const requirement = requirementOf(error.requirement);
    return {
      ...base,
      verdict: requirement?.level === "MUST" || requirement === undefined ? "fail" : "warn",
      failure: {
        requirement: error.requirement,
        ...(requirement === undefined ? {} : { sentence: requirement.sentence }),
        message: error.message,
        ...(error instanceof PropertyFailure ? { counterexample: error.counterexample } : {}),
        replay,
        log: session.log,
      },
    };
  }
  const broken = error instanceof SubjectBroken ? "subject" : "suite";
  const message = error instanceof SubjectBroken ? error.message : `the suite itself failed: ${detailOf(error)}`;
  const blame = error instanceof NotKnown ? {} : { broken } as const;
  return {
    ...base,
    verdict: "not-testable",
    reason: message,
    ...blame,
    failure: { message, replay, log: session.log },
  };
}

function skipped(check: Check, reason: string): CheckResult {
  const { id, title, kind, requirements } = check;
  return {
    check: id,
    title,
    kind,
    requirements,
    judged: [],
    verdict: "not-applicable",
    reason,
    durationMs: 0,
    simulatedMs: 0,
  };
}

/** A check that was not tried because nothing can be said of the subject any more. */
function untestable(check: Check, options: RunOptions, reason: string): CheckResult {
  const failure = { message: reason, replay: replayOf(check, options, undefined), log: [] };
  return { ...skipped(check, reason), verdict: "not-testable", broken: "subject", failure };
}

/** Why a question cannot be asked that a declared profile consists of. */
function unaskedOf({ needs, asks }: Check, hello: Hello): string | undefined {
  if (asks === undefined || hello.asks.includes(asks)) return undefined;
  const profile = needs.find((one) => one.startsWith("core.") && hello.profiles.includes(one));
  return profile && `${profile} is declared, and is the question ${asks}: hello wants it in asks`;
}

/** Why a check does not apply to a subject. */
function whyNot(check: Check, hello: Hello): string | undefined {
  const declares = (profile: string) =>
    (hello.profiles as readonly string[]).includes(profile) ||
    (profile.startsWith("core.") && hello.profiles.includes("core"));
  const missing = check.needs.find((profile) => !declares(profile));
  if (missing !== undefined) return `the profile ${missing} is not declared`;
  const unable = check.can?.find((ability) => !hello.can.includes(ability));
  if (unable !== undefined) return `the ability ${unable} is not declared`;
  if (check.asks !== undefined && !hello.asks.includes(check.asks)) return `the question ${check.asks} is not declared`;
  if (check.virtual !== false && hello.clock !== "virtual") return "the subject's clock cannot be moved";
  return undefined;
}

function replayOf(check: Check, { seed, runs, plug }: RunOptions, error: unknown): string {
  const path = error instanceof PropertyFailure && error.path !== "" ? ` --path ${error.path}` : "";
  return `bellhop conform ${plug ?? "--subject bellhop"} --only ${check.id} --seed ${seed} --runs ${runs}${path}`;
}

function detailOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
}

async function within<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SubjectBroken(`no answer to ${what} within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } catch (error) {
    if (error instanceof SubjectBroken) throw error;
    throw new SubjectBroken(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
