/**
 * The report as one HTML page that needs nothing beside itself: no network, no other file, and for reading no script.
 *
 * @module
 */
import type { JsonObject } from "../control.ts";
import type { Requirement } from "../requirement.ts";
import type { CheckResult, FailureReport, Report } from "../run.ts";
import type { LogLine } from "../session.ts";
import { cutText, html, Markup } from "./_html_markup.ts";
import { PAGE_SCRIPT, PAGE_SCRIPT_HASH } from "./_html_script.ts";
import { sequenceSvg } from "./_html_sequence.ts";
import { PAGE_STYLE } from "./_html_style.ts";
import {
  countVerdicts,
  REQUIREMENT_VERDICTS,
  type RequirementResult,
  requirementResults,
  type RequirementVerdict,
} from "./requirement_results.ts";
import { durationText, lastStart, sequenceOf } from "./sequence.ts";

/** Most failures that are shown with log and diagram; of the others only the message and the replay. */
const MAX_SHOWN = 60;
/** Most lines of a log that are shown: the first quarter and the last three. */
const MAX_LINES = 200;
/** Most characters of one message of a log, of a failure's message and of a counterexample. */
const MAX_TEXT = 4_000;
/** Most checks that are listed of one requirement. */
const MAX_CHECKS = 60;

const WORDS: Readonly<Record<RequirementVerdict, string>> = {
  fail: "broken",
  warn: "warning",
  pass: "passed",
  "not-tested": "not tested",
  "not-applicable": "not applicable",
};

/** Failures of one cause: the same requirement, the same message. */
interface Cause {
  readonly key: string;
  readonly results: CheckResult[];
}

/**
 * The page. The same report gives the same text.
 *
 * Everything that the subject has said is escaped, and a policy in the page forbids all scripts but its own and all
 * that would be loaded.
 *
 * @param requirements the catalogue, in the order in which it is to be shown
 */
export function htmlReport(report: Report, requirements: readonly Requirement[]): string {
  const results = requirementResults(report, requirements);
  const causes = causesOf(report.results);
  const { subject } = report;
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src '${PAGE_SCRIPT_HASH}'; img-src data:`;
  return html`
    <!DOCTYPE html>
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
    ${failures(causes, report)}
    ${catalogue(results, causes)}
    </main>
    <footer>Made by <code>bellhop conform</code> at <time datetime="${report.startedAt}">${report
      .startedAt}</time>. Every check names the sentence of the specification that it judges; what no check has judged is not tested.</footer>
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
    ["Began", html`<time datetime="${report.startedAt}">${report.startedAt.replace("T", " ").slice(0, 16)} UTC</time>`],
  ];
  return html`<header class="${verdict}">
<p class="brand">${BELL}<span>Bellhop conformance report</span></p>
<div class="title">
<div>
<h1>${subject.name} <small>${subject.version}</small></h1>
<p class="badges">${clockBadge(subject.clock)}${
    results.length > 0 && profiles(results).map(({ name, declared }) =>
      html`<span class="badge${declared(report) ? "" : " off"}">${name}${
        declared(report) ? "" : html`<span class="sr"> is not declared</span>`
      }</span>`
    )
  }</p>
</div>
<p class="verdict"><strong>${title}</strong><span>${detail}</span></p>
</div>
<div class="bar" aria-hidden="true">${
    REQUIREMENT_VERDICTS.map((name) =>
      counts[name] > 0 && html`<i class="${name}" style="flex-grow:${counts[name]}"></i>`
    )
  }</div>
<ul class="tiles">${
    REQUIREMENT_VERDICTS.map((name) =>
      html`<li><a class="tile" href="#verdict=${name}"><span class="key ${name}"></span><b>${
        grouped(counts[name])
      }</b> ${WORDS[name]}</a></li>`
    )
  }</ul>
<dl class="facts">${
    facts.map(([name, value]) =>
      html`
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
  return html`
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
          <tbody>${names.map((kind) =>
            html`<tr><th scope="row">${kind}</th><td>${of(kind)}</td>${
              ["pass", "fail", "warn", "not-testable", "not-applicable"].map((verdict) =>
                html`<td>${of(kind, verdict)}</td>`
              )
            }</tr>`
          )}</tbody>
        </table>
      </div>
    </details>
  `;
}

