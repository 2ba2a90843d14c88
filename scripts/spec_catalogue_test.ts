import { assertEquals } from "@std/assert";
import { ERRORS } from "../src/core/error.ts";
import {
  catalogue,
  FILES,
  notCurrent,
  type Page,
  parsePage,
  readPages,
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
      role: "gateway",
      profile: "core",
      timing: "virtual",
      sentence: "Retry 1 MUST wait 0 ms.",
      chapter: "retry",
      section: "Delay",
    }],
    faults: [],
  });
});

Deno.test("parsePage() reads who else than the gateway has to keep a requirement", () => {
  const roles = ["service, ", "client, ", ""].map((said) =>
    parsePage(retry(GOOD.replace("core", `${said}core`))).requirements.map(({ role, profile }) => [role, profile])
  );
  assertEquals(roles, [[["service", "core"]], [["client", "core"]], [["gateway", "core"]]]);
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
    "**RET-003** (MUST, gateway, core, virtual): It MUST.",
    "**RET-003** (MUST, core, service, virtual): It MUST.",
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

Deno.test("notCurrent() tells when a file on disk is not what the pages give", () => {
  const { requirements } = catalogue([retry(GOOD)]);
  for (const [file, rendered] of Object.entries(FILES)) {
    assertEquals(notCurrent(file, rendered(requirements), requirements), []);
    assertEquals(notCurrent(file, rendered([]), requirements), [
      { at: file, rule: "not-current", detail: "run scripts/spec_catalogue.ts" },
    ]);
  }
});

Deno.test("catalogue() finds no fault in the spec, nor unknownReferences() in any page", () => {
  const docs = new URL("../docs/", import.meta.url);
  const pages = readPages(docs);
  const { requirements, faults } = catalogue(pages);
  assertEquals(faults, []);
  assertEquals(unknownReferences(pages, requirements), []);
  for (const file of Object.keys(FILES)) {
    assertEquals(notCurrent(file, Deno.readTextFileSync(new URL(file, docs)), requirements), []);
  }
});

Deno.test("the table of error codes in the spec is that of src/core/error.ts", () => {
  const rows = Object.entries(ERRORS).map(([code, { status, blame, retry, title }]) => [
    `\`${code}\``,
    String(status),
    blame,
    retry ? "yes" : "no",
    title,
  ]);
  assertEquals(tableIn("http.md", "errors"), rows);
});

Deno.test("the worked delays of the spec follow from its rule", () => {
  const rows = tableIn("retry.md", "delay-rows");
  assertEquals(rows.length, 20);
  for (const row of rows) assertEquals(worked(row), Number(row[7]), row.join(" "));
});

Deno.test("the worked delays of the spec are what delay_rows.py prints, where Python is", () => {
  const python = printedByPython();
  if (python !== undefined) assertEquals(cells(python), tableIn("retry.md", "delay-rows"));
});

/** The delay rule once more, for machines without Python; apart from src/, which it judges. */
function worked([retry, baseMs, factor, capMs, jitter, u, askedMs]: string[]): number {
  let wait = 0;
  if (Number(retry) > 1) {
    let d = Number(baseMs);
    for (let i = 2; i < Number(retry); i++) d *= Number(factor);
    d = Math.min(Number(capMs), d);
    wait = jitter === "none" ? Math.floor(d) : Math.max(1, Math.floor(Number(u) * d));
  }
  return askedMs === "-" ? wait : Math.max(wait, Math.min(Number(askedMs), 3_600_000));
}

function tableIn(chapter: string, marker: string): string[][] {
  const text = Deno.readTextFileSync(new URL(`../docs/spec/${chapter}`, import.meta.url));
  return cells(text.split(`<!-- ${marker}:begin -->`)[1].split(`<!-- ${marker}:end -->`)[0]);
}

/** The cells of a Markdown table without its head. */
function cells(table: string): string[][] {
  const lines = table.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** What the script prints; nothing on a machine without Python, where the rule above is the only witness. */
function printedByPython(): string | undefined {
  try {
    const args = [new URL("delay_rows.py", import.meta.url).pathname];
    const { stdout, success } = new Deno.Command("python3", { args }).outputSync();
    return success ? new TextDecoder().decode(stdout) : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
