/**
 * The report as one HTML page that needs nothing beside itself: no network, no other file, and for reading no script.
 *
 * @module
 */
import { PROFILES } from "../control.ts";
import type { Requirement } from "../requirement.ts";
import type { Report } from "../run.ts";
import { causesOf, failures } from "./_html_failures.ts";
import { count, grouped, Markup, markup } from "./_html_markup.ts";
import { catalogue, matrix, WORDS } from "./_html_requirements.ts";
import { PAGE_SCRIPT, PAGE_SCRIPT_HASH } from "./_html_script.ts";
import { PAGE_STYLE } from "./_html_style.ts";
import {
  countVerdicts,
  REQUIREMENT_VERDICTS,
  type RequirementResult,
  requirementResults,
} from "./requirement_results.ts";
import { durationText } from "./sequence.ts";
import { isFailure } from "./summary.ts";

/**
 * The page. The same report gives the same text.
 *
 * Everything that the subject has said is escaped, and a policy in the page forbids all scripts but its own and all
 * that would be loaded. However much there is to tell, logs, messages and failures are cut so that the page stays below
 * 20 MB.
 *
 * @param requirements the catalogue, in the order in which it is to be shown
 */
export function htmlReport(report: Report, requirements: readonly Requirement[]): string {
  const results = requirementResults(report, requirements);
  const causes = causesOf(report.results);
  const { subject } = report;
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src '${PAGE_SCRIPT_HASH}'; img-src data:`;
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="bellhop conform">
<title>${subject.name} ${subject.version}: ${verdictOf(report, results).title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
<a class="skip" href="#matrix">Skip to the requirements</a>
${head(report, results)}
<main>
${filter(results)}
<div class="stage">
${matrix(results)}
<aside id="panel" aria-labelledby="panel-title" hidden>
<div class="panel-top"><h2 id="panel-title">Requirement</h2><button type="button" id="panel-close">Close</button></div>
<div id="panel-body" aria-live="polite"></div>
</aside>
</div>
${staleEntries(report)}
${failures(causes)}
${catalogue(results, causes)}
</main>
<footer>Made by <code>bellhop conform</code> at <time datetime="${report.startedAt}">${report.startedAt}</time>. Every check names the sentence of the specification that it judges; what no check has judged is not tested.</footer>
<script>${new Markup(PAGE_SCRIPT)}</script>
</body>
</html>
`.html;
}

function head(report: Report, results: readonly RequirementResult[]): Markup {
  const { subject } = report;
  const counts = countVerdicts(results);
  const { verdict, title, detail } = verdictOf(report, results);
  const ran = report.results.filter((result) => result.verdict !== "not-applicable").length;
  const facts: readonly (readonly [string, Markup | string])[] = [
    ["Specification", String(report.spec)],
    ["Checks run", `${grouped(ran)} of ${grouped(report.results.length)}`],
    ["Simulated", durationText(report.simulatedMs)],
    ["Took", durationText(report.durationMs)],
    ["Seed", String(report.seed)],
    [
      "Began",
      markup`<time datetime="${report.startedAt}">${report.startedAt.replace("T", " ").slice(0, 16)} UTC</time>`,
    ],
  ];
  return markup`<header class="${verdict}">
<p class="brand">${BELL}<span>Bellhop conformance report</span></p>
<div class="title">
<div>
<h1>${subject.name} <small>${subject.version}</small></h1>
<p class="badges">${clockBadge(subject.clock)}${profileBadges(report)}</p>
</div>
<p class="verdict"><strong>${title}</strong><span>${detail}</span></p>
</div>
<div class="bar" aria-hidden="true">${
    REQUIREMENT_VERDICTS.map((name) =>
      counts[name] > 0 && markup`<i class="${name}" style="flex-grow:${counts[name]}"></i>`
    )
  }</div>
<ul class="tiles">${
    REQUIREMENT_VERDICTS.map((name) =>
      markup`<li><a class="tile" href="#verdict=${name}"><span class="key ${name}"></span><b>${
        grouped(counts[name])
      }</b> ${WORDS[name]}</a></li>`
    )
  }</ul>
<dl class="facts">${
    facts.map(([name, value]) =>
      markup`
        <div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )
  }</dl>
