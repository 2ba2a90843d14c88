/**
 * Reads a sequence diagram in the seeds' style back into its strokes: the figures of the spec, and what the demo drew.
 *
 * @module
 */
import type { Lifeline, Stroke } from "./stroke.ts";

/** A diagram as read. */
export interface Diagram {
  /** What stands in the boxes. */
  readonly titles: readonly string[];
  /** From top to bottom. */
  readonly strokes: readonly Stroke[];
}

const REQUIREMENTS = /^[A-Z]{2,5}-\d{3}(, [A-Z]{2,5}-\d{3})*$/;

/** The diagrams below a heading of the spec's figures: the first code block there. */
export function figure(markdown: string, heading: string): Diagram {
  const section = markdown.split(/^## /m).find((section) => section.split("\n")[0].trim() === heading);
  const block = section?.match(/```\n([\s\S]*?)```/)?.[1];
  if (block === undefined) throw new Error(`No diagram under the heading ${heading}`);
  return readDiagram(block.split("\n"));
}

/** Reads one diagram; what it does not know as a part of one it takes for the words of a label. */
export function readDiagram(lines: readonly string[]): Diagram {
  const top = lines.findIndex((line) => /^\+-+\+ +\+-+\+ +\+-+\+/.test(line));
  if (top === -1) throw new Error("No three boxes on top of a diagram");
  const titles = lines[top + 1].split("|").filter((_, part) => part % 2 === 1).map((title) => title.trim());
  const columns = [...lines[top + 3].matchAll(/\|/g)].map(({ index }) => index);
  const strokes: Stroke[] = [];
  let words: string[] = [];
  let gap = 0;

  function note(): void {
    if (words.length > 0) strokes.push(stroke(gap, gap, words));
    words = [];
  }

  for (const line of lines.slice(top + 4)) {
    if (line.trim() === "" || line.startsWith("·")) continue;
    const found = arrow(line, columns);
    if (found !== undefined) {
      strokes.push(stroke(found[0], found[1], words));
      words = [];
      continue;
    }
    const said = text(line, columns);
    if (said === undefined) {
      note();
    } else if (!REQUIREMENTS.test(said.words)) {
      if (said.gap !== gap) note();
      gap = said.gap;
      words.push(said.words);
    }
  }
  note();
  return { titles, strokes };
}

function stroke(from: number, to: number, words: readonly string[]): Stroke {
  return { from: from as Lifeline, to: to as Lifeline, label: words.join(" ") };
}

function arrow(line: string, columns: readonly number[]): [number, number] | undefined {
  for (const [left, right] of [[0, 2], [0, 1], [1, 2]]) {
    const shaft = line.slice(columns[left] + 1, columns[right]).trim();
    if (/^-+>$/.test(shaft)) return [left, right];
    if (/^<-+$/.test(shaft)) return [right, left];
  }
  return undefined;
}

function text(line: string, columns: readonly number[]): { gap: number; words: string } | undefined {
  const words = line.split("·")[0].replaceAll("|", " ").trim();
  if (words === "") return undefined;
  const at = line.indexOf(words[0], line.indexOf("|") === -1 ? 0 : columns[0] + 1);
  return { gap: columns.findLastIndex((column) => column < at), words };
}
