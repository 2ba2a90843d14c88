/**
 * A sequence diagram in letters: the lanes on the left, what was said on the right.
 *
 * @module
 */
import { durationText, type Lane, type Sequence, type SequenceStep } from "./sequence.ts";

/** Most letters of a lane's title. */
const MAX_TITLE = 14;
/** Least width of a lane, so that an arrow has room. */
const MIN_WIDTH = 9;

/**
 * The diagram as lines of ASCII, but for what subjects and checks say.
 *
 * @example
 * ```ts
 * import { sequenceOf, sequenceText } from "@bellhop/bellhop/conformance";
 * import { assertEquals } from "@std/assert";
 * const message = { seq: 1, do: "publish", headers: {}, body: '{"type":"order.paid","id":"7"}' };
 * assertEquals(sequenceText(sequenceOf([{ from: "suite", message }])), [
 *   "publisher    bus",
 *   "    |         |",
 *   "    |-------->|     publish order.paid 7",
 * ]);
 * ```
 */
export function sequenceText({ lanes, steps }: Sequence): string[] {
  const titles = lanes.map(({ title }) => titleOf(title));
  const columns = columnsOf(titles);
  const bars = columns.centres.map((at): Mark => ({ at, letters: "|" }));
  return [
    line(titles.map((title, lane) => ({ at: columns.centres[lane] - Math.floor(title.length / 2), letters: title }))),
    line(bars),
    ...steps.map((step) => stepLine(step, lanes, columns)),
  ];
}

interface Columns {
  readonly centres: readonly number[];
  readonly width: number;
}

interface Mark {
  readonly at: number;
  readonly letters: string;
}

function columnsOf(titles: readonly string[]): Columns {
  const centres: number[] = [];
  let width = 0;
  for (const title of titles) {
    const own = Math.max(MIN_WIDTH, title.length);
    centres.push(width + Math.floor(own / 2));
    width += own + 1;
  }
  return { centres, width };
}

function stepLine(step: SequenceStep, lanes: readonly Lane[], { centres, width }: Columns): string {
  const bar = step.kind === "wait" || step.kind === "gap" ? ":" : "|";
  const marks = lanes.map((_, lane): Mark => ({ at: centres[lane], letters: bar }));
  const said = (text: string) => `${line(marks).padEnd(width)}${text}`.trimEnd();
  switch (step.kind) {
    case "wait":
      return said(`... ${durationText(step.ms)} pass`);
    case "gap":
      return said(`... ${step.steps} steps are left out`);
    case "note":
      marks[step.lane] = { at: centres[step.lane], letters: "*" };
      return said(toned(step));
    case "message": {
      const [from, to] = [centres[step.from], centres[step.to]];
      const length = Math.abs(to - from) - 1;
      const shaft = step.answer ? "- ".repeat(length).slice(0, Math.max(0, length - 1)) : "-".repeat(length - 1);
      if (to > from) marks.push({ at: from + 1, letters: `${shaft}>` });
      else if (to < from) marks.push({ at: to + 1, letters: `<${shaft}` });
      return said(toned(step));
    }
  }
}

/** Colours do not come along: what failed is marked. */
function toned({ label, tone }: { readonly label: string; readonly tone: string }): string {
  return tone === "bad" ? `${label}  (!)` : label;
}

/** Puts the marks on a line, later ones over earlier ones. */
function line(marks: readonly Mark[]): string {
  const letters: string[] = [];
  for (const mark of marks) {
    [...mark.letters].forEach((letter, place) => {
      while (letters.length < mark.at + place) letters.push(" ");
      letters[mark.at + place] = letter;
    });
  }
  return Array.from(letters, (letter) => letter ?? " ").join("").trimEnd();
}

function titleOf(title: string): string {
  return title.length <= MAX_TITLE ? title : `${title.slice(0, MAX_TITLE - 1)}~`;
}
