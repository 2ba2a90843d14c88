/**
 * A result for who stands before the terminal: a table for each group, and what was promised and not reached last.
 *
 * @module
 */
import { amountText, quartilesText, ratioText } from "./amount.ts";
import { goalState, goalText } from "./goal.ts";
import { type Group, groupsOf } from "./group.ts";
import { machineText } from "./machine_text.ts";
import { missingTexts } from "./missing_text.ts";
import { marksOf, notesOf } from "./notes.ts";
import { printable } from "./printable.ts";
import type { BenchResult, Measure } from "./result.ts";
import {
  type Paint,
  paintOf,
  printText,
  tableLines,
  tableWidth,
  type TextOptions,
  textOptions,
  wrapped,
} from "./text_lines.ts";

/** Writes the result to standard output, in colour on a terminal that wants it (NO_COLOR, no-color.org). */
export function printResult(result: BenchResult): void {
  printText(formatResult(result, textOptions()));
}

/**
 * The result as text of lines no wider than `columns`, unless the numbers of a row alone are. What does not fit loses
 * its quartiles first, then wraps.
 */
export function formatResult(result: BenchResult, options: TextOptions = {}): string {
  const { columns = 80 } = options;
  const paint = paintOf(options);
  const page: Page = { columns: Math.max(MIN_COLUMNS, Math.floor(columns)), paint, marks: marksOf(result.subjects) };
  const groups = groupsOf(result);
  return [
    ...[...wrap(machineText(result), page), ...versionLines(result, page)].map((line) => paint("dim", line)),
    ...missingTexts(result).flatMap((text) => wrap(paint("yellow", text), page, "  ")),
    ...groups.flatMap((group) => ["", ...groupLines(group, page)]),
    ...footnotes(result, page),
    ...goalLines(groups, page),
    ...plotLines(result, page),
  ].join("\n");
}

interface Page {
  readonly columns: number;
  readonly paint: Paint;
  /** Marks of the footnotes of a subject, by its name. */
  readonly marks: ReadonlyMap<string, string>;
}

/** Below this a table says nothing any more. */
const MIN_COLUMNS = 32;
const NONE = "–";

function groupLines(group: Group, page: Page): string[] {
  const { title, floor } = group;
  const hasRatio = group.measures.some(({ ratio }) => ratio !== undefined);
  const hasGoal = group.measures.some(({ goal }) => goal !== undefined);
  const to = floor === undefined ? "ratio" : `to ${printable(floor)}`;
  const rows = group.measures.map((measure) => cellsOf(measure, group, page));
  const cells = [
    {
      subject: "subject",
      median: "median",
      quartiles: "quartiles",
      ratio: to,
      ratioQuartiles: "quartiles",
      goal: "goal",
    },
    ...rows,
  ];
  const keys = (["subject", "median", "quartiles", "ratio", "ratioQuartiles", "goal"] as const).filter((key) =>
    (hasRatio || !key.startsWith("ratio")) && (hasGoal || key !== "goal") && rows.some((row) => row[key] !== "")
  );
  const forms = [keys, keys.filter((key) => key !== "quartiles"), keys.filter((key) => !key.endsWith("uartiles"))];
  const rowsOf = (form: typeof keys) => cells.map((row) => form.map((key) => row[key]));
  const fits = (form: typeof keys) => tableWidth(rowsOf(form)) <= page.columns;
  const form = forms.find(fits) ?? forms[2];
  const lines = tableLines(form.map((key) => RIGHT.has(key)), rowsOf(form), page.columns);
  return [
    ...wrap(printable(title), page).map((line) => page.paint("bold", line)),
    page.paint("dim", lines[0]),
    ...lines.slice(1),
    ...reasons(group, page),
  ];
}

type Cells = Readonly<Record<"subject" | "median" | "quartiles" | "ratio" | "ratioQuartiles" | "goal", string>>;

const RIGHT: ReadonlySet<keyof Cells> = new Set(["median", "quartiles", "ratio", "ratioQuartiles"]);