function filter(results: readonly RequirementResult[]): Markup {
  const values = (of: (one: Requirement) => string) => [...new Set(results.map(({ requirement }) => of(requirement)))];
  const choice = (name: string, options: readonly (readonly [string, string])[]) =>
    html`<label><span>${name}</span><select name="${name.toLowerCase()}"><option value="">all</option>${
      options.map(([value, text]) => html`<option value="${value}">${text}</option>`)
    }</select></label>`;
  const same = (list: readonly string[]) => list.map((value) => [value, value] as const);
  return html`<form id="filter" role="search" aria-label="Filter the requirements">
<label class="text"><span>Search</span><input type="search" name="text" placeholder="RET-017, backoff, check …" autocomplete="off" spellcheck="false"></label>
${choice("Chapter", same(values(({ chapter }) => chapter)))}
${choice("Profile", same(values(({ profile }) => profile)))}
${choice("Level", same(values(({ level }) => level)))}
${choice("Verdict", REQUIREMENT_VERDICTS.map((name) => [name, WORDS[name]] as const))}
<button type="reset">Clear</button>
<output aria-live="polite"></output>
</form>`;
}

function matrix(results: readonly RequirementResult[]): Markup {
  return html`
    <section id="matrix" aria-labelledby="matrix-title">
      <h2 id="matrix-title">Requirements <small>one cell each</small></h2>
      <p
        class="legend">${REQUIREMENT_VERDICTS.map((name) =>
          html`<span><span class="key ${name}"></span>${WORDS[name]}</span>`
        )}<span class="shapes"><span class="key shape"></span>MUST</span><span><span class="key shape round"></span>SHOULD, MAY</span></p>
      <div class="chapters">${parted(results, "chapter").map(([chapter, ofChapter]) => {
        const counts = countVerdicts(ofChapter);
        const judged = counts.pass + counts.fail + counts.warn;
        return html`
          <section class="chapter"
            aria-label="Chapter ${chapter}"><h3>${chapter}<small>${counts
              .pass} of ${judged} tested hold</small></h3>${parted(ofChapter, "section").map(([section, ofSection]) =>
                html`
                  <div class="section">
                    <h4>${section}</h4>
                    <ul>${ofSection.map(cell)}</ul>
                  </div>
                `
              )}</section>
        `;
      })}</div>
    </section>
  `;
}

function cell({ requirement: { id, level, sentence }, verdict }: RequirementResult): Markup {
  return html`<li><a class="cell ${verdict}${
    level === "MUST" ? "" : " round"
  }" id="cell-${id}" href="#${id}" title="${`${id}, ${level}: ${
    WORDS[verdict]
  }\n${sentence}`}"><span class="sr">${id} ${WORDS[verdict]}</span></a></li>`;
}

function failures(causes: readonly Cause[], { results }: Report): Markup {
  if (causes.length === 0) {
    return html`
      <section id="failures" class="none">
        <h2>No failures</h2>
      </section>
    `;
  }
  const count = results.filter(({ failure }) => failure !== undefined).length;
  return html`<section id="failures" aria-labelledby="failures-title">
<h2 id="failures-title">Failures <small>${count} ${count === 1 ? "check" : "checks"}, ${causes.length} ${
    causes.length === 1 ? "cause" : "causes"
  }</small></h2>
${causes.map((cause, index) => causeArticle(cause, index))}
</section>`;
}

function causeArticle({ results }: Cause, index: number): Markup {
  const [first, ...others] = results;
  const failure = first.failure as FailureReport;
  const { requirement, sentence, message, counterexample } = failure;
  const verdict = first.verdict === "warn" ? "warn" : "fail";
  const name = requirement ?? "Not testable";
  const shown = index < MAX_SHOWN && failure.log.length > 0;
  return html`
    <article class="failure ${verdict}" id="failure-${index + 1}" tabindex="-1" aria-labelledby="failure-title-${index +
      1}"
      data-requirement="${requirement ?? ""}" data-about="${first.requirements.join(" ")}">
    <h3 id="failure-title-${index + 1}"><span class="key ${verdict}"></span>${requirement === undefined
      ? name
      : html`<a href="#${requirement}">${name}</a>`} <small>${first.verdict === "warn"
      ? "warning"
      : first.verdict === "fail"
      ? "broken"
      : "counts as broken"}</small></h3>
    ${sentence !== undefined && html`<blockquote>${code(sentence)}</blockquote>`}
    <p class="check"><code>${first.check}</code> ${first.title}</p>
    <pre class="said" tabindex="0" aria-label="Message">${cutText(message, MAX_TEXT)}</pre>
    ${counterexample !== undefined &&
      html`
        <h4>Smallest input that breaks it</h4>
        <pre class="input" tabindex="0" aria-label="Counterexample">${cutText(counterexample, MAX_TEXT)}</pre>
      `}
    ${replayLine(failure)}
    ${shown &&
      html`
        <details class="diagram" ${index < 5 && html`
          open
        `}>
          <summary>Sequence diagram</summary>
          <div class="scroll" tabindex="0" role="region" aria-label="Sequence diagram of ${name}">${sequenceSvg(
            sequenceOf(failure.log),
            `${name}: ${message.split("\n")[0]}`,
          )}</div>
        </details>
        ${wireLog(failure.log)}
      `}
    ${others.length > 0 &&
      html`
        <details class="others">
          <summary>The same in ${others.length} more ${others.length === 1 ? "check" : "checks"}</summary>
          <ul>${others.map((other) =>
            html`<li><p><code>${other.check}</code> ${other.title}</p>${
              replayLine(other.failure as FailureReport)
            }</li>`
          )}</ul>
        </details>
      `}
    </article>
  `;
}

