/**
 * A result as the page of the documentation: the goals first, met and missed alike, then every group with all its rows.
 *
 * A pure function of the result and of the notes that people wrote.
 *
 * @module
 */
import { alike, matrix, titleOf } from "./docs_matrix.ts";
import { inline, table } from "./docs_table.ts";
import { amountText, numberText, quartilesText, ratioText } from "./report/amount.ts";
import { goalState, goalText } from "./report/goal.ts";
import { type Group, groupsOf } from "./report/group.ts";
import { machineText } from "./report/machine_text.ts";
import { missingTexts } from "./report/missing_text.ts";
import type { BenchResult, Measure, Plot } from "./report/result.ts";

/** What people wrote, by the beginning of the ids of the groups that it explains; `""` stands at the top. */
export type Notes = ReadonlyMap<string, string>;

/** More points than this are for the plot alone. */
const MAX_COLUMNS = 12;

const HEAD = `# Benchmarks

<!-- Made by \`deno task bench --docs\` from docs/bench.json and docs/benchmarks.notes.md: change those. -->`;

/** Reads notes: what stands under a heading \`## system/envelope\` belongs to the groups whose id begins so. */
export function notesOf(text: string): Notes {
  const [top, ...sections] = text.split(/^## +/m);
  const notes = new Map([["", top.replace(/^# .*$/m, "").trim()]]);
  for (const section of sections) {
    const [id, ...lines] = section.split("\n");
    notes.set(id.trim(), lines.join("\n").trim());
  }
  return notes;
}

/**
 * The page, in Markdown that is still to be formatted.
 *
 * @throws {Error} for notes on what was not measured: they are no longer true, or misspelt
 */
export function docsPage(result: BenchResult, notes: Notes): string {
  const groups = groupsOf(result);
  for (const id of notes.keys()) {
    if (groups.some((group) => isBelow(group.id, id))) continue;
    throw new Error(
      `docs/benchmarks.notes.md explains ${id}, which was not measured: take the section out or rename it`,
    );
  }
  const suites = Map.groupBy(groups, ({ id }) => id.split("/")[0]);
  return [
    HEAD,
    inline(machineText(result)),
    notes.get("") ?? "",
    versions(result),
    ...missingTexts(result).map(inline),
    ...goals(groups),
    ...Array.from(suites, ([name, members]) => suite(name, members, result.plots, notes)),
  ].filter((text) => text !== "").join("\n\n") + "\n";
}

function versions({ subjects }: BenchResult): string {
  const known = subjects.filter(({ version, name }) => version !== "" && !name.startsWith("Bellhop"));
  const names = new Map(known.map(({ name, version }) => [name.split(/[ ,]/)[0], version]));
  return names.size === 0 ? "" : `Beside: ${Array.from(names, ([name, version]) => `${name} ${version}`).join(", ")}.`;
}

/** All goals, those that are missed in bold and before the others. */
function goals(groups: readonly Group[]): string[] {
  const measures = groups.flatMap(({ measures }) => measures).filter(({ goal }) => goal !== undefined);
  if (measures.length === 0) return [];
  const missed = measures.filter((measure) => goalState(measure) !== "met");
  const met = measures.filter((measure) => goalState(measure) === "met");
  return [
    "## Goals",
    `${met.length} of ${measures.length} are met. What is **bold** is not.`,
    table(["what", "who", "beside", "reached", "goal"], [...missed, ...met].map(goalRow)),
  ];
}

function goalRow(measure: Measure): string[] {
  const { title, subject, ratio, goal, value, unit } = measure;
  const reached = goal!.of === "ratio" ? ratio && ratioText(ratio) : value && amountText(value.median, unit);
  const bold = goalState(measure) !== "met";
  const shown = reached ?? "not measured";
  return [
    title,
    subject,
    goal!.of === "ratio" ? ratio?.to ?? "–" : "–",
    bold ? `**${shown}**` : shown,
    goalText(measure),
  ];
}

function suite(name: string, groups: readonly Group[], plots: readonly Plot[], notes: Notes): string {
  const blocks = alike(groups).flatMap((section) => {
    const body = section.length > 1 ? [`### ${inline(titleOf(section))}`, matrix(section)] : single(section[0], plots);
    return [...body, ...section.map((group) => noteFor(group, groups, notes))];
  });
  const heading = `## ${name[0].toUpperCase()}${name.slice(1)}`;
  return [heading, notes.get(name) ?? "", ...blocks].filter((text) => text !== "").join("\n\n");
}

function single(group: Group, plots: readonly Plot[]): string[] {
  const plot = plots.find(({ id }) => id === group.id);
  return [`### ${inline(group.title)}`, plotTable(plot) ?? rows(group), whys(group)];
}

/** Notes stand once, behind the last group that they are about. */
function noteFor(group: Group, groups: readonly Group[], notes: Notes): string {
  const mine = Array.from(notes).filter(([id]) =>
    id.includes("/") && groups.findLast((other) => isBelow(other.id, id)) === group
  );
  return mine.map(([, text]) => text).join("\n\n");
}

function rows({ measures, floor }: Group): string {
  const hasRatio = measures.some(({ ratio }) => ratio !== undefined);
  const hasGoal = measures.some(({ goal }) => goal !== undefined);
  const head = ["", "median", "quartiles"];
  if (hasRatio) head.push(floor === undefined ? "ratio" : `to ${floor}`, "quartiles");
  if (hasGoal) head.push("goal");
  return table(
    head,
    measures.map((measure) => {
      const { subject, value, unit, ratio } = measure;
      const cells = [subject, value ? amountText(value.median, unit) : "–", value ? quartilesText(value, unit) : ""];
      if (hasRatio) {
        const quartiles = ratio && ratio.low !== ratio.high
          ? `${numberText(ratio.low)} – ${numberText(ratio.high)}`
          : "";
        const text = ratio === undefined
          ? ""
          : floor === undefined
          ? `${ratioText(ratio)} ${ratio.to}`
          : ratioText(ratio);
        cells.push(text, quartiles);
      }
      if (hasGoal) cells.push(goalText(measure));
      return cells;
    }),
  );
}

/** The result without the curves that no table can show: what is kept in the repository. */
export function withoutLongCurves(result: BenchResult): BenchResult {
  return { ...result, plots: result.plots.filter((plot) => placesOf(plot).length <= MAX_COLUMNS) };
}

function placesOf({ lines }: Plot): number[] {
  return [...new Set(lines.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
}

/** Curves with few points, a line of the table each; the rest is drawn on the page of plots. */
function plotTable(plot: Plot | undefined): string | undefined {
  if (plot === undefined) return undefined;
  const { x, y, lines } = plot;
  const places = placesOf(plot);
  if (places.length === 0 || places.length > MAX_COLUMNS) return undefined;
  return table(
    [x.title, ...places.map((at) => amountText(at, x.unit)), "last ÷ first"],
    lines.map(({ name, points }) => {
      const at = new Map(points);
      const [first, last] = [points[0]?.[1], points.at(-1)?.[1]];
      const growth = points.length > 1 ? `${numberText(last! / first)}×` : "";
      return [name, ...places.map((place) => at.has(place) ? amountText(at.get(place)!, y.unit) : "–"), growth];
    }),
  );
}

/** Why a row has no value, or what it must be read with; subjects of one reason together. */
function whys({ measures }: Group): string {
  const said = Map.groupBy(measures.filter(({ why }) => why !== undefined), ({ why }) => why!);
  return Array.from(said, ([why, of]) => `- ${of.map(({ subject }) => inline(subject)).join(", ")}: ${inline(why)}`)
    .join("\n");
}

function isBelow(id: string, beginning: string): boolean {
  return beginning === "" || id === beginning || id.startsWith(`${beginning}/`);
}
