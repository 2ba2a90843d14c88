import { assertEquals, assertMatch } from "@std/assert";
import { type Evidence, evidenceFaults } from "./evidence.ts";

const row: Evidence = {
  part: "bench",
  commit: "0123abc",
  date: "2026-01-01T00:00:00Z",
  command: "deno run -A bench/a.ts",
  seconds: 12,
  result: "passed",
};
const parts = ["bench", "seeds"];

function page(text: string): Map<string, string> {
  return new Map([["docs/a.md", text]]);
}

Deno.test("evidenceFaults() accepts a page whose part has passed, and a placeholder", () => {
  assertEquals(evidenceFaults(page("Run `deno task long bench`, or `deno task long <part>`."), [row], parts), []);
});

Deno.test("evidenceFaults() finds a part that was never run", () => {
  const faults = evidenceFaults(page("See `deno task long seeds`."), [row], parts);
  assertEquals(faults.length, 1);
  assertMatch(faults[0], /docs\/a\.md: seeds has no row/);
});

Deno.test("evidenceFaults() finds a part that only failed", () => {
  assertEquals(evidenceFaults(page("`deno task long bench`"), [{ ...row, result: "failed" }], parts).length, 1);
});

Deno.test("evidenceFaults() finds a part that does not exist", () => {
  assertEquals(evidenceFaults(page("`deno task long none`"), [row], parts), ["docs/a.md: no part is named none"]);
});

const malformed: readonly Partial<Record<keyof Evidence, unknown>>[] = [
  { part: "none" },
  { commit: "main" },
  { date: "yesterday" },
  { command: "" },
  { seconds: -1 },
  { result: "fine" },
];
for (const change of malformed) {
  Deno.test(`evidenceFaults() refuses a row with ${JSON.stringify(change)}`, () => {
    assertEquals(evidenceFaults(page(""), [{ ...row, ...change } as Evidence], parts).length, 1);
  });
}
