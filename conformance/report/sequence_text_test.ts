import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Sequence, SequenceStep } from "./sequence.ts";
import { sequenceText } from "./sequence_text.ts";

const lanes = [
  { title: "publisher", role: "suite" },
  { title: "bus", role: "subject" },
  { title: "b", role: "receiver" },
] as const;
const at = { atMs: 0, line: 0 };

Deno.test("sequenceText() draws messages both ways, across lanes, notes and the time that passes", () => {
  const steps: SequenceStep[] = [
    { kind: "message", from: 0, to: 1, answer: false, label: "publish", tone: "plain", ...at },
    { kind: "message", from: 1, to: 0, answer: true, label: "accepted", tone: "good", ...at },
    { kind: "message", from: 2, to: 0, answer: false, label: "over all", tone: "plain", ...at },
    { kind: "message", from: 2, to: 1, answer: true, label: "nak", tone: "bad", ...at },
    { kind: "note", lane: 1, label: "waits", tone: "quiet", ...at },
    { kind: "wait", ms: 2_500, ...at },
    { kind: "gap", steps: 7 },
  ];
  assertEquals(sequenceText({ lanes, steps, startMs: 0 }), [
    "publisher    bus        b",
    "    |         |         |",
    "    |-------->|         |     publish",
    "    |<- - - - |         |     accepted",
    "    |<------------------|     over all",
    "    |         |<- - - - |     nak  (!)",
    "    |         *         |     waits",
    "    :         :         :     ... 2.5 s pass",
    "    :         :         :     ... 7 steps are left out",
  ]);
});

Deno.test("sequenceText() keeps every lane in one column, whatever the titles are", () => {
  const title = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 30 }).filter((text) =>
    text.trim() === text
  );
  fc.assert(fc.property(fc.array(title, { minLength: 1, maxLength: 8 }), (titles) => {
    const steps: SequenceStep[] = titles.map((_, lane) => ({ kind: "note", lane, label: "x", tone: "plain", ...at }));
    const sequence: Sequence = { lanes: titles.map((one) => ({ title: one, role: "receiver" })), steps, startMs: 0 };
    const [head, bars, ...notes] = sequenceText(sequence);
    const columns = [...bars].flatMap((letter, column) => letter === "|" ? [column] : []);
    assertEquals(columns.length, titles.length);
    notes.forEach((line, lane) => assertEquals(line[columns[lane]], "*"));
    // No title runs into the next.
    assert(titles.every((one) => head.includes(one.length <= 14 ? one : `${one.slice(0, 13)}~`)), head);
  }));
});
