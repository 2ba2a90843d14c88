/**
 * The fast way to run a policy: Bellhop's public arithmetic and columns, no engine and no promise. A million clients
 * fit into it.
 *
 * @module
 */
import { backoffDelay, PRIORITIES, type Priority, type ResolvedPolicy, retryAllowed } from "../../mod.ts";
import { DRAW, drawn } from "./chance.ts";
import { LIMIT_MS, type Run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { createWorld } from "./world.ts";

/** A policy for each priority. */
export type Policies = Readonly<Record<Priority, ResolvedPolicy>>;

/** Runs the scenario to its end. The same seed gives the same run. */
export function runPolicies(scenario: Scenario, policies: Policies, seed: number): Run {
  const byRank = PRIORITIES.map((priority) => policies[priority]);
  const previousMs = new Uint32Array(scenario.clients * scenario.operations);
  let operation = 0;
  const random = () => drawn(seed, operation, attempts[operation], DRAW.wait);
  const world = createWorld(scenario, seed, {
    begin: (operation, nowMs) => world.send(operation, nowMs),
    answered(answered, ok, nowMs) {
      const policy = byRank[ranks[answered % scenario.clients]];
      const retry = attempts[answered];
      if (ok || !retryAllowed(policy, retry)) return world.end(answered, ok, nowMs);
      operation = answered;
      const delayMs = backoffDelay(policy, retry, random, previousMs[answered]);
      previousMs[answered] = delayMs;
      world.send(answered, nowMs + delayMs);
    },
  });
  const { attempts, ranks } = world.run;
  for (let nextMs = world.nextMs(); nextMs <= LIMIT_MS; nextMs = world.nextMs()) world.advance(nextMs);
  return world.run;
}
