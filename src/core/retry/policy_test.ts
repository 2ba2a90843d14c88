import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import { anyPolicy } from "../../../testing/any_policy.ts";
import { DEFAULT_POLICY, PRIORITY_POLICIES, resolvePolicy, type RetryPolicy } from "./policy.ts";

Deno.test("resolvePolicy() keeps what is given, survives JSON and is idempotent", () => {
  fc.assert(fc.property(anyPolicy, (policy) => {
    const resolved = resolvePolicy(policy, PRIORITY_POLICIES.LOW);
    assertEquals(resolved, { ...PRIORITY_POLICIES.LOW, ...policy });
    assertEquals(JSON.parse(JSON.stringify(resolved)), resolved);
    assertEquals(resolvePolicy(resolved), resolved);
    assert(Object.isFrozen(resolved));
  }));
});

Deno.test("resolvePolicy() throws argument-invalid with the field, and nothing else, whatever it is given", () => {
  const value = fc.oneof(fc.anything(), fc.double(), fc.constantFrom("unlimited", "full", null));
  const anything = fc.record(
    Object.fromEntries(Object.keys(DEFAULT_POLICY).map((field) => [field, value])),
    { requiredKeys: [] },
  );
  let refused = 0;
  fc.assert(fc.property(fc.oneof(anything, fc.anything()), (policy) => {
    try {
      resolvePolicy(policy as RetryPolicy);
    } catch (error) {
      refused++;
      assertInstanceOf(error, BellhopError);
      assertEquals(error.code, "argument-invalid");
      assert(error.field === "policy" || error.field! in DEFAULT_POLICY);
    }
  }));
  assert(refused > 0);
});

Deno.test("resolvePolicy() refuses each field just outside its range", () => {
  const bad: Record<string, unknown[]> = {
    retries: [-1, 1.5, 1_000_001, NaN, Infinity, "many", null],
    baseMs: [-1, 0.5, 86_400_001, "1"],
    factor: [0.99, 10.1, NaN],
    capMs: [-1, 86_400_001, 999],
    jitter: ["fully", 1, null],
    firstRetry: ["now", true],
    attemptTimeoutMs: [0, 3_600_001, Infinity],
    maxElapsedMs: [0, 2_592_000_001, Infinity],
  };
  for (const [field, values] of Object.entries(bad)) {
    for (const value of values) {
      const error = assertThrows(() => resolvePolicy({ [field]: value }), BellhopError);
      assertEquals([error.code, error.field], ["argument-invalid", field]);
    }
  }
});

Deno.test("PRIORITY_POLICIES is the seed's table", () => {
  const { LOW, NORMAL, HIGH, CRITICAL } = PRIORITY_POLICIES;
  assertEquals([LOW, NORMAL, HIGH, CRITICAL].map((policy) => policy.retries), [1, 3, 10, "unlimited"]);
  for (const policy of [LOW, NORMAL, HIGH, CRITICAL]) {
    const { retries: _, maxElapsedMs, ...rest } = policy;
    assertEquals(maxElapsedMs, policy === CRITICAL ? null : 3_600_000);
    assertEquals(rest, {
      baseMs: 1_000,
      factor: 2,
      capMs: 300_000,
      jitter: "full",
      firstRetry: "immediate",
      attemptTimeoutMs: 15_000,
    });
  }
});