function replayLine({ replay }: FailureReport): Markup {
  return html`
    <p
      class="replay"><code>${replay}</code><button type="button" class="copy" data-copy="${replay}">Copy<span class="sr"> the command that replays it</span></button></p>
  `;
}

function wireLog(log: readonly LogLine[]): Markup {
  const begin = lastStart(log);
  const lines = log.slice(begin);
  const head = Math.floor(MAX_LINES / 4);
  const skipped = Math.max(0, lines.length - MAX_LINES);
  let nowMs: number | undefined;
  let startMs = 0;
  const rows = lines.map((line, index) => {
    const { do: doing, nowMs: said } = line.message;
    if (line.from === "suite" && doing === "start" && typeof said === "number") {
      if (nowMs === undefined) startMs = said;
      nowMs = said;
    } else if (line.from === "subject" && typeof said === "number") {
      if (nowMs === undefined) startMs = said;
      nowMs = said;
    }
    if (skipped > 0 && index >= head && index < head + skipped) {
      return index === head && html`<li class="skipped">${grouped(skipped)} lines left out</li>`;
    }
    return logRow(line, nowMs, startMs);
  });
  const before = begin > 0 ? `, after ${grouped(begin)} of earlier starts` : "";
  return html`
    <details class="wire">
      <summary>Wire log <small>${grouped(lines.length)} lines${before}</small></summary>
      <ol>${rows}</ol>
    </details>
  `;
}

function logRow({ from, message }: LogLine, nowMs: number | undefined, startMs: number): Markup {
  const time = nowMs === undefined ? "" : `+${durationText(nowMs - startMs)}`;
  const when = nowMs !== undefined && Math.abs(nowMs) < 8.64e15 ? new Date(nowMs).toISOString() : "";
  const word = from === "suite" ? String(message.do ?? "") : wordOf(message);
  const arrow = from === "suite" ? "→" : "←";
  const spoken = from === "suite" ? "to the subject" : "from the subject";
  return html`
    <li
      class="${from}${message.refused === undefined
        ? ""
        : " refused"}"><span class="when" title="${when}">${time}</span><span class="way"><span aria-hidden="true">${arrow}</span><span class="sr">${spoken}</span> ${word}</span><code>${cutText(
          JSON.stringify(message),
          MAX_TEXT,
        )}</code></li>
  `;
}

function wordOf(message: JsonObject): string {
  return ["ok", "refused", "pending", "unsupported"].find((name) => message[name] !== undefined) ?? "?";
}

/** Every requirement as text: what the cells and the panel point to. */
function catalogue(results: readonly RequirementResult[], causes: readonly Cause[]): Markup {
  const failureOf = new Map<string, number>();
  causes.forEach(({ results: [{ failure, requirements }] }, index) => {
    for (const id of failure?.requirement === undefined ? requirements : [failure.requirement]) {
      if (!failureOf.has(id)) failureOf.set(id, index + 1);
    }
  });
  return html`<section id="catalogue" aria-labelledby="catalogue-title">
<h2 id="catalogue-title">Every requirement <small>with its sentence and its checks</small></h2>
${
    parted(results, "chapter").map(([chapter, ofChapter]) =>
      html`<details class="of-chapter"><summary>${chapter} <small>${ofChapter.length}</small></summary>${
        ofChapter.map((one) => requirementArticle(one, failureOf.get(one.requirement.id)))
      }</details>`
    )
  }
</section>`;
}

