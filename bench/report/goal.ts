import { chosenText, scaleOf } from "./amount.ts";
import type { Goal, Measure } from "./result.ts";

/** What became of a goal; `unmeasured`: there is no number to judge. */
export type GoalState = "met" | "missed" | "unmeasured";

/** Whether a measure reaches its goal; `undefined` where it has none. The median is judged, as it was measured. */
export function goalState({ goal, value, ratio }: Measure): GoalState | undefined {
  if (goal === undefined) return undefined;
  const judged = goal.of === "ratio" ? ratio : value;
  if (judged === undefined || Number.isNaN(judged.median)) return "unmeasured";
  return REACHES[goal.op](judged.median, goal.limit) ? "met" : "missed";
}

/** `≤ 1.05×`, or with the unit of the value. */
export function goalText({ goal, unit }: Measure): string {
  if (goal === undefined) return "";
  const { per, sign } = goal.of === "ratio" ? { per: 1, sign: "" } : scaleOf(goal.limit, unit);
  return `${SIGNS[goal.op]} ${chosenText(goal.limit / per)}${goal.of === "ratio" ? "×" : sign && ` ${sign}`}`;
}

const REACHES: Readonly<Record<Goal["op"], (value: number, limit: number) => boolean>> = {
  "<=": (value, limit) => value <= limit,
  "<": (value, limit) => value < limit,
  ">=": (value, limit) => value >= limit,
  ">": (value, limit) => value > limit,
};

const SIGNS: Readonly<Record<Goal["op"], string>> = { "<=": "≤", "<": "<", ">=": "≥", ">": ">" };