${kinds(report)}
</header>`;
}

/** Scored checks by their kind. */
function kinds({ results }: Report): Markup {
  const names = [...new Set(results.map(({ kind }) => kind))];
  const of = (kind: string, verdict?: string) =>
    results.filter((result) => result.kind === kind && (verdict === undefined || result.verdict === verdict)).length;
  return markup`
    <details class="kinds">
      <summary>Checks by kind</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Checks by kind">
        <table>
          <thead>
            <tr>
              <th scope="col">Kind</th>
              <th scope="col">Checks</th>
              <th scope="col">Passed</th>
              <th scope="col">Failed</th>
              <th scope="col">Warnings</th>
              <th scope="col">Not testable</th>
              <th scope="col">Not applicable</th>
            </tr>
          </thead>
          <tbody>${
    names.map((kind) =>
      markup`<tr><th scope="row">${kind}</th><td>${of(kind)}</td>${
        ["pass", "fail", "warn", "not-testable", "not-applicable"].map((verdict) =>
          markup`<td>${of(kind, verdict)}</td>`
        )
      }</tr>`
    )
  }</tbody>
        </table>
      </div>
    </details>
  `;
}

function filter(results: readonly RequirementResult[]): Markup {
  const values = (of: (one: Requirement) => string) => [...new Set(results.map(({ requirement }) => of(requirement)))];
  const choice = (name: string, options: readonly (readonly [string, string])[]) =>
    markup`<label><span>${name}</span><select name="${name.toLowerCase()}"><option value="">all</option>${
      options.map(([value, text]) => markup`<option value="${value}">${text}</option>`)
    }</select></label>`;
  const same = (list: readonly string[]) => list.map((value) => [value, value] as const);
  return markup`<form id="filter" role="search" aria-label="Filter the requirements">
<label class="text"><span>Search</span><input type="search" name="text" placeholder="RET-017, backoff, check …" autocomplete="off" spellcheck="false"></label>
${choice("Chapter", same(values(({ chapter }) => chapter)))}
${choice("Profile", same(values(({ profile }) => profile)))}
${choice("Level", same(values(({ level }) => level)))}
${choice("Verdict", REQUIREMENT_VERDICTS.map((name) => [name, WORDS[name]] as const))}
<button type="reset">Clear</button>
<output aria-live="polite"></output>
</form>`;
}

function verdictOf({ results: checks, stale = [] }: Report, results: readonly RequirementResult[]): {
  readonly verdict: "fail" | "warn" | "pass" | "not-tested";
  readonly title: string;
  readonly detail: string;
} {
  const { fail, warn, pass } = countVerdicts(results);
  const unexpected = checks.filter(isFailure);
  if (unexpected.length > 0) {
    const mute = unexpected.filter(({ verdict }) => verdict === "not-testable").length;
    const detail = fail > 0 ? `${count(fail, "requirement")} broken` : `${count(mute, "check")} could not be tested`;
    return { verdict: "fail", title: "Does not conform", detail };
  }
  if (stale.length > 0) {
    return { verdict: "fail", title: "Stale baseline", detail: `${count(stale.length, "known failure")} out of date` };
  }
  const kept = `${count(pass, "requirement")} tested and kept`;
  if (pass === 0) return { verdict: "not-tested", title: "Nothing was tested", detail: "no check applied" };
  if (fail > 0) {
    const detail = `${count(fail, "requirement")} broken, as was known`;
    return { verdict: "warn", title: "Known failures only", detail };
  }
  if (warn > 0) return { verdict: "warn", title: "Conforms", detail: `${kept}, ${count(warn, "warning")}` };
  return { verdict: "pass", title: "Conforms", detail: kept };
}

/** Entries of the baseline that are out of date. */
function staleEntries({ stale = [] }: Report): Markup | false {
  return stale.length > 0 && markup`<section id="stale" aria-labelledby="stale-title">
<h2 id="stale-title">Stale baseline <small>${count(stale.length, "entry", "entries")} to take out</small></h2>
<ul>${stale.map(({ check, why }) => markup`<li><code>${check}</code> ${why}</li>`)}</ul>
</section>`;
}

function clockBadge(clock: unknown): Markup {
  if (clock === "virtual") {
    return markup`
      <span class="badge clock"
        title="The suite moves the subject's clock: every time is judged to the millisecond.">virtual clock</span>
    `;
  }
  return markup`
    <span class="badge clock real"
      title="Time passes by itself: early is a failure, late only a warning. A weaker proof than a virtual clock.">real clock: weaker proof</span>
  `;
}

/** The profiles that are declared, then those that are not. */
function profileBadges({ subject }: Report): Markup {
  const declared: readonly string[] = subject.profiles;
  const whole = PROFILES.filter((name) => !name.includes(".") && !declared.includes(name));
  return markup`${declared.map((name) => markup`<span class="badge">${name}</span>`)}${
    whole.map((name) =>
      markup`<span class="badge off" title="not declared">${name}<span class="sr"> is not declared</span></span>`
    )
  }`;
}

const BELL = markup`
  <svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
    <path d="M16 6v-2m-3 0h6" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" />
    <path d="M5 22a11 11 0 0 1 22 0z" fill="currentColor" />
    <rect x="2.5" y="24" width="27" height="4" rx="2" fill="currentColor" />
  </svg>
`;
