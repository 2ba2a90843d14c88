/**
 * One failure in words: what is broken, by what it was found, and how to see it again.
 *
 * @module
 */
import type { CheckResult } from "../run.ts";
import { sequenceOf } from "./sequence.ts";
import { sequenceText } from "./sequence_text.ts";

/** How a text may be set off. */
export type TextStyle = "bold" | "dim" | "red" | "green" | "yellow";

/** Sets a text off, or leaves it as it is. */
export type PaintText = (style: TextStyle, text: string) => string;

/** Leaves every text as it is. */
export function unpainted(_style: TextStyle, text: string): string {
  return text;
}

/** Most characters of a message and of a counterexample. */
const MAX_TEXT = 2_000;
/** Most steps of the diagram. */
const MAX_STEPS = 40;

/** Everything that helps to understand a failure, as lines; nothing for a result without one. */
export function failureText(result: CheckResult, paint: PaintText = unpainted): string[] {
  const { check, title, verdict, failure, known } = result;
  if (failure === undefined) return [];
  const { requirement, sentence, message, counterexample, replay, log } = failure;
  const diagram = sequenceText(sequenceOf(log, MAX_STEPS));
  const style = verdict === "warn" || known !== undefined ? "yellow" : "red";
  const word = known !== undefined ? "known" : verdict === "warn" ? "warning" : verdict;
  return [
    `${paint(style, word)} ${paint("bold", check)}: ${title}`,
    ...(requirement === undefined ? [] : [`  ${paint("bold", requirement)} ${sentence ?? ""}`]),
    ...indented("  ", plainText(message)),
    ...(counterexample === undefined ? [] : indented("  with ", plainText(counterexample))),
    ...(known === undefined ? [] : [`  known until ${known.expires}: ${known.reason} (${known.link})`]),
    // Two lines are the head alone: nothing was said.
    ...(diagram.length <= 2 ? [] : ["", ...diagram.map((line) => `    ${paint("dim", plainText(line))}`), ""]),
    `  ${paint("dim", "replay:")} ${replay}`,
  ];
}

/** What others have said, cut to 2,000 characters, with neither colours nor other tricks for a terminal. */
export function plainText(text: string): string {
  const cut = text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… and ${text.length - MAX_TEXT} more`;
  // deno-lint-ignore no-control-regex -- control characters of a hostile subject; line ends stay
  return cut.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "�");
}

function indented(first: string, text: string): string[] {
  return text.split("\n").map((line, at) => `${at === 0 ? first : "    "}${line}`);
}