function cellsOf(measure: Measure, { floor }: Group, { paint, marks }: Page): Cells {
  const { subject, value, unit, ratio } = measure;
  const state = goalState(measure);
  const to = floor === undefined && ratio !== undefined ? ` ${printable(ratio.to)}` : "";
  return {
    subject: `${printable(subject)}${marks.get(subject) ?? ""}`,
    median: value === undefined ? NONE : amountText(value.median, unit),
    quartiles: value === undefined ? "" : quartilesText(value, unit),
    ratio: subject === floor ? "floor" : ratio === undefined ? "" : `${ratioText(ratio)}${to}`,
    ratioQuartiles: ratio === undefined || subject === floor ? "" : quartilesText(ratio, "1"),
    goal: state === undefined ? "" : `${paint(STYLES[state], WORDS[state])} ${goalText(measure)}`,
  };
}

const STYLES = { met: "green", missed: "red", unmeasured: "yellow" } as const;
const WORDS = { met: "met   ", missed: "missed", unmeasured: "open  " } as const;

/** Why there is no number, or what one must be read with: subjects of one reason together. */
function reasons({ measures }: Group, page: Page): string[] {
  const reasoned = measures.filter(({ why, value }) => why !== undefined || value === undefined);
  const byReason = Map.groupBy(reasoned, ({ why }) => printable(why ?? "no value, and no reason given"));
  return [...byReason].flatMap(([why, those]) =>
    wrap(`${those.map(({ subject }) => printable(subject)).join(", ")}: ${why}`, page, "  ")
  );
}

function footnotes({ subjects }: BenchResult, page: Page): string[] {
  const notes = notesOf(subjects);
  if (notes.length === 0) return [];
  return [
    "",
    ...notes.flatMap(({ mark, text, subjects }) =>
      wrap(`${mark} ${printable(`${subjects.map(({ name }) => name).join(", ")}: ${text}`)}`, page, "  ")
    ),
  ];
}

/** Subjects that have a version. */
function versionLines({ subjects }: BenchResult, page: Page): string[] {
  const versions = subjects.filter(({ version }) => version !== "").map(({ name, version }) => `${name} ${version}`);
  return versions.length === 0 ? [] : wrap(printable(versions.join(" · ")), page);
}

function goalLines(groups: readonly Group[], page: Page): string[] {
  const withGoal = groups.flatMap(({ title, measures }) =>
    measures.map((measure) => ({ title, measure, state: goalState(measure) }))
  ).filter(({ state }) => state !== undefined);
  if (withGoal.length === 0) return [];
  const of = (wanted: string) => withGoal.filter(({ state }) => state === wanted);
  const [missed, open] = [of("missed"), of("unmeasured")];
  const counts = [
    `${of("met").length} met`,
    `${missed.length} missed`,
    ...(open.length ? [`${open.length} open`] : []),
  ];
  const lines = [...missed, ...open].flatMap(({ title, measure }) => {
    const { goal, ratio, value, unit, subject } = measure;
    const judged = goal!.of === "ratio" ? ratio && ratioText(ratio) : value && amountText(value.median, unit);
    return wrap(
      `- ${printable(title)}: ${printable(subject)} ${judged ?? "not measured"}, goal ${goalText(measure)}`,
      page,
      "  ",
    );
  });
  const style = missed.length > 0 ? "red" : open.length > 0 ? "yellow" : "green";
  return [
    "",
    page.paint(style, `goals: ${counts.join(", ")}`),
    ...lines,
  ];
}

function plotLines({ plots }: BenchResult, page: Page): string[] {
  if (plots.length === 0) return [];
  return ["", ...wrap(`${plots.length} ${plots.length === 1 ? "plot" : "plots"}: deno task bench:html`, page)];
}

/** Lines of the page's width. */
function wrap(text: string, { columns }: Page, indent = ""): string[] {
  return wrapped(text, columns, indent);
}
