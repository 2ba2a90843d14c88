/**
 * Whether an engine does what it says of itself: each claim tried in virtual time.
 *
 * @module
 */
import type { Policy, RetryEngine, Supports } from "./engine.ts";
import { observe, type Observed } from "./observe.ts";

/** One claim, and what was seen. */
export interface Claim {
  /** A field of {@linkcode Supports}, or a jitter: `jitter full`. */
  readonly what: string;
  readonly said: boolean;
  readonly seen: boolean;
  /** What was seen, as far as it is worth a line. */
  readonly how: string;
}

const POLICY: Policy = { retries: 4, baseMs: 100, factor: 2, capMs: 100_000, jitter: "none", firstAtOnce: false };
const JITTERS: readonly Policy["jitter"][] = ["none", "full", "equal", "decorrelated"];
/** An engine may round its waits as it likes; by how much it differs from the specification is another question. */
const ROUNDING_MS = 1;

/** Tries every claim. What the engine does not claim is tried too, unless it might then never end. */
export async function triedClaims(engine: RetryEngine): Promise<Claim[]> {
  const { supports } = engine;
  const claims: Claim[] = [];
  const say = (what: string, said: boolean, [seen, how]: readonly [boolean, string]) =>
    void claims.push({ what, said, seen, how });
  say("clock", supports.clock, await clock(engine));
  say("random", supports.random, await random(engine));
  for (const jitter of JITTERS) {
    say(`jitter ${jitter}`, supports.jitters.includes(jitter), await spreads(engine, jitter));
  }
  say("cap", supports.cap, await cap(engine));
  say("firstAtOnce", supports.firstAtOnce, await firstAtOnce(engine));
  // A loop over all attempts of a policy without an end is one that no clock can stop.
  if (supports.unlimited) say("unlimited", true, await unlimited(engine));
  else say("unlimited", false, [false, "not tried"]);
  say("signal", supports.signal, await signal(engine));
  say("retryAfter", supports.retryAfter, await retryAfter(engine));
  return claims;
}

type Seen = readonly [seen: boolean, how: string];

async function clock(engine: RetryEngine): Promise<Seen> {
  // A wait on the platform's timers, which are faked and stand still, is then one without an end.
  const seen = await observe(engine, { ...POLICY, retries: 1, baseMs: 600_000, capMs: 600_000 }, {
    failures: 1,
    abortAfter: 9,
  }, true);
  const waited = seen.waitsMs[0];
  return [
    waited > 0,
    waited === undefined ? "sets no wake-up on the clock given" : `waited ${waited} ms on it`,
  ];
}

async function random(engine: RetryEngine): Promise<Seen> {
  const jitter = engine.supports.jitters.find((one) => one !== "none");
  if (jitter === undefined) return [false, "has no jitter of these, so draws nothing"];
  const { drewGiven } = await observe(engine, { ...POLICY, jitter }, { failures: 2 });
  return [drewGiven, drewGiven ? "draws from what is given" : "draws from Math.random"];
}

async function spreads(engine: RetryEngine, jitter: Policy["jitter"]): Promise<Seen> {
  const seen: string[] = [];
  for (const u of [0, 0.5, 0.999]) {
    const { waitsMs } = await observe(engine, { ...POLICY, jitter }, { failures: 3, u });
    seen.push(`u = ${u}: ${listed(waitsMs)}`);
    if (!alike(waitsMs, spread(jitter, u))) return [false, `${seen.at(-1)}; ${jitter} is ${listed(spread(jitter, u))}`];
  }
  return [true, seen[1]];
}

/** By the formulas of M. Brooker, "Exponential Backoff And Jitter" (2015), the first three waits. */
function spread(jitter: Policy["jitter"], u: number): number[] {
  const { baseMs } = POLICY;
  if (jitter !== "decorrelated") {
    const part = { none: 1, full: u, equal: (1 + u) / 2 }[jitter];
    return [1, 2, 4].map((times) => baseMs * times * part);
  }
  const waits: number[] = [];
  for (let waitMs = baseMs; waits.length < 3;) waits.push(waitMs = Math.floor(baseMs + u * (3 * waitMs - baseMs)));
  return waits;
}

async function cap(engine: RetryEngine): Promise<Seen> {
  const { waitsMs } = await observe(engine, { ...POLICY, capMs: 250 }, { failures: 4 });
  return [alike(waitsMs, [100, 200, 250, 250]), `100 x 2 to 250: ${listed(waitsMs)}`];
}

async function firstAtOnce(engine: RetryEngine): Promise<Seen> {
  const { waitsMs } = await observe(engine, { ...POLICY, firstAtOnce: true }, { failures: 3 });
  return [alike(waitsMs, [0, 100, 200], 0), listed(waitsMs)];
}

async function unlimited(engine: RetryEngine): Promise<Seen> {
  const { waitsMs, end } = await observe(engine, { ...POLICY, retries: Infinity }, { failures: 200 });
  return [waitsMs.length === 200 && end === "resolved", `${waitsMs.length} retries, ${end}`];
}

async function signal(engine: RetryEngine): Promise<Seen> {
  const seen = await observe(engine, POLICY, { failures: 4, abortAfter: 2 });
  const ended = seen.end === "rejected" && seen.waitsMs.length === 1;
  return [
    ended && seen.endMs === seen.waitsMs[0],
    ended ? `ended ${seen.endMs - seen.waitsMs[0]} ms after the abort` : toldAttempts(seen),
  ];
}

async function retryAfter(engine: RetryEngine): Promise<Seen> {
  const { waitsMs } = await observe(engine, POLICY, { failures: 2, askedMs: (attempt) => attempt === 1 ? 5_000 : 1 });
  return [waitsMs[0] >= 5_000 && waitsMs[1] >= 200, `asked for 5000 and 1 after 100 and 200: ${listed(waitsMs)}`];
}

function toldAttempts({ waitsMs, end }: Observed): string {
  return `${end} after ${waitsMs.length + 1} attempts`;
}

function alike(seen: readonly number[], wanted: readonly number[], tolerance = ROUNDING_MS): boolean {
  return seen.length === wanted.length && seen.every((value, i) => Math.abs(value - wanted[i]) <= tolerance);
}

function listed(values: readonly number[]): string {
  return `${values.map((value) => Math.round(value * 100) / 100).join(", ")} ms`;
}

/** What an engine says it cannot do, a sentence each, and how its time is made virtual. */
export function notesOf({ supports }: { readonly supports: Supports }): string[] {
  const notes = supports.clock ? [] : ["takes no clock: where time is virtual it runs under faked timers"];
  if (!supports.random) notes.push("takes no random numbers: where they must be known Math.random is faked");
  const missing = JITTERS.filter((jitter) => !supports.jitters.includes(jitter));
  if (missing.length > 0) notes.push(`has no jitter ${missing.join(", ")}`);
  if (!supports.cap) notes.push("has no cap of its waits");
  if (!supports.firstAtOnce) notes.push("cannot make the first retry at once and then back off");
  if (!supports.unlimited) notes.push("cannot retry without an end");
  if (!supports.signal) notes.push("an abort does not end its wait");
  if (!supports.retryAfter) notes.push("does not wait as long as an error asks");
  return notes;
}
