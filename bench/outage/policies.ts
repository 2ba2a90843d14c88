/**
 * Policies that are compared on the fast way: Bellhop's priority table as it ships, and one change each.
 *
 * @module
 */
import { PRIORITIES, PRIORITY_POLICIES, type ResolvedPolicy } from "../../mod.ts";
import type { Policies } from "./policy_run.ts";

export interface NamedPolicies {
  readonly name: string;
  readonly about: string;
  readonly policies: Policies;
}

export const POLICIES: readonly NamedPolicies[] = [
  changed("as shipped", "the priority table: first retry at once, then full jitter of 1 s · 2ⁿ, at most 300 s", {}),
  changed("first waits", "the first retry waits like the others", { firstRetry: "backoff" }),
  changed("no jitter", "waits are as long as their ceiling", { jitter: "none" }),
  changed("equal jitter", "at least half the ceiling", { jitter: "equal" }),
  changed("decorrelated", "up to three times the wait before", { jitter: "decorrelated" }),
  changed("cap 30 s", "no wait is longer than 30 s", { capMs: 30_000 }),
  changed("no retries", "what a retry is worth", { retries: 0 }),
  changed("every 100 ms", "the table's budgets, spent without backoff", {
    baseMs: 100,
    capMs: 100,
    factor: 1,
    jitter: "none",
    firstRetry: "backoff",
  }),
];

function changed(name: string, about: string, change: Partial<ResolvedPolicy>): NamedPolicies {
  const changed = PRIORITIES.map((priority) => [priority, { ...PRIORITY_POLICIES[priority], ...change }]);
  return { name, about, policies: Object.fromEntries(changed) };
}
