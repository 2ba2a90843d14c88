import { assertEquals, assertThrows } from "@std/assert";
import { BellhopError } from "../error.ts";
import { busOptions } from "../bus/options.ts";
import { PRIORITIES } from "../priority/table.ts";
import { busPolicy } from "./bus_policy.ts";
import { PRIORITY_POLICIES, type ResolvedPolicy, type RetryPolicy } from "./policy.ts";

/** Each field with values at its ends, and values just outside. */
const ENDS: readonly (readonly [keyof RetryPolicy, readonly unknown[], readonly unknown[]])[] = [
  ["retries", [0, 1_000_000, "unlimited"], [-1, 1_000_001, 0.5, "1", null, NaN]],
  ["baseMs", [0, 2_147_483_647], [-1, 2_147_483_648, 0.5, "1", null]],
  ["factor", [1, 1.5, 1_000], [0.999, 1_000.001, NaN, Infinity, "2"]],
  ["capMs", [0, 2_147_483_647], [-1, 2_147_483_648, 0.5, true]],
  ["jitter", ["full", "none"], ["equal", "decorrelated", "Full", 1, 0]],
  ["firstRetry", ["immediate"], ["backoff", 1]],
  ["attemptTimeoutMs", [1, 2_147_483_647], [0, 2_147_483_648, 1.5, null]],
  ["maxElapsedMs", [1, Number.MAX_SAFE_INTEGER, null], [0, 1.5, Number.MAX_SAFE_INTEGER + 1, "unlimited"]],
];

Deno.test("busPolicy() fills in the preset of the priority when fields are left out", () => {
  for (const priority of PRIORITIES) assertEquals(busPolicy({}, priority), PRIORITY_POLICIES[priority]);
  assertEquals(busPolicy({}), PRIORITY_POLICIES.NORMAL);
  assertEquals(busPolicy({ baseMs: 7 }, "LOW"), { ...PRIORITY_POLICIES.LOW, baseMs: 7 });
});

Deno.test("busPolicy() takes each field at the ends of its range and refuses it by name just outside", () => {
  assertEquals(ENDS.map(([field]) => field).toSorted(), Object.keys(PRIORITY_POLICIES.LOW).toSorted());
  for (const [field, good, bad] of ENDS) {
    for (const value of good) assertEquals(busPolicy({ [field]: value })[field], value);
    for (const value of bad) {
      const error = assertThrows(() => busPolicy({ [field]: value }), BellhopError);
      assertEquals([error.code, error.field], ["argument-invalid", field], `${field} ${value}`);
    }
  }
  for (const none of [null, undefined, 3, "full"]) assertThrows(() => busPolicy(none as RetryPolicy), BellhopError);
});

Deno.test("busOptions() refuses the policy of any priority when a field is out of range", () => {
  const settings = { startMs: 0, random: () => 0, source: "/bus" };
  for (const priority of PRIORITIES) {
    const policies = { ...PRIORITY_POLICIES, [priority]: { ...PRIORITY_POLICIES[priority], jitter: "equal" } };
    const error = assertThrows(
      () => busOptions({ ...settings, policies: policies as Record<typeof priority, ResolvedPolicy> }),
      BellhopError,
    );
    assertEquals([error.code, error.field], ["argument-invalid", "jitter"]);
  }
});
