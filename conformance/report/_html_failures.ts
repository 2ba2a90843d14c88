/**
 * The failures of the page: each cause with its sentence, message, replay, diagram and wire log.
 *
 * @module
 */
import type { JsonObject } from "../control.ts";
import type { CheckResult, FailureReport } from "../run.ts";
import type { LogLine } from "../session.ts";
import { code, count, cutText, grouped, type Markup, markup } from "./_html_markup.ts";
import { sequenceSvg } from "./_html_sequence.ts";
import { durationText, lastStart, sequenceOf } from "./sequence.ts";

/** Most failures that are shown with log and diagram; of the others only the message and the replay. */
const MAX_SHOWN = 40;
/** Most causes that are told apart of one requirement. */
const MAX_CAUSES = 3;
/** Failures whose diagram is unfolded. */
const MAX_OPEN = 8;
/** Most lines of a log that are shown: the first quarter and the last three. */
const MAX_LINES = 150;
/** Most characters of a failure's message and of a counterexample. */
const MAX_TEXT = 4_000;
/** Most characters of one message of a log. */
const MAX_LINE = 2_000;
/** Most checks of one cause that are listed with their replay; of the others only the names. */
const MAX_CHECKS = 60;

/** Failures of one cause: the same requirement, the same message. */
export interface Cause {
  readonly results: CheckResult[];
}

/** The causes, the gravest first. */
export function causesOf(results: readonly CheckResult[]): readonly Cause[] {
  const causes = new Map<string, Cause>();
  const ofRequirement = new Map<string, Cause[]>();
  for (const result of results) {
    const { failure } = result;
    if (failure === undefined) continue;
    const broken = JSON.stringify([result.verdict, failure.requirement ?? "", result.known?.reason]);
    const same = ofRequirement.get(broken) ?? [];
    ofRequirement.set(broken, same);
    // What differs from check to check, ids and the like, does not make another cause.
    const key = broken + failure.message.replaceAll(/\d+/g, "#");
    const cause = causes.get(key) ?? (same.length < MAX_CAUSES ? { results: [] } : same[MAX_CAUSES - 1]);
    if (!same.includes(cause)) same.push(cause);
    causes.set(key, cause);
    cause.results.push(result);
  }
  const rank = ({ results: [{ verdict, known }] }: Cause) =>
    (known === undefined ? 0 : 3) + ["fail", "not-testable", "warn"].indexOf(verdict);
  return [...new Set(causes.values())].sort((a, b) => rank(a) - rank(b));
}

/** See the module. */
export function failures(causes: readonly Cause[]): Markup {
  if (causes.length === 0) return markup`<section id="failures"><h2>No failures</h2></section>`;
  const checks = causes.reduce((sum, { results }) => sum + results.length, 0);
  return markup`<section id="failures" aria-labelledby="failures-title">
<h2 id="failures-title">Failures <small>${count(checks, "check")}, ${count(causes.length, "cause")}</small></h2>
${causes.map((cause, index) => causeArticle(cause, index))}
</section>`;
}

function causeArticle({ results }: Cause, index: number): Markup {
  const [first, ...others] = results;
  const failure = first.failure as FailureReport;
  const { requirement, sentence, message, counterexample } = failure;
  const { known } = first;
  const verdict = first.verdict === "warn" || known !== undefined ? "warn" : "fail";
  const name = requirement ?? "Not testable";
  const word = known !== undefined
    ? "known"
    : first.verdict === "warn"
    ? "warning"
    : first.verdict === "fail"
    ? "broken"
    : "counts as broken";
  const shown = index < MAX_SHOWN && failure.log.length > 0;
  const id = index + 1;
  return markup`<article class="failure ${verdict}" id="failure-${id}" tabindex="-1" aria-labelledby="failure-title-${id}" data-requirement="${
    requirement ?? ""
  }" data-about="${first.requirements.join(" ")}">
<div class="case">
<div class="told">
<h3 id="failure-title-${id}"><span class="key ${verdict}"></span>${
    requirement === undefined ? name : markup`<a href="#${requirement}">${name}</a>`
  } <small>${word}</small></h3>
${sentence !== undefined && markup`<blockquote>${code(sentence)}</blockquote>`}
<p class="check"><code>${first.check}</code> ${first.title}</p>
<pre class="said" tabindex="0" aria-label="Message">${cutText(message, MAX_TEXT)}</pre>
${
    known !== undefined &&
    markup`<p class="known">Put up with until ${known.expires}: ${known.reason} (<code>${known.link}</code>)</p>`
  }
${
    counterexample !== undefined &&
    markup`<h4>Smallest input that breaks it</h4><pre class="input" tabindex="0" aria-label="Counterexample">${
      cutText(counterexample, MAX_TEXT)
    }</pre>`
  }
</div>
${shown && diagram(failure, name, index < MAX_OPEN)}
</div>
<h4>Replay</h4>
${replayLine(failure)}
${shown && wireLog(failure.log)}
${others.length > 0 && sameIn(others, message)}
</article>
`;
}

