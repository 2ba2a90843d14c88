import {
  Chart,
  type ChartConfiguration,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  Tooltip,
} from "npm:chart.js@4.6.1";
import { amountText, chosenText, scaleOf } from "../amount.ts";
import type { Axis, Plot } from "../result.ts";
import { DASHES, FONT, type Theme } from "./theme.ts";

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Tooltip);

const SHAPES = ["circle", "rect", "triangle", "rectRot", "star", "crossRot"] as const;
/** Up to so many points each is marked. */
const MOST_MARKED = 30;

/** How a name is drawn, wherever it stands. */
export interface Stroke {
  readonly colour: string;
  readonly dash: readonly number[];
}

export function strokeOf(index: number, theme: Theme): Stroke {
  return { colour: theme.series(index), dash: DASHES[index % DASHES.length] };
}

/**
 * The lines of a plot that are not hidden.
 *
 * @param place the number of a name, from which come colour, dash and shape
 * @param asLog whether y is drawn on a logarithm though it is meant to be linear
 */
export function drawCurves(
  canvas: HTMLCanvasElement,
  plot: Plot,
  lines: Plot["lines"],
  place: (name: string) => number,
  asLog: boolean,
  theme: Theme,
): Chart {
  const y: Axis = asLog ? { ...plot.y, scale: "log" } : plot.y;
  const [xPer, yPer] = [unitOf(plot.x, plot.lines, 0), unitOf(y, plot.lines, 1)];
  const config: ChartConfiguration<"line", { x: number; y: number }[]> = {
    type: "line",
    data: {
      datasets: lines.map(({ name, points }) => {
        const { colour, dash } = strokeOf(place(name), theme);
        const shown = points.filter((point) => fits(plot.x, point[0]) && fits(y, point[1]));
        return {
          label: name,
          data: shown.map((point) => ({ x: point[0] / xPer.per, y: point[1] / yPer.per })),
          borderColor: colour,
          backgroundColor: colour,
          borderDash: [...dash],
          borderWidth: 2,
          pointStyle: SHAPES[place(name) % SHAPES.length],
          pointRadius: shown.length <= MOST_MARKED ? 4 : 0,
          pointHitRadius: 8,
        };
      }),
    },
    options: {
      animation: false,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      layout: { padding: { right: 14, top: 8 } },
      font: { family: FONT, size: 12.5 },
      scales: { x: axis(plot.x, xPer.sign, theme, canvas), y: axis(y, yPer.sign, theme, canvas) },
      plugins: {
        tooltip: {
          usePointStyle: true,
          itemSort: (a, b) => b.parsed.y! - a.parsed.y!,
          callbacks: {
            title: ([item]) =>
              item === undefined ? "" : `${plot.x.title} ${amountText(item.parsed.x! * xPer.per, plot.x.unit)}`,
            label: ({ dataset, parsed }) => ` ${dataset.label}: ${amountText(parsed.y! * yPer.per, y.unit)}`,
          },
        },
      },
    },
  };
  return new Chart(canvas, config);
}

function axis({ title, scale }: Axis, sign: string, theme: Theme, canvas: HTMLCanvasElement) {
  const isLog = scale === "log";
  const units = [sign, isLog ? "log" : ""].filter(Boolean).join(", ");
  return {
    type: isLog ? "logarithmic" as const : "linear" as const,
    ...(isLog ? {} : { beginAtZero: true }),
    title: {
      display: true,
      color: theme.soft,
      text: `${title}${units === "" ? "" : ` (${units})`}`,
    },
    grid: { color: theme.line },
    border: { color: theme.soft },
    ticks: {
      color: theme.soft,
      maxRotation: 0,
      autoSkipPadding: 18,
      maxTicksLimit: canvas.parentElement!.clientWidth < 480 ? 6 : 11,
      callback: (value: string | number) => isLog && !isPower(Number(value)) ? null : chosenText(Number(value)),
    },
  };
}

function isPower(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
}

/** The unit for the whole axis: of the largest number, or of the least where the steps are powers. */
function unitOf({ unit, scale }: Axis, lines: Plot["lines"], index: 0 | 1): ReturnType<typeof scaleOf> {
  const sizes = lines.flatMap(({ points }) => points.map((point) => Math.abs(point[index]))).filter((size) => size > 0);
  if (sizes.length === 0) return scaleOf(0, unit);
  const pick = sizes.reduce((a, b) => scale === "log" ? Math.min(a, b) : Math.max(a, b));
  return scaleOf(pick, unit);
}

/** A logarithm has no place for nothing. */
function fits({ scale }: Axis, value: number): boolean {
  return Number.isFinite(value) && (scale === "linear" || value > 0);
}
