import type { Selection } from "../../conformance/mod.ts";
import { type Given, text } from "./arguments.ts";
import { paintFor } from "./colour.ts";
import { writeText } from "./conform_reports.ts";
import { EXIT, Stop } from "./exit_code.ts";
import { print } from "./output.ts";
import { table } from "./table.ts";

type Suite = typeof import("../../conformance/mod.ts");

/** Lists the requirements that are meant, with the checks that are about each; or why there is none. */
export async function listRequirements(
  { CHECKS, EXCLUSIONS, selectRequirements, SPECIFICATION }: Suite,
  selection: Selection,
  values: Given["values"],
): Promise<number> {
  const excluded = new Map(EXCLUSIONS.map(({ requirement, reason }) => [requirement, reason]));
  const rows = selectRequirements(SPECIFICATION.requirements, CHECKS, selection).map((requirement) => ({
    ...requirement,
    checks: CHECKS.filter(({ requirements }) => requirements.includes(requirement.id)).map(({ id }) => id),
    ...(excluded.has(requirement.id) ? { excluded: excluded.get(requirement.id) } : {}),
  }));
  if (rows.length === 0) throw new Stop(EXIT.usage, "no requirement is meant by that");
  const file = text(values, "json", "");
  if (file !== "") {
    await writeText(file, `${JSON.stringify({ spec: SPECIFICATION.spec, requirements: rows }, null, 1)}\n`);
  }
  if (file === "-") return EXIT.done;
  const cells = rows.map(({ id, level, role, profile, timing, checks, excluded, sentence }) => [
    id,
    level,
    role,
    profile,
    timing,
    excluded === undefined || checks.length > 0 ? String(checks.length) : "excluded",
    sentence,
  ]);
  for (const line of table(["ID", "LEVEL", "ROLE", "PROFILE", "TIME", "CHECKS", "SENTENCE"], cells, paintFor())) {
    print(line);
  }
  return EXIT.done;
}
