import { assert, assertEquals } from "@std/assert";
import { CHECKS } from "./checks/mod.ts";
import { EXCLUSIONS } from "./exclusions.ts";
import { requirementResults } from "./report/requirement_results.ts";
import { requirementOf, SPECIFICATION } from "./requirement.ts";
import { runChecks } from "./run.ts";
import { bellhop } from "./subjects/bellhop.ts";

// What counts is what a check that passed has asserted on the reference, not what a check says of itself.

const report = await runChecks({ open: bellhop(), checks: CHECKS, seed: 1, runs: 5 });
const wanted = SPECIFICATION.requirements.filter(({ level }) => level === "MUST");
const verdicts = new Map(
  requirementResults(report, SPECIFICATION.requirements).map(({ requirement, verdict }) => [requirement.id, verdict]),
);
const excluded = new Map(EXCLUSIONS.map(({ requirement, reason }) => [requirement, reason]));

Deno.test("every MUST is judged by a check that passes, or excluded for a reason", () => {
  assertEquals(wanted.filter(({ id }) => verdicts.get(id) !== "pass" && !excluded.has(id)).map(({ id }) => id), []);
});

Deno.test("every exclusion has a reason, is of the specification, and is judged by no check that the reference can run", () => {
  const runnable = CHECKS.filter(({ can = [] }) => can.every((ability) => report.subject.can.includes(ability)));
  assertEquals(excluded.size, EXCLUSIONS.length, "one exclusion for each requirement");
  for (const { requirement, reason } of EXCLUSIONS) {
    assert(requirementOf(requirement) !== undefined, `${requirement} is no requirement`);
    assert(/^\S.{20,}\.$/.test(reason), `${requirement}: the reason is to be a sentence`);
    assert(verdicts.get(requirement) !== "pass", `${requirement} is excluded, and judged`);
    assertEquals(runnable.filter(({ requirements }) => requirements.includes(requirement)).map(({ id }) => id), []);
  }
});

Deno.test("every check names requirements of the specification, and judges no other", () => {
  for (const { id, requirements } of CHECKS) {
    assert(requirements.length > 0, `${id} is about nothing`);
    for (const name of requirements) assert(requirementOf(name) !== undefined, `${id}: ${name} is no requirement`);
  }
  for (const { check, judged } of report.results) {
    for (const name of judged) assert(requirementOf(name) !== undefined, `${check}: ${name} is no requirement`);
  }
});

Deno.test("every check that passes has judged something", () => {
  const idle = report.results.filter(({ verdict, judged }) => verdict === "pass" && judged.length === 0);
  assertEquals(idle.map(({ check }) => check), []);
});
