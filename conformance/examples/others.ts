/**
 * What the suite says of two libraries that are not ours and never meant to keep our profile.
 *
 *     deno run -A conformance/examples/others.ts > docs/conformance/others.md
 *
 * @module
 */
import process from "node:process";
import type { Check } from "../check.ts";
import { CHECKS } from "../checks/mod.ts";
import type { OpenSubject } from "../control.ts";
import { requirementOf } from "../requirement.ts";
import { type CheckResult, runChecks } from "../run.ts";
import { cloudeventsSdk } from "./cloudevents_sdk.ts";
import { cockatiel } from "./cockatiel.ts";

const INTRODUCTION = `# The suite and two that are not ours

The envelope checks on the \`cloudevents\` SDK and the retry checks on cockatiel, through [thin adapters](../../conformance/examples/). Neither promises what Bellhop's profile asks for: this page shows how far apart a general reader of CloudEvents, or a general backoff, and the profile are, and that the suite tells them apart for a reason. CI makes the page anew and compares it.
`;

/** The page. */
export async function othersPage(): Promise<string> {
  const sections = [
    await section(cloudeventsSdk),
    await section(cockatiel, CHECKS.filter(({ asks }) => asks !== "policy")),
  ];
  return `${INTRODUCTION}\n${sections.join("\n")}`;
}

async function section(open: OpenSubject, checks: readonly Check[] = CHECKS): Promise<string> {
  const { subject, results } = await runChecks({ open, checks, seed: 1, runs: 10 });
  const judged = results.filter(({ verdict }) => verdict !== "not-applicable");
  const rows = new Map<string, { passed: number; failed: CheckResult[] }>();
  for (const result of judged) {
    const requirement = result.failure?.requirement ?? result.requirements[0];
    const row = rows.get(requirement) ?? { passed: 0, failed: [] };
    if (result.verdict === "pass") row.passed++;
    else row.failed.push(result);
    rows.set(requirement, row);
  }
  const lines = [...rows].sort(([a], [b]) => a < b ? -1 : 1).map(([id, { passed, failed }]) =>
    `| ${id} | ${requirementOf(id)?.sentence ?? ""} | ${passed} | ${failed.length} | ${cell(failed[0])} |`
  );
  const passed = judged.filter(({ verdict }) => verdict === "pass").length;
  return `## ${subject.name} ${subject.version}

${passed} of ${judged.length} checks pass.

| Requirement | Sentence | Passed | Failed | For example |
| --- | --- | ---: | ---: | --- |
${lines.join("\n")}
`;
}

function cell(result: CheckResult | undefined): string {
  // As code: a title may hold what Markdown would read.
  return result === undefined
    ? ""
    : `\`${result.title.replace(/^[a-z]+: /, "").replaceAll("|", "\\|").replaceAll("`", "'")}\``;
}

if (import.meta.main) process.stdout.write(await othersPage());
