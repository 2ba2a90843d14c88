/**
 * A result as one HTML page that needs nothing beside itself: its plots are drawn by what stands in it, and without
 * JavaScript each is there as a table.
 *
 * @module
 */
import { html, raw } from "hono/html";
import { amountText } from "./amount.ts";
import { pageScript } from "./html_bundle.ts";
import { type PageData, pageData, printableAll, SECTIONS } from "./html_data.ts";
import { figure, filter } from "./html_figures.ts";
import { goals, goalsVerdict } from "./html_goals.ts";
import type { Html } from "./html_piece.ts";
import { PAGE_STYLE } from "./html_style.ts";
import { isBusy } from "./machine_text.ts";
import { marksOf, notesOf } from "./notes.ts";
import type { BenchResult, Subject } from "./result.ts";

/**
 * The page of one result or of several. The same results give the same text.
 *
 * All that a result says is escaped, and a policy in the page forbids every script but its own and all that would be
 * loaded. A line of more than 1,000 points is thinned out so that its peaks stay.
 */
export async function htmlReport(results: BenchResult | readonly BenchResult[]): Promise<string> {
  const all = printableAll<readonly BenchResult[]>("measures" in results ? [results] : results);
  const subjects = subjectsOf(all);
  const data = pageData(all, marksOf(subjects));
  const script = await pageScript();
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src '${await hashOf(script)}'; img-src data:`;
  const { verdict, title } = goalsVerdict(data);
  const commands = all.map(({ command }) => command).join(", ") || "nothing measured";
  return String(
    await html`
      <!DOCTYPE html>
      <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta http-equiv="Content-Security-Policy" content="${policy}">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="color-scheme" content="light dark">
          <meta name="generator" content="deno task bench:html">
          <title>${title}: ${commands}</title>
          <link rel="icon" href="data:,">
          <style>${raw(PAGE_STYLE)}</style>
        </head>
        <body>
          <a class="skip" href="#plots">Skip to the plots</a>
          <header class="${verdict}">
      <p class="brand">${raw(BELL)}<span>Bellhop bench report</span></p>
      ${head(all, data)}
          </header>
          <main>
      ${goals(data)}
      ${filter(data)}
      <div id="plots" tabindex="-1">
      ${SECTIONS.map((section) => sectionPart(section, data))}
      </div>
      ${subjectList(subjects)}
          </main>
          <footer>Bars and points are medians, whiskers the quartiles around them. Numbers of one plot were taken in the same rounds; numbers of two plots were not, and only ratios can be carried to another machine.</footer>
          <script type="application/json" id="data">${raw(jsonText(data))}</script>
          <script>${raw(script)}</script>
        </body>
      </html>
    `,
  );
}

function head(results: readonly BenchResult[], data: PageData): Html {
  const { title, detail } = goalsVerdict(data);
  return html`
    <div class="title">
      <h1>${title}</h1>
      <p class="detail">${detail}</p>
    </div>
    ${results.map(({ command, date, machine, missing = [] }) => {
      const { cpu, cores, memoryBytes, os, runtimes, load } = machine;
      const facts = [
        ["Measured by", command],
        ["Began", `${date.slice(0, 16).replace("T", " ")} UTC`],
        ["Machine", `${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}, ${amountText(memoryBytes, "B")}`],
        ["System", os],
        ["Runtimes", Object.entries(runtimes).map((runtime) => runtime.join(" ")).join(", ") || "none"],
        ["Load before", `${load.toFixed(1)}${isBusy(machine) ? ": busy, trust ratios only" : ""}`],
        ...missing.map(({ what, why }) => ["Not measured", `${what}: ${why}`]),
      ];
      return html`<dl class="facts">${
        facts.map(([name, value]) =>
          html`
            <div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>
          `
        )
      }</dl>`;
    })}
  `;
}

function sectionPart(section: string, { groups, plots, marks }: PageData): Html | "" {
  const figures = [...groups, ...plots].filter((one) => one.section === section);
  if (figures.length === 0) return "";
  const id = section.toLowerCase().replaceAll(" ", "-");
  return html`
    <section aria-labelledby="${id}">
      <h2 id="${id}">${section}</h2>
      <div class="${section === SECTIONS[4] ? "figures dense" : "figures"}">${figures.map((one) =>
        figure(one, marks)
      )}</div>
    </section>
  `;
}

/** What was measured, and what each cannot do. */
function subjectList(subjects: readonly Subject[]): Html | "" {
  if (subjects.length === 0) return "";
  const notes = notesOf(subjects);
  const marks = marksOf(subjects);
  return html`
    <section aria-labelledby="subjects">
      <h2 id="subjects">What was measured</h2>
      <ul class="subjects">${subjects.map(({ name, version }) =>
        html`<li data-row="${name}"><b>${name}</b> ${version}<sup>${marks.get(name) ?? ""}</sup></li>`
      )}</ul>
      <ol class="notes">${notes.map(({ mark, text, subjects }) =>
        html`<li><span>${mark}</span> ${text} <small>${subjects.map(({ name }) => name).join(", ")}</small></li>`
      )}</ol>
    </section>
  `;
}

/** Of several results: each subject once for each version. */
function subjectsOf(results: readonly BenchResult[]): Subject[] {
  const found = new Map<string, Subject>();
  for (const { name, version, notes } of results.flatMap(({ subjects }) => subjects)) {
    const key = JSON.stringify([name, version]);
    const before = found.get(key)?.notes ?? [];
    found.set(key, { name, version, notes: [...new Set([...before, ...notes])] });
  }
  return [...found.values()];
}

/** JSON that cannot end the element that it stands in. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

async function hashOf(script: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  return `sha256-${new Uint8Array(digest).toBase64()}`;
}

const BELL = `<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
<path d="M16 6v-2m-3 0h6" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round"/>
<path d="M5 22a11 11 0 0 1 22 0z" fill="currentColor"/><rect x="2.5" y="24" width="27" height="4" rx="2" fill="currentColor"/>
</svg>`;
