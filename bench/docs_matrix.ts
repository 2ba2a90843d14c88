/**
 * Groups that measure the same subjects in several ways, `outage, 100 clients: time to drain` and so on, as one table.
 *
 * @module
 */
import { inline, table } from "./docs_table.ts";
import { amountText } from "./report/amount.ts";
import type { Group } from "./report/group.ts";

/** Groups beside each other with one beginning of their titles, in their order; a group by itself stays one. */
export function alike(groups: readonly Group[]): Group[][] {
  const sections = Map.groupBy(groups, (group) => {
    const [beginning, ending] = partsOf(group);
    return ending === "" ? group.id : `${group.id.split("/").slice(0, -1).join("/")} ${beginning}`;
  });
  return [...sections.values()];
}

/** What they are called together. */
export function titleOf([first]: readonly Group[]): string {
  return partsOf(first)[0];
}

/** A row for each group, a column for each subject; medians alone. */
export function matrix(groups: readonly Group[]): string {
  const subjects = [...new Set(groups.flatMap(({ measures }) => measures.map(({ subject }) => subject)))];
  const rows = groups.map((group) => {
    const by = new Map(group.measures.map((measure) => [measure.subject, measure]));
    const cells = subjects.map((subject) => {
      const { value, unit } = by.get(subject) ?? {};
      return value === undefined ? "–" : amountText(value.median, unit!);
    });
    return [partsOf(group)[1], ...cells];
  });
  return [table(["", ...subjects], rows), reasons(groups)].filter((text) => text !== "").join("\n\n");
}

/** Each reason once, with whom it is about. */
function reasons(groups: readonly Group[]): string {
  const said = groups.flatMap(({ measures }) => measures).filter(({ why }) => why !== undefined);
  return Array.from(Map.groupBy(said, ({ why }) => why!), ([why, of]) => {
    const who = [...new Set(of.map(({ subject }) => subject))];
    return `- ${who.map(inline).join(", ")}: ${inline(why)}`;
  }).join("\n");
}

function partsOf({ title }: Group): [string, string] {
  const at = title.indexOf(": ");
  return at === -1 ? [title, ""] : [title.slice(0, at), title.slice(at + 2)];
}
