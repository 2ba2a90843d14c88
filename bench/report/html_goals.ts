import { html } from "hono/html";
import { amountText, ratioText } from "./amount.ts";
import { type GoalState, goalState, goalText } from "./goal.ts";
import type { Html } from "./html_piece.ts";
import type { PageData } from "./html_data.ts";
import type { Measure } from "./result.ts";

const STATES = ["missed", "unmeasured", "met"] as const;
const WORDS: Readonly<Record<GoalState, string>> = { met: "met", missed: "missed", unmeasured: "not measured" };

/** What the goals come to, for the head of the page. */
export function goalsVerdict(
  data: PageData,
): { verdict: "pass" | "fail" | "warn" | "none"; title: string; detail: string } {
  const states = goalsOf(data).map(({ state }) => state);
  const count = (wanted: GoalState) => states.filter((state) => state === wanted).length;
  const [met, missed, open] = [count("met"), count("missed"), count("unmeasured")];
  const goals = states.length === 1 ? "goal" : "goals";
  const plots = data.plots.length + data.groups.length;
  if (states.length === 0) return { verdict: "none", title: "Measured", detail: `${plots} plots, no goal` };
  const detail = [`${met} met`, `${missed} missed`, ...(open > 0 ? [`${open} not measured`] : [])].join(", ");
  if (missed > 0) return { verdict: "fail", title: `${missed} of ${states.length} ${goals} missed`, detail };
  if (open > 0) return { verdict: "warn", title: `${met} of ${states.length} ${goals} met`, detail };
  return { verdict: "pass", title: met === 1 ? "The goal is met" : `All ${met} goals met`, detail };
}

/** Each goal with how far it is off, the missed first. */
export function goals(data: PageData): Html | "" {
  const all = goalsOf(data);
  if (all.length === 0) return "";
  const sorted = STATES.flatMap((wanted) => all.filter(({ state }) => state === wanted));
  return html`
    <section aria-labelledby="goals">
      <h2 id="goals">Goals</h2>
      <ul class="goals">${sorted.map(({ measure, state, section, key, title }) => {
        const { subject, id } = measure;
        return html`<li class="goal ${state}" data-subject="${subject}" data-section="${section}" data-words="${`${title} ${id}`}">
<span class="key ${state}"></span><p><a href="#${key}">${title}</a><small>${subject}</small></p>
<p class="reached"><b>${WORDS[state]}</b> ${reached(measure)}<small>goal ${goalText(measure)}</small></p>${
          track(measure)
        }</li>`;
      })}</ul>
    </section>
  `;
}

function goalsOf({ groups }: PageData) {
  return groups.flatMap(({ measures, title, key, section }) =>
    measures.flatMap((measure) => {
      const state = goalState(measure);
      return state === undefined ? [] : [{ measure, state, title, key, section }];
    })
  );
}

function reached({ goal, value, ratio, unit }: Measure): string {
  if (goal?.of === "ratio") return ratio === undefined ? "" : ratioText(ratio);
  return value === undefined ? "" : amountText(value.median, unit);
}

/** Where the number stands beside its goal, the middle; each half is a factor of four, and right is better. */
function track({ goal, value, ratio }: Measure): Html | "" {
  const judged = goal?.of === "ratio" ? ratio : value;
  if (goal === undefined || judged === undefined || !(judged.median > 0 && goal.limit > 0)) return "";
  const better = Math.log(goal.limit / judged.median) / Math.log(4) * (goal.op.startsWith("<") ? 1 : -1);
  const place = 50 + 48 * Math.max(-1, Math.min(1, better));
  return html`
    <span class="track"
      aria-hidden="true"><i style="left:${Math.min(50, place).toFixed(1)}%;width:${Math.abs(place - 50).toFixed(
        1,
      )}%"></i><b style="left:${place.toFixed(1)}%"></b></span>
  `;
}
