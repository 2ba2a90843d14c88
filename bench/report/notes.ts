import type { Subject } from "./result.ts";

/** A note, and the subjects that come with it. */
export interface Note {
  /** `¹` */
  readonly mark: string;
  readonly text: string;
  readonly subjects: readonly Subject[];
}

/** The notes of all subjects, each once, in the order in which they are said. */
export function notesOf(subjects: readonly Subject[]): Note[] {
  const said = subjects.flatMap((subject) => [...new Set(subject.notes)].map((text) => ({ subject, text })));
  return [...Map.groupBy(said, ({ text }) => text)].map(([text, those], index) => ({
    mark: superscript(index + 1),
    text,
    subjects: those.map(({ subject }) => subject),
  }));
}

/** `¹ ⁴` for each subject that has notes, by its name. */
export function marksOf(subjects: readonly Subject[]): Map<string, string> {
  const marks = new Map<string, string>();
  for (const { mark, subjects: those } of notesOf(subjects)) {
    for (const { name } of those) marks.set(name, marks.has(name) ? `${marks.get(name)}\u2009${mark}` : mark);
  }
  return marks;
}

function superscript(number: number): string {
  return [...String(number)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
}
