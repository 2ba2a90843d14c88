/**
 * Writes `docs/conformance/requirements.md`: of each requirement, how many checks are about it and how many mutants of
 * the reference break it.
 *
 *     deno run -A conformance/mutants/requirements_page.ts > docs/conformance/requirements.md
 *
 * @module
 */
import process from "node:process";
import { CHECKS } from "../checks/mod.ts";
import { EXCLUSIONS } from "../exclusions.ts";
import { type Requirement, SPECIFICATION } from "../requirement.ts";
import { MUTANTS } from "./mutants.ts";

const HEAD = `# Requirements, checks and mutants

<!-- Made by conformance/mutants/requirements_page.ts: change what it reads. -->

A check counts for each requirement that it is about, a mutant for the one that it breaks. The passive lint judges more, in every message; what a run has tested is told by its report alone. The sentences stand in the [specification](../spec/README.md); \`bellhop conform --list\` prints them.`;

/** The page, the way \`deno fmt\` would write it. */
export function requirementsPage(): string {
  const chapters = Map.groupBy(SPECIFICATION.requirements, ({ chapter }) => chapter);
  const judged = SPECIFICATION.requirements.filter(({ id }) => checksOf(id) > 0).length;
  const counts = `${SPECIFICATION.requirements.length} requirements, ${judged} of them with a check; ` +
    `${CHECKS.length} checks; ${MUTANTS.length} mutants.`;
  const sections = [...chapters].map(([name, requirements]) =>
    `## [${name[0].toUpperCase()}${name.slice(1)}](../spec/${name}.md)\n\n${table(requirements)}`
  );
  return `${[HEAD, counts, ...sections, leftOut()].join("\n\n")}\n`;
}

function table(requirements: readonly Requirement[]): string {
  const rows = requirements.map(({ id, level, role, profile, timing }) => [
    id,
    level,
    role,
    profile,
    timing,
    checksOf(id) === 0 ? "-" : String(checksOf(id)),
    String(MUTANTS.filter(({ requirement }) => requirement === id).length).replace(/^0$/, "-"),
  ]);
  return markdown([["Id", "Level", "Role", "Profile", "Time", "Checks", "Mutants"], ...rows]);
}

function leftOut(): string {
  const rows = EXCLUSIONS.map(({ requirement, reason }) => [requirement, reason]);
  return `## Without a check\n\n${markdown([["Id", "Why"], ...rows])}`;
}

function markdown([head, ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) => Math.max(name.length, 3, ...rows.map((row) => row[at].length)));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

const counts = new Map<string, number>();
for (const { requirements } of CHECKS) for (const id of requirements) counts.set(id, (counts.get(id) ?? 0) + 1);

function checksOf(id: string): number {
  return counts.get(id) ?? 0;
}

if (import.meta.main) process.stdout.write(requirementsPage());