function diagram({ log, message }: FailureReport, name: string, open: boolean): Markup {
  const svg = sequenceSvg(sequenceOf(log), `${name}: ${message.split("\n")[0]}`);
  return markup`<details class="diagram"${
    open && markup` open`
  }><summary>Sequence diagram</summary><div class="scroll" tabindex="0" role="region" aria-label="Sequence diagram of ${name}">${svg}</div></details>`;
}

/** Other checks that failed for the same requirement. */
function sameIn(results: readonly CheckResult[], message: string): Markup {
  const rows = results.slice(0, MAX_CHECKS).map(({ check, title, failure }) => {
    const said = (failure as FailureReport).message;
    return markup`<li><p><code>${check}</code> ${title}</p>${
      said !== message && markup`<pre class="said">${cutText(said, 300)}</pre>`
    }${replayLine(failure as FailureReport)}</li>`;
  });
  const rest = results.slice(MAX_CHECKS).map(({ check }) => markup` <code>${check}</code>`);
  return markup`<details class="others"><summary>${grouped(results.length)} more ${
    results.length === 1 ? "check fails" : "checks fail"
  } for it</summary><ul>${rows}</ul>${rest.length > 0 && markup`<p class="more">and${rest}</p>`}</details>`;
}

function replayLine({ replay }: FailureReport): Markup {
  return markup`<p class="replay"><code>${replay}</code><button type="button" class="copy" data-copy="${replay}">Copy<span class="sr"> the command that replays it</span></button></p>`;
}

function wireLog(log: readonly LogLine[]): Markup {
  const begin = lastStart(log);
  const lines = log.slice(begin);
  const head = Math.floor(MAX_LINES / 4);
  const skipped = Math.max(0, lines.length - MAX_LINES);
  let nowMs: number | undefined;
  let startMs = 0;
  const rows = lines.map((line, index) => {
    const said = line.message?.nowMs;
    if (typeof said === "number") {
      if (nowMs === undefined) startMs = said;
      nowMs = said;
    }
    if (skipped > 0 && index >= head && index < head + skipped) {
      return index === head && markup`<li class="skipped">${grouped(skipped)} lines left out</li>`;
    }
    return logRow(line, nowMs, startMs);
  });
  const before = begin > 0 ? `, after ${grouped(begin)} of earlier starts` : "";
  return markup`
    <details class="wire">
      <summary>Wire log <small>${grouped(lines.length)} lines${before}</small></summary>
      <ol>${rows}</ol>
    </details>
  `;
}

function logRow({ from, message }: LogLine, nowMs: number | undefined, startMs: number): Markup {
  const time = nowMs === undefined ? "" : `+${durationText(nowMs - startMs)}`;
  const when = nowMs !== undefined && Math.abs(nowMs) < 8.64e15 ? new Date(nowMs).toISOString() : "";
  const [arrow, spoken] = from === "suite" ? ["→", "to the subject"] : ["←", "from the subject"];
  // A broken subject may answer with anything.
  const said = lineOf(message);
  const word = from === "suite" ? String(message?.do) : wordOf(message ?? {});
  return markup`<li class="${from}${
    word === "refused" ? " refused" : ""
  }"><span class="when" title="${when}">${time}</span><span class="way"><span aria-hidden="true">${arrow}</span><span class="sr">${spoken}</span> ${word}</span><code>${
    cutText(said, MAX_LINE)
  }</code></li>`;
}

/** JSON, each event on a line of its own. */
function lineOf(message: JsonObject): string {
  const { events, ...rest } = message ?? {};
  if (!Array.isArray(events) || events.length === 0) return JSON.stringify(message) ?? "";
  const lines = events.map((event) => `  ${JSON.stringify(event)}`).join(",\n");
  return JSON.stringify({ ...rest, events: [] }).replace(/\[\]\}$/, () => `[\n${lines}\n]}`);
}

function wordOf(message: JsonObject): string {
  return ["ok", "refused", "pending", "unsupported"].find((name) => message[name] !== undefined) ?? "?";
}
