import { assertEquals } from "@std/assert";
import {
  catalogue,
  notCurrent,
  type Page,
  parsePage,
  readPages,
  render,
  type Rule,
  unknownReferences,
} from "./spec_catalogue.ts";

const GOOD = "**RET-003** (MUST, core, virtual): Retry 1 MUST wait 0 ms.";

function retry(...lines: string[]): Page {
  return { path: "spec/retry.md", text: ["# Retry", "", "## Delay", "", ...lines].join("\n") };
}

function rules(...lines: string[]): Rule[] {
  return catalogue([retry(...lines)]).faults.map((fault) => fault.rule);
}

Deno.test("parsePage() reads a requirement with its chapter and section", () => {
  assertEquals(parsePage(retry(GOOD)), {
    requirements: [{
      id: "RET-003",
      level: "MUST",
      profile: "core",
      timing: "virtual",
      sentence: "Retry 1 MUST wait 0 ms.",
      chapter: "retry",
      section: "Delay",
    }],
    faults: [],
  });
});

Deno.test("parsePage() passes over prose and code fences", () => {
  assertEquals(parsePage(retry("A **word** in bold.", "```", GOOD, "```")), { requirements: [], faults: [] });
});

for (
  const line of [
    "**RET-3** (MUST, core, virtual): It MUST.",
    "**RET-003** (must, core, virtual): It MUST.",
    "**RET-003** (MUST, cores, virtual): It MUST.",
    "**RET-003** (MUST, core, soon): It MUST.",
    "**RET-003** (MUST, core): It MUST.",
    "**RET-003** (MUST, core, virtual) It MUST.",
    "**RET-003**: It MUST.",
    "**RET-003** (MUST, core, virtual):",
    " **RET-003** (MUST, core, virtual): It MUST.",
    "**RET-003: It MUST.",
  ]
) {
  Deno.test(`catalogue() refuses the malformed line: ${line}`, () => assertEquals(rules(line), ["malformed"]));
}

Deno.test("catalogue() refuses a duplicate, in one chapter", () => assertEquals(rules(GOOD, GOOD), ["duplicate"]));

Deno.test("catalogue() refuses numbers out of order, and lets gaps be", () => {
  assertEquals(rules(GOOD, GOOD.replace("003", "002")), ["out-of-order"]);
  assertEquals(rules(GOOD, GOOD.replace("003", "009")), []);
});

Deno.test("catalogue() refuses a sentence with no final stop", () => {
  assertEquals(rules(GOOD.slice(0, -1)), ["no-final-stop"]);
});

Deno.test("catalogue() refuses a sentence whose keyword is missing, weaker, stronger or doubled", () => {
  assertEquals(rules(GOOD.replace("MUST wait", "waits")), ["keyword"]);
  assertEquals(rules(GOOD.replace("MUST wait", "MAY wait")), ["keyword"]);
  assertEquals(rules(GOOD.replace("(MUST", "(MAY")), ["keyword"]);
  assertEquals(rules(GOOD.replace("0 ms", "0 ms and MUST not draw")), ["keyword"]);
  assertEquals(rules(GOOD.replaceAll("MUST", "SHOULD")), []);
});

Deno.test("catalogue() refuses a requirement in the wrong chapter, or in a page that is none", () => {
  for (const path of ["spec/bus.md", "spec/README.md"]) {
    assertEquals(catalogue([{ path, text: GOOD }]).faults.map((fault) => fault.rule), ["wrong-chapter"]);
  }
});

Deno.test("unknownReferences() finds a number that no requirement has, on any page, in figures too", () => {
  const { requirements } = catalogue([retry(GOOD)]);
  const page = { path: "guide.md", text: "See RET-003.\n```\n--RET-004-->\n```" };
  assertEquals(unknownReferences([page], requirements), [
    { at: "guide.md:3", rule: "unknown-reference", detail: "RET-004" },
  ]);
});

Deno.test("notCurrent() tells when the catalogue on disk is not what the pages give", () => {
  const { requirements } = catalogue([retry(GOOD)]);
  assertEquals(notCurrent(render(requirements), requirements), []);
  assertEquals(notCurrent("[]\n", requirements).map((fault) => fault.rule), ["not-current"]);
});

Deno.test("catalogue() finds no fault in the spec, nor unknownReferences() in any page", () => {
  const docs = new URL("../docs/", import.meta.url);
  const pages = readPages(docs);
  const { requirements, faults } = catalogue(pages);
  assertEquals(faults, []);
  assertEquals(unknownReferences(pages, requirements), []);
  assertEquals(notCurrent(Deno.readTextFileSync(new URL("spec/catalogue.json", docs)), requirements), []);
});
