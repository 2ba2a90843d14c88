import { assertEquals } from "@std/assert";
import type { Requirement } from "../requirement.ts";
import type { CheckResult, Report } from "../run.ts";
import { countVerdicts, requirementResults } from "./requirement_results.ts";

const REQUIREMENTS = ["A-1", "A-2", "A-3"].map((id) => ({ id, profile: "core" }) as Requirement);

function result(fields: Partial<CheckResult>): CheckResult {
  return {
    check: "a/b",
    title: "",
    kind: "scenario",
    requirements: [],
    judged: [],
    verdict: "pass",
    durationMs: 0,
    simulatedMs: 0,
    ...fields,
  };
}

function verdicts(results: CheckResult[], profiles = ["core"]): string[] {
  return requirementResults({ subject: { profiles }, results } as unknown as Report, REQUIREMENTS)
    .map(({ verdict }) => verdict);
}

const broken = (requirement: string) => ({ requirement, message: "", replay: "", log: [] });

Deno.test("requirementResults() passes only what a check that passed has judged", () => {
  assertEquals(verdicts([result({ requirements: ["A-1", "A-2"], judged: ["A-1"] })]), [
    "pass",
    "not-tested",
    "not-tested",
  ]);
  const failed = result({
    verdict: "fail",
    requirements: ["A-1"],
    judged: ["A-1", "A-2", "A-3"],
    failure: broken("A-2"),
  });
  assertEquals(verdicts([failed]), ["not-tested", "fail", "not-tested"]);
});

Deno.test("requirementResults() lets one failure outweigh every pass, and a warning likewise", () => {
  const good = result({ requirements: ["A-1", "A-2"], judged: ["A-1", "A-2"] });
  const bad = result({ verdict: "fail", requirements: ["A-3"], judged: ["A-1"], failure: broken("A-1") });
  const mild = result({ verdict: "warn", requirements: ["A-2"], judged: ["A-2"], failure: broken("A-2") });
  assertEquals(verdicts([good, bad, mild]), ["fail", "warn", "not-tested"]);
});

Deno.test("requirementResults() counts what could not be tested as failed, and what was not declared not at all", () => {
  const mute = result({ verdict: "not-testable", requirements: ["A-1"] });
  const unfit = result({ verdict: "not-applicable", requirements: ["A-2"] });
  assertEquals(verdicts([mute, unfit]), ["fail", "not-applicable", "not-tested"]);
  assertEquals(verdicts([], ["registry"]), ["not-applicable", "not-applicable", "not-applicable"]);
});

Deno.test("countVerdicts() counts each requirement once", () => {
  const report = { subject: { profiles: ["core"] }, results: [result({ judged: ["A-1"] })] } as unknown as Report;
  assertEquals(countVerdicts(requirementResults(report, REQUIREMENTS)), {
    fail: 0,
    warn: 0,
    pass: 1,
    "not-tested": 2,
    "not-applicable": 0,
  });
});
