/**
 * What the page of a report does: draws its charts, again in the dark, on paper and when names are hidden, and filters.
 * `html.ts` bundles it into the page.
 *
 * @module
 */
import type { Chart } from "npm:chart.js@4.6.1";
import type { PageData } from "../html_data.ts";
import { barsHeight, drawBars } from "./bars.ts";
import { drawCurves, strokeOf } from "./curves.ts";
import { startFilter } from "./filter.ts";
import { currentTheme } from "./theme.ts";

const root = document.documentElement;
const data: PageData = JSON.parse(document.getElementById("data")!.textContent!);
const places = new Map(data.names.map((name, index) => [name, index]));
const place = (name: string) => places.get(name) ?? 0;
const onLog = new Set<string>();

/** What is drawn, and how wide. */
const drawn = new Map<string, { readonly chart: Chart | undefined; readonly width: number }>();

root.classList.add("js");
for (const details of document.querySelectorAll<HTMLDetailsElement>("figure details")) details.open = false;
for (const button of document.querySelectorAll<HTMLButtonElement>(".log")) {
  button.addEventListener("click", () => {
    const key = button.closest("figure")!.id;
    if (!onLog.delete(key)) onLog.add(key);
    button.setAttribute("aria-pressed", String(onLog.has(key)));
    draw(key);
  });
}
const hidden = startFilter(() => drawAll());
drawAll();
// How much of a name is written hangs on the width; and what was hidden had none.
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const key = target.closest("figure")!.id;
    // On paper the picture is scaled as it is.
    const onPaper = root.classList.contains("paper");
    if (!onPaper && drawn.get(key)?.width !== target.clientWidth) draw(key);
  }
});
for (const box of document.querySelectorAll(".canvas")) observer.observe(box);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
addEventListener("beforeprint", () => paper(true));
addEventListener("afterprint", () => paper(false));

/** Charts are pixels: for paper they are drawn anew in its colours. */
function paper(on: boolean): void {
  root.classList.toggle("paper", on);
  drawAll();
}

function drawAll(): void {
  const theme = currentTheme();
  for (const key of document.querySelectorAll<HTMLElement>("[data-key]")) {
    const { colour, dash } = strokeOf(place(key.dataset.key!), theme);
    const line = key.querySelector("line");
    line?.setAttribute("stroke", colour);
    line?.setAttribute("stroke-dasharray", dash.join(" "));
  }
  for (const { key } of [...data.groups, ...data.plots]) draw(key);
}

function draw(key: string): void {
  drawn.get(key)?.chart?.destroy();
  const canvas = document.querySelector<HTMLCanvasElement>(`#${key} canvas`)!;
  const { clientWidth: width } = canvas.parentElement!;
  drawn.set(key, { width, chart: width === 0 ? undefined : chartOf(key, canvas, width) });
}

function sized(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const { clientWidth, clientHeight } = canvas.parentElement!;
  return Object.assign(canvas, { width: clientWidth, height: clientHeight });
}

function chartOf(key: string, canvas: HTMLCanvasElement, width: number): Chart | undefined {
  const theme = currentTheme();
  const plot = data.plots.find((plot) => plot.key === key);
  if (plot !== undefined) {
    const shown = plot.lines.filter(({ name }) => !hidden.has(name));
    return drawCurves(sized(canvas), plot, shown, place, onLog.has(key), theme);
  }
  const group = data.groups.find((group) => group.key === key)!;
  const shown = group.measures.filter(({ subject }) => !hidden.has(subject));
  canvas.parentElement!.style.height = `${barsHeight(shown.length, width)}px`;
  return shown.length === 0 ? undefined : drawBars(sized(canvas), group, shown, data.marks, theme);
}
