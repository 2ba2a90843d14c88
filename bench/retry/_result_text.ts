import type { BenchResult, Goal, Measure } from "../report/result.ts";

/** Until `bench/report/` has one: all measures as tables, one a group. */
export function resultText({ subjects, measures }: BenchResult): string {
  const lines: string[] = [];
  for (const [, rows] of Map.groupBy(measures, ({ group }) => group)) {
    lines.push("", rows[0].title, ...rows.map(rowText));
  }
  lines.push("");
  for (const { name, version, notes } of subjects) lines.push(`${name} ${version}: ${notes.join("; ") || "all"}`);
  return lines.join("\n");
}

function rowText({ subject, value, unit, ratio, goal, why }: Measure): string {
  const name = `  ${subject.padEnd(22)}`;
  if (value === undefined) return `${name}${"–".padStart(12)}  ${why}`;
  const number = `${rounded(value.median).padStart(9)} ${unit.padEnd(2)}`;
  const spread = `${rounded(value.low)} to ${rounded(value.high)}`.padEnd(22);
  const against = ratio === undefined ? "" : `${ratio.median.toFixed(3)} of ${ratio.to}`;
  const met = goal === undefined
    ? ""
    : `  ${isMet(goal, value.median, ratio?.median) ? "met" : "MISSED"}: ${goal.op} ${goal.limit}`;
  return `${name}${number}  ${spread}${against}${met}`;
}

function isMet({ of, op, limit }: Goal, value: number, ratio = NaN): boolean {
  const seen = of === "ratio" ? ratio : value;
  return op === "<=" ? seen <= limit : op === "<" ? seen < limit : op === ">=" ? seen >= limit : seen > limit;
}

function rounded(value: number): string {
  return Number(value.toPrecision(4)).toString();
}
