import { assertEquals } from "@std/assert";
import { marksOf, notesOf } from "./notes.ts";

const SUBJECTS = [
  { name: "a", version: "1", notes: ["No clock.", "No signal."] },
  { name: "b", version: "", notes: [] },
  { name: "c", version: "2", notes: ["No signal.", "No signal."] },
];

Deno.test("notesOf() says each note once, with all who have it", () => {
  const notes = notesOf(SUBJECTS).map(({ mark, text, subjects }) => [mark, text, ...subjects.map(({ name }) => name)]);
  assertEquals(notes, [["¹", "No clock.", "a"], ["²", "No signal.", "a", "c"]]);
});

Deno.test("marksOf() gives a subject the marks of its notes", () => {
  assertEquals([...marksOf(SUBJECTS)], [["a", "¹\u2009²"], ["c", "²"]]);
  const many = [{ name: "d", version: "", notes: Array.from({ length: 12 }, (_, index) => `${index}`) }];
  assertEquals(marksOf(many).get("d")!.split("\u2009").at(-1), "¹²");
});
