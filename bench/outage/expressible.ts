/**
 * The policy nearest to a wanted one that an engine can express, and what was lost on the way: nothing in silence.
 *
 * @module
 */
import type { ResolvedPolicy } from "../../mod.ts";
import type { Policy, RetryEngine } from "../retry/engine.ts";

/** Stands for no end where an engine needs a number. */
const MANY = 1_000;

export interface Expressed {
  readonly policy: Policy;
  /** A sentence for each difference from what was wanted. */
  readonly notes: readonly string[];
}

/** Bellhop's policy in the bench's words, without its time limits: the client's timeout is the scenario's. */
export function wantedPolicy({ retries, firstRetry, baseMs, factor, capMs, jitter }: ResolvedPolicy): Policy {
  const firstAtOnce = firstRetry === "immediate";
  return { retries: retries === "unlimited" ? Infinity : retries, firstAtOnce, baseMs, factor, capMs, jitter };
}

export function expressed(wanted: Policy, { supports }: Pick<RetryEngine, "supports">): Expressed {
  const notes: string[] = [];
  let { retries, jitter, firstAtOnce } = wanted;
  if (!supports.jitters.includes(jitter)) {
    const nearest = (["equal", "decorrelated", "none"] as const).find((one) => supports.jitters.includes(one)) ??
      "none";
    notes.push(`has no jitter "${jitter}": ran with "${nearest}".`);
    jitter = nearest;
  }
  if (firstAtOnce && !supports.firstAtOnce) {
    notes.push(
      "cannot make the first retry at once: it waits as all others, and the waits after it are twice as long.",
    );
    firstAtOnce = false;
  }
  if (retries === Infinity && !supports.unlimited) {
    notes.push(`has no retries without end: ran with ${MANY}.`);
    retries = MANY;
  }
  if (!supports.cap) notes.push("has no cap on its waits: they grow on.");
  return { policy: { ...wanted, retries, jitter, firstAtOnce }, notes };
}
