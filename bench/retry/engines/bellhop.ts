import { type Clock, createRetry, type RetryPolicy } from "../../../src/retry/mod.ts";
import type { Given, Policy, RetryEngine } from "../engine.ts";

export const engine: RetryEngine = {
  name: "bellhop",
  version: "",
  // deno-fmt-ignore
  supports: { clock: true, random: true, jitters: ["none", "full", "equal", "decorrelated"], cap: true, firstAtOnce: true, unlimited: true, signal: true, retryAfter: true },
  run: (op, policy, given) => engine.prepare!(policy, given)(op),
  // Its options have the names of what is given.
  prepare: (policy, given) => createRetry(translated(policy), given as Given & { readonly clock?: Clock }),
};

function translated({ retries, firstAtOnce, ...rest }: Policy): RetryPolicy {
  const firstRetry = firstAtOnce ? "immediate" : "backoff";
  return { ...rest, firstRetry, retries: retries === Infinity ? "unlimited" : retries };
}
