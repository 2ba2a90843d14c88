import { type Clock, createRetry, retry, type RetryPolicy } from "../../../src/retry/mod.ts";
import type { Given, Policy, RetryEngine } from "../engine.ts";

export const engine: RetryEngine = {
  name: "bellhop",
  version: "",
  // deno-fmt-ignore
  supports: { clock: true, random: true, jitters: ["none", "full", "equal", "decorrelated"], cap: true, firstAtOnce: true, unlimited: true, signal: true, retryAfter: true },
  // Its options have the names of what is given.
  run: (op, policy, given) => retry(op, translated(policy), given as Options),
  prepare: (policy, given) => createRetry(translated(policy), given as Options),
};

type Options = Given & { readonly clock?: Clock };

function translated({ retries, baseMs, factor, capMs, jitter, firstAtOnce }: Policy): RetryPolicy {
  const firstRetry = firstAtOnce ? "immediate" : "backoff";
  return { retries: retries === Infinity ? "unlimited" : retries, baseMs, factor, capMs, jitter, firstRetry };
}
