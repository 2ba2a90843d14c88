import { assert, assertEquals, assertFalse, assertInstanceOf, assertThrows } from "@std/assert";
import { BellhopError } from "../error.ts";
import { busPolicy } from "./bus_policy.ts";
import { DEFAULT_POLICY, type RetryPolicy } from "./policy.ts";
import { checkPolicy, completedPolicy, type PolicyFault } from "./policy_rules.ts";

Deno.test("DEFAULT_POLICY is what retry() promises, and cannot be changed", () => {
  assertEquals(DEFAULT_POLICY, {
    retries: 3,
    baseMs: 1_000,
    factor: 2,
    capMs: 300_000,
    jitter: "full",
    firstRetry: "backoff",
    attemptTimeoutMs: null,
    maxElapsedMs: null,
  });
  assert(Object.isFrozen(DEFAULT_POLICY));
});

Deno.test("checkPolicy() says which field, what was wanted and what was there, as a BellhopError does", () => {
  const refusals: readonly (readonly [RetryPolicy, string, string])[] = [
    [{ retries: -1 }, "retries must be 0 to 1000000 or unlimited", "-1"],
    [{ baseMs: 0.5 }, "baseMs must be 0 to 86400000", "0.5"],
    [{ factor: 11 }, "factor must be 1 to 10", "11"],
    [{ capMs: 999 }, "capMs must be 1000 to 86400000", "999"],
    [{ baseMs: 5, capMs: 4 }, "capMs must be 5 to 86400000", "4"],
    [{ jitter: "some" as "full" }, "jitter must be none or full or equal or decorrelated", "string"],
    [{ firstRetry: 1 as unknown as "backoff" }, "firstRetry must be backoff or immediate", "1"],
    [{ attemptTimeoutMs: 0 }, "attemptTimeoutMs must be 1 to 3600000 or null", "0"],
    [{ maxElapsedMs: 0 }, "maxElapsedMs must be 1 to 2592000000 or null", "0"],
    [null as unknown as RetryPolicy, "policy must be an object", "object"],
  ];
  for (const [policy, fix, shown] of refusals) {
    const fault = assertThrows(() => checkPolicy(policy)) as PolicyFault;
    assertInstanceOf(fault, BellhopError);
    const { name, code, field, status, retry, message } = fault;
    assertEquals(
      { name, code, field, status, retry, fix: fault.fix, message },
      {
        name: "BellhopError",
        code: "argument-invalid",
        field: fix.split(" ")[0],
        status: 400,
        retry: false,
        fix,
        message: `${fix}: ${shown}`,
      },
    );
  }
});

Deno.test("completedPolicy() takes the fields of a policy alone, and only those that are given", () => {
  const given = { retries: 7, baseMs: undefined, colour: "red" } as unknown as RetryPolicy;
  const complete = completedPolicy(given, DEFAULT_POLICY);
  assertEquals(complete, { ...DEFAULT_POLICY, retries: 7 });
  assertFalse("colour" in complete);
});

Deno.test("busPolicy() says what was wanted of each field", () => {
  const wanted: readonly (readonly [string, string])[] = [
    ["retries", "0 to 1000000 or unlimited"],
    ["baseMs", "0 to 2147483647"],
    ["factor", "1 to 1000"],
    ["capMs", "0 to 2147483647"],
    ["jitter", "full or none"],
    ["firstRetry", "immediate"],
    ["attemptTimeoutMs", "1 to 2147483647"],
    ["maxElapsedMs", `1 to ${Number.MAX_SAFE_INTEGER} or null`],
  ];
  for (const [field, words] of wanted) {
    const error = assertThrows(() => busPolicy({ [field]: -1 }), BellhopError);
    assertEquals([error.field, error.message], [field, `${field} of a bus's policy must be ${words}`]);
  }
  const error = assertThrows(() => busPolicy("full" as RetryPolicy), BellhopError);
  assertEquals([error.field, error.message], ["policy", "policy of a bus's policy must be an object"]);
});
