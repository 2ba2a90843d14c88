import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  LinearScale,
  LogarithmicScale,
  type Plugin,
  Tooltip,
} from "npm:chart.js@4.6.1";
import { amountText, numberText, quartilesText, ratioText, scaleOf } from "../amount.ts";
import { goalText } from "../goal.ts";
import type { Group } from "../group.ts";
import type { PageData } from "../html_data.ts";
import type { Measure, Spread } from "../result.ts";
import { FONT, type Theme } from "./theme.ts";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, LogarithmicScale, Tooltip);

/** Pixels of one row; the element's height follows from it. */
const ROW = 30;
const AROUND = 74;
/** Beyond this the least bar could not be seen on a linear axis. */
const MOST_LINEAR = 30;

export function barsHeight(rows: number): number {
  return rows * ROW + AROUND;
}

/**
 * One bar for each subject, from the floor where there is one, with the quartiles as a line across its end; the number
 * stands at the right, and a reason where there is none.
 */
export function drawBars(
  canvas: HTMLCanvasElement,
  group: Group,
  measures: readonly Measure[],
  marks: PageData["marks"],
  theme: Theme,
): Chart {
  const asRatio = measures.some(({ ratio }) => ratio !== undefined);
  const { unit, better } = measures[0];
  const spreads = measures.map(({ value, ratio }) => asRatio ? ratio : value);
  const numbers = spreads.flatMap((spread) => spread === undefined ? [] : [spread.low, spread.median, spread.high]);
  const limits = measures.flatMap(({ goal }) => goal?.of === (asRatio ? "ratio" : "value") ? [goal.limit] : []);
  const all = [...numbers, ...limits].filter(Number.isFinite);
  const [least, most] = [Math.min(...all, asRatio ? 1 : Infinity), Math.max(...all, asRatio ? 1 : -Infinity)];
  const isLog = least > 0 && (asRatio || most / least > MOST_LINEAR);
  const { per, sign } = asRatio ? { per: 1, sign: "" } : scaleOf(isLog ? least : most, unit);
  // A bar on a logarithm has no zero to begin at: without a floor it begins at the edge.
  const [from, to] = isLog
    ? [least / (asRatio ? 1.15 : 2), most * 1.15]
    : [Math.min(0, least), Math.max(0, most * 1.05) || 1];
  const base = asRatio ? 1 : from / per;
  const label = (measure: Measure) =>
    measure.value === undefined
      ? ""
      : asRatio && measure.ratio
      ? ratioText(measure.ratio)
      : amountText(measure.value.median, unit);
  const colour = ({ subject, goal }: Measure) =>
    subject === group.floor ? theme.floor : goal !== undefined ? theme.aimed : theme.bar;
  const [, first] = measures.map(({ goal }) => goal !== undefined).includes(true)
    ? [0, measures.find(({ goal }) => goal?.of === (asRatio ? "ratio" : "value"))]
    : [0, undefined];

  const marksAcross: Plugin<"bar"> = {
    id: "across",
    afterDatasetsDraw({ ctx, scales: { x, y }, chartArea: { left, right, top, bottom }, width }) {
      ctx.save();
      ctx.textBaseline = "middle";
      ctx.font = `600 12.5px ${FONT}`;
      const vertical = (at: number, style: string, dash: number[], thickness = 1.5) => {
        const place = Math.round(x.getPixelForValue(at)) + 0.5;
        ctx.beginPath();
        ctx.setLineDash(dash);
        ctx.lineWidth = thickness;
        ctx.strokeStyle = style;
        ctx.moveTo(place, top);
        ctx.lineTo(place, bottom);
        ctx.stroke();
        ctx.setLineDash([]);
        return place;
      };
      if (asRatio) vertical(1, theme.soft, []);
      measures.forEach((measure, index) => {
        const spread = spreads[index];
        const height = y.getPixelForValue(index);
        if (spread !== undefined && measure.value !== undefined) {
          ctx.textAlign = "right";
          ctx.fillStyle = theme.ink;
          ctx.fillText(label(measure), width - 2, height);
          if (!(asRatio && measure.subject === group.floor)) {
            whisker(ctx, x.getPixelForValue.bind(x), spread, per, height, theme);
          }
        } else {
          ctx.textAlign = "left";
          ctx.fillStyle = theme.soft;
          ctx.font = `italic 12.5px ${FONT}`;
          ctx.fillText(
            cut(ctx, measure.value === undefined ? measure.why ?? "no value" : "no ratio", width - left - 8),
            left + 6,
            height,
          );
          ctx.font = `600 12.5px ${FONT}`;
        }
      });
      if (first?.goal !== undefined) {
        const place = vertical(first.goal.limit / per, theme.goal, [5, 3]);
        const text = `goal ${goalText(first)}`;
        const half = ctx.measureText(text).width / 2;
        ctx.textAlign = "center";
        ctx.fillStyle = theme.goal;
        ctx.fillText(text, Math.min(Math.max(place, left + half), right - half), top - 10);
      }
      ctx.restore();
    },
  };

  const config: ChartConfiguration<"bar", ([number, number] | null)[], string> = {
    type: "bar",
    data: {
      labels: measures.map(({ subject }) =>
        shortened(`${subject}${marks[subject] ?? ""}`, canvas.parentElement!.clientWidth)
      ),
      datasets: [{
        data: spreads.map((spread) => spread === undefined ? null : [base, spread.median / per]),
        backgroundColor: measures.map(colour),
        borderRadius: 3,
        borderSkipped: false,
        barPercentage: 0.66,
        categoryPercentage: 1,
        minBarLength: 2,
      }],
    },
    options: {
      indexAxis: "y",
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "y", intersect: false },
      layout: { padding: { top: 22, right: labelWidth(measures.map(label)) } },
      font: { family: FONT, size: 12.5 },
      scales: {
        x: {
          type: isLog ? "logarithmic" : "linear",
          min: from / per,
          max: to / per,
          title: { display: true, color: theme.soft, text: axisTitle(group, asRatio, sign, better, isLog) },
          grid: { color: theme.line, drawTicks: false },
          border: { display: false },
          ticks: {
            color: theme.soft,
            maxRotation: 0,
            autoSkipPadding: 14,
            callback: (value) => isLog && !isRound(Number(value)) ? null : numberText(Number(value)),
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
    plugins: [marksAcross],
  };
  return new Chart(canvas, config);
}

/** What a measure says, a line each. */
function spoken(measure: Measure): string[] {
  const { value, ratio, unit, why } = measure;
  const within = (spread: Spread, of: typeof unit) =>
    spread.low === spread.high ? "" : ` (${quartilesText(spread, of)})`;
  return [
    ...(value === undefined ? [] : [`${amountText(value.median, unit)}${within(value, unit)}`]),
    ...(ratio === undefined ? [] : [`${ratioText(ratio)} of ${ratio.to}${within(ratio, "1")}`]),
    ...(measure.goal === undefined ? [] : [`goal ${goalText(measure)}`]),
    ...(why === undefined ? [] : [why]),
  ];
}

function whisker(
  ctx: CanvasRenderingContext2D,
  at: (value: number) => number,
  { low, median, high }: Spread,
  per: number,
  height: number,
  theme: Theme,
): void {
  const [from, to, middle] = [at(low / per), at(high / per), at(median / per)];
  ctx.beginPath();
  ctx.lineWidth = 1.6;
  ctx.strokeStyle = theme.ink;
  ctx.moveTo(from, height);
  ctx.lineTo(to, height);
  for (const end of [from, to]) ctx.moveTo(end, height - 4), ctx.lineTo(end, height + 4);
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(middle, height, 3, 0, 2 * Math.PI);
  ctx.fillStyle = theme.card;
  ctx.fill();
  ctx.stroke();
}

function axisTitle({ floor }: Group, asRatio: boolean, sign: string, better: string, isLog: boolean): string {
  const what = asRatio ? `times ${floor ?? "the floor"}` : sign;
  return [what, isLog ? "logarithmic" : "", `${better === "lower" ? "less" : "more"} is better`].filter(Boolean).join(
    ", ",
  );
}

function isRound(value: number): boolean {
  return [1, 2, 5].includes(Number((value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toPrecision(3)));
}

function labelWidth(labels: readonly string[]): number {
  return 8 + 7.6 * Math.max(...labels.map((label) => label.length), 0);
}

function shortened(text: string, width: number): string {
  const most = width < 480 ? 16 : 30;
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function cut(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  let kept = text.slice(0, 200);
  while (kept !== "" && ctx.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}
