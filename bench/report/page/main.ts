/**
 * What the page of a report does: draws its charts, again in the dark, on paper and when names are hidden, and filters.
 * `html.ts` bundles it into the page.
 *
 * @module
 */
import type { Chart } from "npm:chart.js@4.6.1";
import type { Group } from "../group.ts";
import type { PageData } from "../html_data.ts";
import type { Plot } from "../result.ts";
import { barsHeight, drawBars } from "./bars.ts";
import { drawCurves, strokeOf } from "./curves.ts";
import { startFilter } from "./filter.ts";
import { currentTheme } from "./theme.ts";

const root = document.documentElement;
const data: PageData = JSON.parse(document.getElementById("data")!.textContent!);
const places = new Map(data.names.map((name, index) => [name, index]));
const place = (name: string) => places.get(name) ?? 0;
const charts = new Map<string, Chart>();
const onLog = new Set<string>();

root.classList.add("js");
for (const details of document.querySelectorAll<HTMLDetailsElement>("figure details")) details.open = false;
for (const button of document.querySelectorAll<HTMLButtonElement>(".log")) {
  button.addEventListener("click", () => {
    const key = button.closest("figure")!.id;
    if (!onLog.delete(key)) onLog.add(key);
    button.setAttribute("aria-pressed", String(onLog.has(key)));
    draw();
  });
}
const hidden = startFilter(draw);
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
addEventListener("beforeprint", () => paper(true));
addEventListener("afterprint", () => paper(false));

/** Charts are pixels: for paper they are drawn anew in its colours. */
function paper(on: boolean): void {
  root.classList.toggle("paper", on);
  draw();
}

function draw(): void {
  const theme = currentTheme();
  for (const chart of charts.values()) chart.destroy();
  charts.clear();
  for (const key of document.querySelectorAll<HTMLElement>("[data-key]")) {
    const { colour, dash } = strokeOf(place(key.dataset.key!), theme);
    const line = key.querySelector("line");
    line?.setAttribute("stroke", colour);
    line?.setAttribute("stroke-dasharray", dash.join(" "));
  }
  for (const group of data.groups) {
    const canvas = canvasOf(group);
    const shown = group.measures.filter(({ subject }) => !hidden.has(subject));
    canvas.parentElement!.style.height = `${barsHeight(shown.length, canvas.parentElement!.clientWidth)}px`;
    if (shown.length > 0) charts.set(group.key, drawBars(canvas, group, shown, data.marks, theme));
  }
  for (const plot of data.plots) {
    const shown = plot.lines.filter(({ name }) => !hidden.has(name));
    charts.set(plot.key, drawCurves(canvasOf(plot), plot, shown, place, onLog.has(plot.key), theme));
  }
}

function canvasOf({ key }: (Group | Plot) & { readonly key: string }): HTMLCanvasElement {
  return document.querySelector<HTMLCanvasElement>(`#${key} canvas`)!;
}
