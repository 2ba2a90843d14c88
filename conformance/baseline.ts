/**
 * Known failures: each with its reason, where it is worked on, and the day until which it is put up with. They still
 * run; one that begins to pass, or whose day has come, is stale.
 *
 * @module
 */
import type { CheckResult, KnownFailure, Report, StaleEntry } from "./run.ts";

/** Most entries that a baseline may have. */
const MAX_ENTRIES = 10_000;
/** Days that a new entry is given. */
const DAYS = 90;

/** The baseline as it is kept: one JSON document. */
export interface Baseline {
  /** Of its own form. */
  readonly baseline: 1;
  /** One for each check that is known to fail. */
  readonly known: readonly KnownFailure[];
}

/**
 * Reads a baseline.
 *
 * @param draft whether reason and link may be missing, as {@linkcode baselineOf} leaves them
 * @throws {Error} with a sentence that names the entry at fault: one without a reason, a link or a day is none
 */
export function readBaseline(text: string, draft = false): Baseline {
  let parsed: Partial<Baseline> | null;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error("the baseline is no JSON");
  }
  if (parsed?.baseline !== 1 || !Array.isArray(parsed.known)) {
    throw new Error(`the baseline wants {"baseline":1,"known":[…]}`);
  }
  if (parsed.known.length > MAX_ENTRIES) throw new Error(`the baseline has more than ${MAX_ENTRIES} entries`);
  const seen = new Set<string>();
  for (const entry of parsed.known as readonly Partial<KnownFailure>[]) {
    const fault = faultOf(entry, draft);
    const named = typeof entry?.check === "string" ? entry.check : JSON.stringify(entry);
    if (fault !== undefined) throw new Error(`the baseline's entry ${named} ${fault}`);
    if (seen.has(entry.check!)) throw new Error(`the baseline has two entries ${named}`);
    seen.add(entry.check!);
  }
  return parsed as Baseline;
}

/**
 * Marks the failures that are known, and finds the entries that are out of date.
 *
 * @param checks ids of all checks there are, those that did not run included
 * @param today the day, `2026-01-31`
 */
export function applyBaseline(
  report: Report,
  { known }: Baseline,
  checks: ReadonlySet<string>,
  today: string,
): Report {
  const entries = new Map(known.map((entry) => [entry.check, entry]));
  const stale: StaleEntry[] = known.filter(({ check }) => !checks.has(check)).map(({ check }) => ({
    check,
    why: "there is no such check",
  }));
  const results = report.results.map((result): CheckResult => {
    const entry = entries.get(result.check);
    if (entry === undefined || result.verdict === "not-applicable") return result;
    const why = staleness(result, entry, today);
    if (why !== undefined) stale.push({ check: result.check, why });
    // Out of date or not, it is the failure that was known.
    return isSame(result, entry) ? { ...result, known: entry } : result;
  });
  return { ...report, results, stale };
}

/**
 * The baseline of a run: entries that still fail stay as they are, new ones want a reason and a link before they are
 * taken, and those of checks that did not run stay.
 *
 * @param today the day, `2026-01-31`
 */
export function baselineOf(report: Report, before: Baseline, today: string): Baseline {
  const kept = new Map(before.known.map((entry) => [entry.check, entry]));
  for (const result of report.results) {
    const { check, failure } = result;
    if (result.verdict === "not-applicable") continue;
    const entry = kept.get(check);
    if (result.verdict !== "fail" && result.verdict !== "not-testable") kept.delete(check);
    else if (entry === undefined || !isSame(result, entry)) {
      const requirement = failure?.requirement;
      const named = requirement === undefined ? {} : { requirement };
      kept.set(check, { check, ...named, reason: "", link: "", expires: later(today, DAYS) });
    }
  }
  return { baseline: 1, known: [...kept.values()].sort((a, b) => a.check < b.check ? -1 : 1) };
}

/** Whether it is the failure that the entry knows: the same requirement of the same check. */
function isSame({ verdict, failure }: CheckResult, { requirement }: KnownFailure): boolean {
  return (verdict === "fail" || verdict === "not-testable") && failure?.requirement === requirement;
}

function staleness({ verdict }: CheckResult, { expires }: KnownFailure, today: string): string | undefined {
  if (verdict === "pass" || verdict === "warn") return "it passes now";
  if (today > expires) return `it was put up with until ${expires}`;
  return undefined;
}

function faultOf(entry: Partial<KnownFailure>, draft: boolean): string | undefined {
  if (typeof entry !== "object" || entry === null) return "is no object";
  const { check, requirement, reason, link, expires } = entry;
  if (typeof check !== "string" || check === "") return "names no check";
  if (requirement !== undefined && typeof requirement !== "string") return "has a requirement that is no text";
  if (typeof reason !== "string" || (!draft && reason.trim() === "")) return "has no reason";
  if (typeof link !== "string" || (!URL.canParse(link) && !(draft && link === ""))) {
    return "has no link: wanted a URL where it is worked on";
  }
  if (typeof expires !== "string" || !isDay(expires)) return "has no day on which it expires, as 2027-01-31";
  return undefined;
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && later(text, 0) === text;
}

/** A day some days later; the empty text for no day. */
function later(day: string, days: number): string {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(ms) ? "" : new Date(ms + days * 86_400_000).toISOString().slice(0, 10);
}
