import { amountText, quartilesText, ratioText } from "./amount.ts";
import { type Change, type Comparison, spreadsOf, THRESHOLD } from "./compare.ts";
import { goalText } from "./goal.ts";
import { printable } from "./printable.ts";
import type { Measure } from "./result.ts";
import { paintOf, tableLines, type TextOptions, wrapped } from "./text_lines.ts";

/** A comparison as text, what got worse last, where one looks. */
export function comparisonText(comparison: Comparison, options: TextOptions = {}): string {
  const { columns = 80 } = options;
  const paint = paintOf(options);
  const { worse, better, unjudged, alike, lost, gained, missing, added, changedForm, newlyMissed, newlyMet, remarks } =
    comparison;
  const list = (title: string, measures: readonly Measure[], say = (measure: Measure) => printable(measure.id)) =>
    measures.length === 0 ? [] : [
      paint("bold", `${title}: ${measures.length}`),
      ...measures.flatMap((measure) => wrapped(`- ${say(measure)}`, columns, "  ")),
      "",
    ];
  const changes = (title: string, those: readonly Change[]) =>
    those.length === 0 ? [] : [paint("bold", title), ...changeLines(those, columns), ""];
  const withWhy = ({ id, why }: Measure) => printable(why === undefined ? id : `${id}: ${why}`);
  const withGoal = (measure: Measure) => `${printable(measure.id)}, goal ${goalText(measure)}`;
  const worst = worse.length + lost.length;
  const counts = [`${worst} worse`, `${better.length} better`, `${alike} alike`];
  return [
    ...remarks.flatMap((remark) => wrapped(paint("yellow", `mind: ${printable(remark)}`), columns, "  ")),
    ...list("not in the old result", added),
    ...list("not in the new result", missing),
    ...list("in another unit, not compared", changedForm),
    ...list("has a value now", gained),
    ...list("goals newly met", newlyMet, withGoal),
    ...changes("moved, of too few rounds to judge", unjudged),
    ...changes("better", better),
    ...list("goals newly missed", newlyMissed, withGoal),
    ...list("has no value any more", lost, withWhy),
    ...changes("worse", worse),
    ...wrapped(
      `${
        paint(worst > 0 ? "red" : "green", counts.join(", "))
      } (a change: ranges apart and the median moved by more than ${THRESHOLD * 100} %)`,
      columns,
    ),
  ].join("\n");
}

function changeLines(changes: readonly Change[], columns: number): string[] {
  const rows = changes.map((change) => {
    const [old, after] = spreadsOf(change);
    const { unit, id } = change.new;
    const text = ({ median }: typeof old) =>
      change.of === "ratio" ? ratioText({ ...old, median, to: "" }) : amountText(median, unit);
    const within = (spread: typeof old) => quartilesText(spread, change.of === "ratio" ? "1" : unit);
    return [printable(id), text(old), within(old), text(after), within(after), percentText(change.factor)];
  });
  return tableLines(
    [false, true, true, true, true, true],
    [["measure", "old", "quartiles", "new", "quartiles", "by"], ...rows],
    columns,
  );
}

function percentText(factor: number): string {
  if (!Number.isFinite(factor)) return "from 0";
  if (factor >= 3) return `${factor.toPrecision(3)}×`;
  return `${factor >= 1 ? "+" : "−"}${Math.abs((factor - 1) * 100).toFixed(0)} %`;
}
