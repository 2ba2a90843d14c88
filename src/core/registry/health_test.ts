import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { afterCheck, afterVerdict, type Health, type HealthStatus, HEALTHY } from "./health.ts";

type Step = HealthStatus | "charged" | "ack";
const steps = fc.array(fc.constantFrom<Step>("pass", "warn", "fail", "charged", "ack"), { maxLength: 40 });

function run(steps: readonly Step[]): Health {
  return steps.reduce<Health>(
    (health, step) =>
      step === "charged" || step === "ack" ? afterVerdict(health, step === "charged") : afterCheck(health, step),
    HEALTHY,
  );
}

Deno.test("afterCheck() turns healthy to unhealthy at three failed checks in a row, back at two passed", () => {
  const checks = fc.array(fc.constantFrom<HealthStatus>("pass", "warn", "fail"), { maxLength: 40 });
  fc.assert(fc.property(checks, (checks) => {
    let healthy = true;
    checks.forEach((_, i) => {
      const seen = checks.slice(0, i + 1).map((status) => status === "fail" ? "f" : "p").join("");
      if (healthy && seen.endsWith("fff")) healthy = false;
      else if (!healthy && seen.endsWith("pp")) healthy = true;
      assertEquals(run(checks.slice(0, i + 1)).healthy, healthy, seen);
    });
  }));
});

Deno.test("afterVerdict() makes unhealthy at three charged verdicts with no ack between, and never heals", () => {
  fc.assert(fc.property(steps, (steps) => {
    let health = HEALTHY;
    for (const step of steps) {
      const next = step === "charged" || step === "ack"
        ? afterVerdict(health, step === "charged")
        : afterCheck(health, step);
      if (step === "ack" || step === "charged") assert(health.healthy || !next.healthy);
      if (step === "pass" || step === "warn") assert(!health.healthy || next.healthy);
      health = next;
    }
  }));
  assertEquals(run(["charged", "pass", "charged", "pass", "charged"]).healthy, false); // checks do not excuse verdicts
  assertEquals(run(["charged", "charged", "ack", "charged", "charged"]).healthy, true);
  assertEquals(run(["fail", "ack", "fail", "ack", "fail"]).healthy, false); // nor verdicts checks
  assertEquals(run(["fail", "fail", "fail", "ack", "ack", "ack"]).healthy, false);
});

Deno.test("afterCheck() gives the same object while nothing changes", () => {
  assertStrictEquals(afterCheck(HEALTHY, "pass"), HEALTHY);
  assertStrictEquals(afterVerdict(HEALTHY, false), HEALTHY);
  assertStrictEquals(run(["fail", "fail", "fail", "pass", "warn"]), HEALTHY);
});

Deno.test("afterCheck() and afterVerdict() give the same object where nothing changes", () => {
  const sick = run(["fail", "fail", "fail"]);
  assertStrictEquals(afterCheck(sick, "fail"), sick);
  assertStrictEquals(afterVerdict(sick, true), sick);
  assertStrictEquals(afterCheck(HEALTHY, "pass"), HEALTHY);
  assertStrictEquals(afterVerdict(HEALTHY, false), HEALTHY);
});