function requirementArticle({ requirement, verdict, checks, others }: RequirementResult, failure?: number): Markup {
  const { id, level, role, profile, timing, chapter, section, sentence } = requirement;
  const listed = checks.slice(0, MAX_CHECKS);
  return html`
    <article class="requirement" id="${id}" tabindex="-1" data-verdict="${verdict}" data-chapter="${chapter}"
      data-profile="${profile}" data-level="${level}">
    <h3>${id} <span class="state ${verdict}"><span class="key ${verdict}"></span>${WORDS[verdict]}</span></h3>
    <p class="where">${[level, profile, role, timing === "none" ? "" : `${timing} time`].filter(Boolean).join(
      " · ",
    )} <span>${chapter}, ${section}</span></p>
    <p class="sentence">${code(sentence)}</p>
    ${failure !== undefined && html`<p class="to-failure"><a href="#failure-${failure}">See the failure</a></p>`}
    ${listed.length > 0 &&
      html`<ul class="checks">${
        listed.map(({ check, title, verdict, reason }) =>
          html`<li><span class="key ${
            keyOf(verdict)
          }"></span><span><span class="sr">${verdict}: </span><code>${check}</code> ${title}${
            reason !== undefined && html`
              <em>${cutText(reason, 200)}</em>
            `
          }</span></li>`
        )
      }</ul>`}
    ${checks.length > listed.length &&
      html`<p class="more">and ${grouped(checks.length - listed.length)} more checks about it</p>`}
    ${others > 0 &&
      html`<p class="more">judged in passing by ${grouped(others)} ${checks.length > 0 ? "more " : ""}${
        others === 1 ? "check" : "checks"
      }</p>`}
    ${checks.length === 0 && others === 0 && html`<p class="more">no check has judged it</p>`}
    </article>
  `;
}

function keyOf(verdict: CheckResult["verdict"]): string {
  return verdict === "not-testable" ? "fail" : verdict;
}

function verdictOf({ results: checks }: Report, results: readonly RequirementResult[]): {
  readonly verdict: "fail" | "warn" | "pass" | "not-tested";
  readonly title: string;
  readonly detail: string;
} {
  const { fail, warn, pass } = countVerdicts(results);
  const mute = checks.filter(({ verdict }) => verdict === "not-testable").length;
  // A failure of a requirement that the catalogue does not know fails as well.
  if (fail > 0 || mute > 0 || checks.some(({ verdict }) => verdict === "fail")) {
    return { verdict: "fail", title: "Does not conform", detail: `${count(fail, "requirement")} broken` };
  }
  const detail = `${count(pass, "requirement")} tested and kept`;
  if (pass === 0) return { verdict: "not-tested", title: "Nothing was tested", detail: "no check applied" };
  if (warn > 0) return { verdict: "warn", title: "Conforms", detail: `${detail}, ${count(warn, "warning")}` };
  return { verdict: "pass", title: "Conforms", detail };
}

function clockBadge(clock: unknown): Markup {
  if (clock === "virtual") {
    return html`
      <span class="badge clock"
        title="The suite moves the subject's clock: every time is judged to the millisecond.">virtual clock</span>
    `;
  }
  return html`
    <span class="badge clock real"
      title="Time passes by itself: early is a failure, late only a warning. A weaker proof than a virtual clock.">real clock: weaker proof</span>
  `;
}

function profiles(results: readonly RequirementResult[]): { name: string; declared(report: Report): boolean }[] {
  return [...new Set(results.map(({ requirement }) => requirement.profile))].map((name) => ({
    name,
    declared: ({ subject }) => (subject.profiles as readonly string[]).includes(name),
  }));
}

function causesOf(results: readonly CheckResult[]): readonly Cause[] {
  const causes = new Map<string, Cause>();
  for (const result of results) {
    const { failure } = result;
    if (failure === undefined) continue;
    // What differs from check to check, ids and the like, does not make another cause.
    const key = JSON.stringify([result.verdict, failure.requirement ?? "", failure.message.replaceAll(/\d+/g, "#")]);
    const cause = causes.get(key);
    if (cause === undefined) causes.set(key, { key, results: [result] });
    else cause.results.push(result);
  }
  const rank = ({ results: [{ verdict }] }: Cause) => ["fail", "not-testable", "warn"].indexOf(verdict);
  return [...causes.values()].sort((a, b) => rank(a) - rank(b));
}

function parted(
  results: readonly RequirementResult[],
  by: "chapter" | "section",
): [string, RequirementResult[]][] {
  const parts = new Map<string, RequirementResult[]>();
  for (const result of results) {
    const name = result.requirement[by];
    parts.set(name, [...parts.get(name) ?? [], result]);
  }
  return [...parts];
}

/** A sentence of the specification, its code set as code. */
function code(sentence: string): Markup {
  return html`${sentence.split("`").map((part, index) => index % 2 === 1 ? html`<code>${part}</code>` : part)}`;
}

function count(number: number, noun: string): string {
  return `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

const BELL = html`
  <svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true">
    <path d="M16 6v-2m-3 0h6" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" />
    <path d="M5 22a11 11 0 0 1 22 0z" fill="currentColor" />
    <rect x="2.5" y="24" width="27" height="4" rx="2" fill="currentColor" />
  </svg>
`;
