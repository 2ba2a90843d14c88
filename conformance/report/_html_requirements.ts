/**
 * The requirements of the page: the matrix of cells, and every requirement as text, to which the cells point.
 *
 * @module
 */
import type { CheckResult } from "../run.ts";
import type { Cause } from "./_html_failures.ts";
import { code, cutText, grouped, type Markup, markup } from "./_html_markup.ts";
import {
  countVerdicts,
  REQUIREMENT_VERDICTS,
  type RequirementResult,
  type RequirementVerdict,
} from "./requirement_results.ts";

/** Most checks that are listed of one requirement. */
const MAX_CHECKS = 60;

/** The verdicts in words. */
export const WORDS: Readonly<Record<RequirementVerdict, string>> = {
  fail: "broken",
  warn: "warning",
  pass: "passed",
  "not-tested": "not tested",
  "not-applicable": "not applicable",
};

/** The cells by chapter and section. */
export function matrix(results: readonly RequirementResult[]): Markup {
  return markup`
    <section id="matrix" aria-labelledby="matrix-title">
      <h2 id="matrix-title">Requirements <small>one cell each</small></h2>
      <p
        class="legend">${
    REQUIREMENT_VERDICTS.map((name) => markup`<span><span class="key ${name}"></span>${WORDS[name]}</span>`)
  }<span class="shapes"><span class="key shape"></span>MUST</span><span><span class="key shape round"></span>SHOULD, MAY</span></p>
      <div class="chapters">${
    parted(results, "chapter").map(([chapter, ofChapter]) => {
      const counts = countVerdicts(ofChapter);
      const judged = counts.pass + counts.fail + counts.warn;
      return markup`
          <section class="chapter"
            aria-label="Chapter ${chapter}"><h3>${chapter}<small>${counts.pass} of ${judged} tested hold</small></h3>${
        parted(ofChapter, "section").map(([section, ofSection]) =>
          markup`
                  <div class="section">
                    <h4>${section}</h4>
                    <ul>${ofSection.map(cell)}</ul>
                  </div>
                `
        )
      }</section>
        `;
    })
  }</div>
    </section>
  `;
}

/** Every requirement with its sentence and its checks. */
export function catalogue(results: readonly RequirementResult[], causes: readonly Cause[]): Markup {
  const failureOf = new Map<string, number>();
  causes.forEach(({ results: [{ failure, requirements }] }, index) => {
    for (const id of failure?.requirement === undefined ? requirements : [failure.requirement]) {
      if (!failureOf.has(id)) failureOf.set(id, index + 1);
    }
  });
  return markup`<section id="catalogue" aria-labelledby="catalogue-title">
<h2 id="catalogue-title">Every requirement <small>with its sentence and its checks</small></h2>
${
    parted(results, "chapter").map(([chapter, ofChapter]) =>
      markup`<details class="of-chapter"><summary>${chapter} <small>${ofChapter.length}</small></summary>${
        ofChapter.map((one) => requirementArticle(one, failureOf.get(one.requirement.id)))
      }</details>`
    )
  }
</section>`;
}

function cell({ requirement: { id, level, sentence }, verdict }: RequirementResult): Markup {
  return markup`<li><a class="cell ${verdict}${
    level === "MUST" ? "" : " round"
  }" id="cell-${id}" href="#${id}" title="${`${id}, ${level}: ${
    WORDS[verdict]
  }\n${sentence}`}"><span class="sr">${id} ${WORDS[verdict]}</span></a></li>`;
}

function requirementArticle({ requirement, verdict, checks, others }: RequirementResult, failure?: number): Markup {
  const { id, level, role, profile, timing, chapter, section, sentence } = requirement;
  // What failed is what is looked for.
  const failedFirst = [...checks].sort((a, b) => Number(b.failure !== undefined) - Number(a.failure !== undefined));
  const listed = failedFirst.slice(0, MAX_CHECKS);
  return markup`
    <article class="requirement" id="${id}" tabindex="-1" data-verdict="${verdict}" data-chapter="${chapter}"
      data-profile="${profile}" data-level="${level}">
    <h3>${id} <span class="state ${verdict}"><span class="key ${verdict}"></span>${WORDS[verdict]}</span></h3>
    <p class="where">${
    [level, profile, role, timing === "none" ? "" : `${timing} time`].filter(Boolean).join(
      " · ",
    )
  } <span>${chapter}, ${section}</span></p>
    <p class="sentence">${code(sentence)}</p>
    ${failure !== undefined && markup`<p class="to-failure"><a href="#failure-${failure}">See the failure</a></p>`}
    ${
    listed.length > 0 &&
    markup`<ul class="checks">${
      listed.map(({ check, title, verdict, reason }) =>
        markup`<li><span class="key ${
          keyOf(verdict)
        }"></span><span><span class="sr">${verdict}: </span><code>${check}</code> ${title}${
          reason !== undefined && markup`
              <em>${cutText(reason, 200)}</em>
            `
        }</span></li>`
      )
    }</ul>`
  }
    ${
    checks.length > listed.length &&
    markup`<p class="more">and ${grouped(checks.length - listed.length)} more checks about it</p>`
  }
    ${
    others > 0 &&
    markup`<p class="more">judged in passing by ${grouped(others)} ${checks.length > 0 ? "more " : ""}${
      others === 1 ? "check" : "checks"
    }</p>`
  }
    ${checks.length === 0 && others === 0 && markup`<p class="more">no check has judged it</p>`}
    </article>
  `;
}

function keyOf(verdict: CheckResult["verdict"]): string {
  return verdict === "not-testable" ? "fail" : verdict;
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
