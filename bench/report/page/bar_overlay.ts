import type { Plugin } from "npm:chart.js@4.6.1";
import { amountText, ratioText } from "../amount.ts";
import { goalText } from "../goal.ts";
import type { Measure, Spread } from "../result.ts";
import type { BarView } from "./bar_view.ts";
import { FONT, type Theme } from "./theme.ts";

type Context = CanvasRenderingContext2D;

/** What stands over the bars: quartiles, numbers at the right, reasons where there is none, the floor and the goal. */
export function barOverlay(view: BarView, labels: readonly string[], theme: Theme): Plugin<"bar"> {
  const { measures, spreads, asRatio, aimed, floor, per } = view;
  return {
    id: "overlay",
    afterDatasetsDraw({ ctx, scales: { x, y }, chartArea: { left, right, top, bottom }, width }) {
      ctx.save();
      ctx.textBaseline = "middle";
      ctx.font = `600 12.5px ${FONT}`;
      if (asRatio) vertical(ctx, x.getPixelForValue(1), top, bottom, theme.soft, []);
      measures.forEach(({ subject, why = "no value", value }, index) => {
        const spread = spreads[index];
        const height = y.getPixelForValue(index);
        ctx.textAlign = "right";
        ctx.fillStyle = theme.ink;
        ctx.fillText(labels[index], width - 2, height);
        if (spread === undefined) {
          reason(ctx, value === undefined ? why : "no ratio", left + 6, width - 4, height, theme);
        } else if (!(asRatio && subject === floor)) {
          whisker(ctx, (at) => x.getPixelForValue(at / per), spread, height, theme);
        }
      });
      if (aimed?.goal !== undefined) {
        const place = x.getPixelForValue(aimed.goal.limit / per);
        vertical(ctx, place, top, bottom, theme.goal, [5, 3]);
        const text = `goal ${goalText(aimed)}`;
        const half = ctx.measureText(text).width / 2;
        ctx.textAlign = "center";
        ctx.fillStyle = theme.goal;
        ctx.fillText(text, Math.min(Math.max(place, left + half), right - half), top - 10);
      }
      ctx.restore();
    },
  };
}

/** The number at the right of a bar; with its ratio where there is room. */
export function barLabel({ value, ratio, unit }: Measure, asRatio: boolean, narrow: boolean): string {
  if (value === undefined) return "";
  const amount = amountText(value.median, unit);
  if (!asRatio || ratio === undefined) return amount;
  return narrow ? ratioText(ratio) : `${amount}  ${ratioText(ratio).padStart(6, "\u2007")}`;
}

function vertical(ctx: Context, at: number, top: number, bottom: number, colour: string, dash: number[]): void {
  const place = Math.round(at) + 0.5;
  ctx.beginPath();
  ctx.setLineDash(dash);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = colour;
  ctx.moveTo(place, top);
  ctx.lineTo(place, bottom);
  ctx.stroke();
  ctx.setLineDash([]);
}

function whisker(ctx: Context, at: (value: number) => number, spread: Spread, height: number, theme: Theme): void {
  const [from, to] = [at(spread.low), at(spread.high)];
  ctx.beginPath();
  ctx.lineWidth = 1.6;
  ctx.strokeStyle = theme.ink;
  ctx.moveTo(from, height);
  ctx.lineTo(to, height);
  for (const end of [from, to]) {
    ctx.moveTo(end, height - 5);
    ctx.lineTo(end, height + 5);
  }
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(at(spread.median), height, 2.6, 0, 2 * Math.PI);
  ctx.fillStyle = theme.card;
  ctx.fill();
  ctx.stroke();
}

/** On a ground of its own, since lines pass behind it. */
function reason(ctx: Context, why: string, left: number, right: number, height: number, theme: Theme): void {
  ctx.save();
  ctx.textAlign = "left";
  ctx.font = `italic 12.5px ${FONT}`;
  const text = cut(ctx, why, right - left);
  ctx.fillStyle = theme.card;
  ctx.fillRect(left - 3, height - 9, ctx.measureText(text).width + 6, 18);
  ctx.fillStyle = theme.soft;
  ctx.fillText(text, left, height);
  ctx.restore();
}

function cut(ctx: Context, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  let kept = text.slice(0, 200);
  while (kept !== "" && ctx.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}
