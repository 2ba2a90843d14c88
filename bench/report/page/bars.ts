import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  LinearScale,
  LogarithmicScale,
  Tooltip,
} from "npm:chart.js@4.6.1";
import { amountText, chosenText, quartilesText, ratioText } from "../amount.ts";
import { goalText } from "../goal.ts";
import type { Group } from "../group.ts";
import type { PageData } from "../html_data.ts";
import type { Measure, Spread, Unit } from "../result.ts";
import { barLabel, barOverlay } from "./bar_overlay.ts";
import { type BarView, barView } from "./bar_view.ts";
import { FONT, type Theme } from "./theme.ts";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, LogarithmicScale, Tooltip);

/** Pixels of one row, and of what stands around all. */
const ROW = 30;
const AROUND = 74;
/** Below so many pixels there is room for names and one number. */
const NARROW = 480;

/** Pixels that so many bars need, where they are so wide. */
export function barsHeight(rows: number, width: number): number {
  // A narrow axis has its title in three lines.
  return rows * ROW + AROUND + (width < NARROW ? 30 : 0);
}

/**
 * One bar for each subject, from the floor where there is one, with the quartiles as a line across its end; the number
 * stands at the right, and a reason where there is none.
 *
 * @param measures those of the group that are shown, at least one
 */
export function drawBars(
  canvas: HTMLCanvasElement,
  group: Group,
  measures: readonly Measure[],
  marks: PageData["marks"],
  theme: Theme,
): Chart {
  const view = barView(group, measures);
  const { asRatio, isLog, spreads, base, per, from, to } = view;
  const narrow = canvas.parentElement!.clientWidth < NARROW;
  const labels = measures.map((measure) => barLabel(measure, asRatio, narrow));
  const config: ChartConfiguration<"bar", ([number, number] | null)[], string> = {
    type: "bar",
    data: {
      labels: measures.map(({ subject }) => shortened(`${subject}${marks[subject] ?? ""}`, narrow ? 16 : 30)),
      datasets: [{
        data: spreads.map((spread) => spread === undefined ? null : [base, spread.median / per]),
        backgroundColor: measures.map(({ goal }) => goal === undefined ? theme.bar : theme.aimed),
        borderRadius: 3,
        borderSkipped: false,
        barPercentage: 0.66,
        categoryPercentage: 1,
      }],
    },
    options: {
      indexAxis: "y",
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "y", intersect: false },
      layout: { padding: { top: 22, right: 10 + 7.4 * Math.max(...labels.map((label) => label.length)) } },
      font: { family: FONT, size: 12.5 },
      scales: {
        x: {
          type: isLog ? "logarithmic" : "linear",
          min: from,
          ...(isLog ? { max: to } : { suggestedMax: to }),
          title: { display: true, color: theme.soft, text: axisTitle(view, narrow) },
          grid: { color: theme.line, drawTicks: false },
          border: { display: false },
          ticks: {
            color: theme.soft,
            maxRotation: 0,
            autoSkipPadding: 14,
            callback: (value) => isLog && !isRound(Number(value)) ? null : chosenText(Number(value)),
          },
        },
        y: { grid: { display: false }, border: { display: false }, ticks: { color: theme.ink, autoSkip: false } },
      },
      plugins: {
        tooltip: {
          displayColors: false,
          callbacks: {
            title: ([{ dataIndex }]) => measures[dataIndex].subject,
            label: ({ dataIndex }) => spoken(measures[dataIndex]),
          },
        },
      },
    },
    plugins: [barOverlay(view, labels, theme)],
  };
  return new Chart(canvas, config);
}

/** What a measure says, a line each. */
function spoken({ value, ratio, unit, why, goal, ...rest }: Measure): string[] {
  const within = (spread: Spread, of: Unit) => spread.low === spread.high ? "" : ` (${quartilesText(spread, of)})`;
  return [
    ...(value === undefined ? [] : [`${amountText(value.median, unit)}${within(value, unit)}`]),
    ...(ratio === undefined ? [] : [`${ratioText(ratio)} of ${ratio.to}${within(ratio, "1")}`]),
    ...(goal === undefined ? [] : [`goal ${goalText({ ...rest, value, unit, goal })}`]),
    ...(why === undefined ? [] : [why]),
  ];
}

function axisTitle({ measures, floor, asRatio, sign, isLog }: BarView, narrow: boolean): string | string[] {
  const what = asRatio ? `times ${floor ?? "the floor"}` : sign;
  const better = `${measures[0].better === "lower" ? "less" : "more"} is better`;
  const parts = [what, isLog ? "logarithmic" : "", better].filter(Boolean);
  return narrow ? parts : parts.join(", ");
}

/** Of a logarithm only 1, 2 and 5 of each power are named. */
function isRound(value: number): boolean {
  return [1, 2, 5].includes(Number((value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toPrecision(3)));
}

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
