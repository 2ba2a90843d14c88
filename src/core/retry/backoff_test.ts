import { assert, assertEquals, assertGreaterOrEqual, assertLessOrEqual, fail, unreachable } from "@std/assert";
import fc from "fast-check";
import { backoff, backoffDelay, retryAllowed, withRetryAfter } from "./backoff.ts";
import { PRIORITY_POLICIES, resolvePolicy } from "./policy.ts";
import { anyPolicy } from "../../../testing/any_policy.ts";

const u = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("backoffDelay() is a whole number within bounds and draws at most once, for every policy", () => {
  fc.assert(fc.property(anyPolicy, fc.integer({ min: 1, max: 5_000 }), u, fc.nat(), (policy, n, draw, previousMs) => {
    const resolved = resolvePolicy(policy);
    let draws = 0;
    const delayMs = backoffDelay(resolved, n, () => (draws++, draw), previousMs);
    const first = n === 1 && resolved.firstRetry === "immediate";
    const drawn = !first && resolved.jitter !== "none" && resolved.baseMs > 0 && resolved.capMs > 0;
    assert(Number.isInteger(delayMs));
    assertGreaterOrEqual(delayMs, drawn && resolved.firstRetry === "immediate" ? 1 : 0);
    assertLessOrEqual(delayMs, first ? 0 : Math.max(1, resolved.capMs));
    assertEquals(draws, drawn ? 1 : 0);
  }));
});

Deno.test("backoffDelay() grows with the draw, and equal jitter keeps at least half", () => {
  fc.assert(fc.property(anyPolicy, fc.integer({ min: 1, max: 60 }), u, u, (policy, n, a, b) => {
    const resolved = resolvePolicy(policy);
    const [low, high] = a < b ? [a, b] : [b, a];
    assertLessOrEqual(backoffDelay(resolved, n, () => low), backoffDelay(resolved, n, () => high));
    const whole = backoffDelay({ ...resolved, jitter: "none" }, n, () => 0);
    assertGreaterOrEqual(backoffDelay({ ...resolved, jitter: "equal" }, n, () => low), Math.floor(whole / 2));
  }));
});

Deno.test("backoffDelay() follows the protocol's rule for full jitter and none", () => {
  const full = PRIORITY_POLICIES.HIGH;
  const none = resolvePolicy({ jitter: "none" }, full);
  const waits = (policy: typeof full, draw: number) =>
    [1, 2, 3, 4, 10, 11].map((n) => backoffDelay(policy, n, () => draw));
  assertEquals(waits(none, 0.9), [0, 1_000, 2_000, 4_000, 256_000, 300_000]);
  assertEquals(waits(full, 0.5), [0, 500, 1_000, 2_000, 128_000, 150_000]);
  assertEquals(waits(full, 0), [0, 1, 1, 1, 1, 1]);
});

Deno.test("backoffDelay() gives the worked rows of the specification (RET-028)", () => {
  const page = Deno.readTextFileSync(new URL("../../../docs/spec/retry.md", import.meta.url));
  const rows = page.slice(page.indexOf("delay-rows:begin"), page.indexOf("delay-rows:end")).split("\n")
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
    .filter((cells) => /^\d/.test(cells[0] ?? ""));
  assertEquals(rows.length, 20);
  for (const [retry, baseMs, factor, capMs, jitter, draw, askedMs, waitMs] of rows) {
    const policy = resolvePolicy(
      { baseMs: +baseMs, factor: +factor, capMs: +capMs, jitter: jitter as "full" | "none" },
      PRIORITY_POLICIES.CRITICAL,
    );
    const computedMs = backoffDelay(policy, +retry, () => draw === "-" ? unreachable() : +draw);
    assertEquals(askedMs === "-" ? computedMs : withRetryAfter(computedMs, +askedMs), +waitMs, `retry ${retry}`);
  }
});

Deno.test("backoffDelay() waits before the first retry when the policy says backoff", () => {
  const policy = resolvePolicy({ jitter: "none" });
  assertEquals([1, 2, 3].map((n) => backoffDelay(policy, n, () => 0)), [1_000, 2_000, 4_000]);
});

Deno.test("backoffDelay() spreads equal jitter over the upper half of the ceiling", () => {
  const policy = resolvePolicy({ jitter: "equal", baseMs: 1_000 });
  assertEquals([0, 0.5, 0.999].map((draw) => backoffDelay(policy, 2, () => draw)), [1_000, 1_500, 1_999]);
});

Deno.test("backoffDelay() spreads decorrelated jitter from base to three times the wait before", () => {
  const policy = resolvePolicy({ jitter: "decorrelated", baseMs: 100, capMs: 1_000 });
  assertEquals(backoffDelay(policy, 1, () => 0), 100);
  assertEquals(backoffDelay(policy, 2, () => 0.5, 200), 350);
  assertEquals(backoffDelay(policy, 3, () => 0.999, 900), 1_000);
});

Deno.test("backoff() through JSON at every step gives the same waits as without, and ends with the budget", () => {
  fc.assert(fc.property(anyPolicy, fc.infiniteStream(u), (policy, draws) => {
    const resolved = resolvePolicy(policy);
    const taken = [...draws.take(40)];
    const waits = (through: (state: string) => string) => {
      const all: number[] = [];
      let at = 0;
      let value = backoff(resolved);
      for (let step = value.next(() => taken[at++]); step && all.length < 40;) {
        all.push(step.delayMs);
        value = backoff(resolved, JSON.parse(through(JSON.stringify(step.next))));
        step = value.next(() => taken[at++]);
      }
      return all;
    };
    const all = waits((state) => state);
    assertEquals(all.length, resolved.retries === "unlimited" ? 40 : Math.min(40, resolved.retries));
    let previousMs = 0;
    let at = 0;
    assertEquals(all, all.map((_, i) => previousMs = backoffDelay(resolved, i + 1, () => taken[at++], previousMs)));
  }));
});

Deno.test("retryAllowed() counts attempts after the first", () => {
  assertEquals([1, 3, 4].map((n) => retryAllowed(PRIORITY_POLICIES.NORMAL, n)), [true, true, false]);
  assert(retryAllowed(PRIORITY_POLICIES.CRITICAL, 1e9));
});

Deno.test("withRetryAfter() obeys what was asked up to an hour, and never shortens", () => {
  assertEquals(withRetryAfter(5, 1_000), 1_000);
  assertEquals(withRetryAfter(5_000, 1_000), 5_000);
  assertEquals(withRetryAfter(0, 1e12), 3_600_000);
});

Deno.test("backoffDelay() waits 0 and draws nothing where the policy knows no wait", () => {
  for (const zero of [{ baseMs: 0 }, { capMs: 0 }]) {
    const policy = { ...PRIORITY_POLICIES.HIGH, ...zero };
    assertEquals(backoffDelay(policy, 5, () => fail("it draws")), 0);
  }
});
