import { html, raw } from "hono/html";
import { amountText, quartilesText, ratioText } from "./amount.ts";
import { goalState, goalText } from "./goal.ts";
import type { Html } from "./html_piece.ts";
import { type PageData, SECTIONS } from "./html_data.ts";
import type { Measure } from "./result.ts";

type PageGroup = PageData["groups"][number];
type PagePlot = PageData["plots"][number];

/** Most rows of the table of a plot; the plot itself has more. */
const MAX_ROWS = 60;

/** The controls that choose what is shown, which are the legend of all plots too. */
export function filter({ names, groups, plots }: PageData): Html {
  const measured = new Set(groups.flatMap(({ measures }) => measures.map(({ subject }) => subject)));
  const choices = [...names.filter((name) => measured.has(name)), ...names.filter((name) => !measured.has(name))];
  const used = SECTIONS.filter((name) => [...groups, ...plots].some(({ section }) => section === name));
  return html`
    <form id="filter" role="search" aria-label="Filter the plots">
      <label
        class="text"><span>Search</span><input type="search" name="text" placeholder="success, heap, outage …" autocomplete="off" spellcheck="false"></label>
      <label><span>Kind</span><select name="section"><option value="">all</option>${used.map((name) =>
        html`<option>${name}</option>`
      )}</select></label>
      <button type="reset">Clear</button>
      <output aria-live="polite"></output>
      <fieldset><legend>Shown</legend>${choices.map((name) =>
        html`<label class="chip"><input type="checkbox" name="subject" value="${name}" checked><span>${name}</span></label>`
      )}</fieldset>
    </form>
  `;
}

/** A plot with its title, its legend and the table of its numbers. */
export function figure(one: PageGroup | PagePlot, marks: PageData["marks"]): Html {
  return "lines" in one ? curves(one) : bars(one, marks);
}

function bars({ key, section, title, id, measures, floor }: PageGroup, marks: PageData["marks"]): Html {
  const said = measures.map((measure) => `${measure.subject} ${spoken(measure)}`).join("; ");
  const goal = measures.some((measure) => measure.goal !== undefined);
  return html`
    <figure id="${key}" data-section="${section}" data-words="${`${title} ${id}`}">
      <figcaption><h3>${title}</h3>${floor === undefined ? "" : html`
        <p
          class="legend">${goal
            ? html`<span><i class="swatch aimed"></i>has a goal</span>`
            : ""}<span><i class="swatch"></i>beside it</span><span><i class="swatch floor"></i>${floor}, the floor</span></p>
      `}</figcaption>
      <div class="canvas">
        <canvas role="img" aria-label="${`Bar chart. ${title}: ${said}`}"></canvas>
      </div>
      <details open>
        <summary>Numbers</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="${`Numbers: ${title}`}">
          <table>
            <thead>
              <tr>
                <th scope="col">Subject</th>
                <th scope="col">Median</th>
                <th scope="col">Quartiles</th>
                <th scope="col">Ratio</th>
                <th scope="col">Quartiles</th>
                <th scope="col">Rounds</th>
                <th scope="col">Goal</th>
              </tr>
            </thead>
            <tbody>${measures.map((measure) => row(measure, marks))}</tbody>
          </table>
        </div>
      </details>
    </figure>
  `;
}

function row(measure: Measure, marks: PageData["marks"]): Html {
  const { subject, value, ratio, unit, why } = measure;
  const state = goalState(measure);
  const goal = state === undefined
    ? ""
    : html`<span class="state ${state}">${state === "unmeasured" ? "open" : state}</span> ${goalText(measure)}`;
  const head = html`<th scope="row">${subject}${marks[subject] ?? ""}</th>`;
  const reason = why === undefined ? "" : html`
    <tr data-row="${subject}" class="why">
      <td colspan="7">${why}</td>
    </tr>
  `;
  if (value === undefined) {
    return html`<tr data-row="${subject}">${head}<td class="why" colspan="5">${
      why ?? "no value, and no reason given"
    }</td><td>${goal}</td></tr>`;
  }
  return html`
    <tr
      data-row="${subject}">${head}<td>${amountText(value.median, unit)}</td><td>${quartilesText(
        value,
        unit,
      )}</td><td>${ratio === undefined ? "" : ratioText(ratio)}</td><td>${ratio === undefined
        ? ""
        : quartilesText(ratio, "1")}</td><td>${value.samples}</td><td>${goal}</td></tr>${reason}
  `;
}

function curves({ key, section, title, id, x, y, lines }: PagePlot): Html {
  const said = lines.map(({ name, points }) => {
    const peak = points.reduce<number | undefined>(
      (most, [, at]) => most === undefined || at > most ? at : most,
      undefined,
    );
    return `${name}${peak === undefined ? " has no point" : ` up to ${amountText(peak, y.unit)}`}`;
  }).join("; ");
  const canLog = y.scale === "linear" && lines.some(({ points }) => points.some(([, at]) => at > 0));
  return html`
    <figure class="wide" id="${key}" data-section="${section}" data-words="${`${title} ${id}`}">
      <figcaption><h3>${title}</h3>${canLog
        ? html`<button type="button" class="log" aria-pressed="false">Logarithmic</button>`
        : ""}<p class="legend">${lines.map(({ name }) =>
          html`<span data-row="${name}" data-key="${name}">${raw(LINE)}${name}</span>`
        )}</p></figcaption>
      <div class="canvas">
        <canvas role="img" aria-label="${`Line chart. ${title}, ${y.title} by ${x.title}: ${said}`}"></canvas>
      </div>
      <details open>
        <summary>Numbers</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="${`Numbers: ${title}`}">${pointTable({
          x,
          y,
          lines,
        })}</div>
      </details>
    </figure>
  `;
}

const LINE =
  `<svg width="30" height="10" aria-hidden="true"><line x1="1" y1="5" x2="29" y2="5" stroke="currentColor" stroke-width="2.5"/></svg>`;

/** Lines side by side at the same x; of many rows some, evenly, so that a table stays one to read. */
function pointTable({ x, y, lines }: Pick<PagePlot, "x" | "y" | "lines">): Html {
  const columns = lines.map(({ points }) => new Map(points));
  const places = [...new Set(columns.flatMap((points) => [...points.keys()]))].toSorted((a, b) => a - b);
  const step = Math.max(1, Math.ceil(places.length / MAX_ROWS));
  const shown = places.filter((_, index) => index % step === 0 || index === places.length - 1);
  return html`<table>${step > 1 ? html`<caption>Every ${step}th of ${places.length} points</caption>` : ""}
<thead><tr><th scope="col">${x.title}</th>${lines.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${
    shown.map((at) =>
      html`<tr><th scope="row">${amountText(at, x.unit)}</th>${
        columns.map((points) => html`<td>${points.has(at) ? amountText(points.get(at)!, y.unit) : ""}</td>`)
      }</tr>`
    )
  }</tbody></table>`;
}

function spoken({ value, ratio, unit, why }: Measure): string {
  if (value === undefined) return `no value: ${why ?? "no reason given"}`;
  return ratio === undefined
    ? amountText(value.median, unit)
    : `${ratioText(ratio)}, ${amountText(value.median, unit)}`;
}
