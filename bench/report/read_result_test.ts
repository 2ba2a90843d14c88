import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Ajv2020 } from "npm:ajv@8.20.0/dist/2020.js";
import { thisMachine } from "./machine.ts";
import { parseResult, readResult, ResultError } from "./read_result.ts";
import schema from "./result.schema.json" with { type: "json" };
import { anyResult } from "./testing/any_result.ts";
import { sampleResult } from "./testing/sample_result.ts";

const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: true });
const fits = ajv.compile(schema);

Deno.test("readResult() gives back every result that was written", () => {
  fc.assert(fc.property(anyResult, (result) => {
    const text = JSON.stringify(result);
    assert(fits(JSON.parse(text)), ajv.errorsText(fits.errors));
    assertEquals(JSON.stringify(parseResult(text, "x.json")), text);
  }));
});

Deno.test("readResult() reads the sample from a file, and ignores fields that it does not know", async () => {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, JSON.stringify({ ...sampleResult(), later: { a: 1 } }));
    const { later: _, ...result } = await readResult(path) as ReturnType<typeof sampleResult> & { later: unknown };
    assertEquals(JSON.stringify(result), JSON.stringify(sampleResult()));
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("the schema takes the machine that thisMachine() tells, and this is one", () => {
  const machine = thisMachine({ node: "22.0.0" });
  assert(fits({ ...JSON.parse(JSON.stringify(sampleResult())), machine }), ajv.errorsText(fits.errors));
  assert(machine.cores >= 1 && machine.memoryBytes > 1e8 && machine.cpu !== "", JSON.stringify(machine));
  assertEquals(machine.runtimes, { deno: Deno.version.deno, node: "22.0.0" });
});

// deno-lint-ignore no-explicit-any
type Loose = any;

const BROKEN: readonly [field: string, what: string, breaks: (result: Loose) => unknown][] = [
  ["", 'must have a field "plots"', (result) => delete result.plots],
  ["schema", "is 2, and this reads 1", (result) => result.schema = 2],
  ["date", "must match pattern", (result) => result.date = "yesterday"],
  ["machine.cores", "must be >= 1, got 0", (result) => result.machine.cores = 0],
  ["machine.runtimes.deno", "must be string, got 2", (result) => result.machine.runtimes.deno = 2],
  ["subjects[2]", 'must have a field "notes"', (result) => delete result.subjects[2].notes],
  ["measures[3].value.median", "must be number, got null", (result) => result.measures[3].value.median = NaN],
  ["measures[3].value.samples", "must be integer, got 1.5", (result) => result.measures[3].value.samples = 1.5],
  ["measures[3].value", "must have low <= median <= high", (result) => result.measures[3].value.low = 1e9],
  ["measures[3].ratio", 'must have a field "to"', (result) => delete result.measures[3].ratio.to],
  ["measures[3].ratio", "must have low <= median <= high", (result) => result.measures[3].ratio.high = 0],
  ["measures[3].unit", "must be one of ns, ms, s, B, 1, 1/s, %", (result) => result.measures[3].unit = "parsecs"],
  ["measures[3].better", "must be one of lower, higher", (result) => result.measures[3].better = "more"],
  ["measures[1].goal.op", "must be one of <=, <, >=, >", (result) => result.measures[1].goal.op = "=="],
  ["measures[3]", 'must have a field "why"', (result) => delete result.measures[3].value],
  ["measures[3].subject", '"nobody" is not one of subjects', (result) => result.measures[3].subject = "nobody"],
  [
    "measures[3].id",
    `"retry/cost/success/deno/cockatiel" stands twice`,
    (result) => result.measures[3].id = result.measures[2].id,
  ],
  ["plots[1].id", `"outage/10000/load" stands twice`, (result) => result.plots[1].id = result.plots[0].id],
  ["missing[0]", 'must have a field "why"', (result) => result.missing = [{ what: "node" }]],
  ["plots[1].x.scale", "must be one of linear, log", (result) => result.plots[1].x.scale = "cubic"],
  [
    "plots[0].lines[1].points[7]",
    "must NOT have fewer than 2 items",
    (result) => result.plots[0].lines[1].points[7] = [1],
  ],
  ["plots[0].lines[1].points[7]", "goes back", (result) => result.plots[0].lines[1].points[7][0] = 0],
];

for (const [field, what, breaks] of BROKEN) {
  Deno.test(`readResult() names ${field || "the file"} when it ${what}`, () => {
    const result = JSON.parse(JSON.stringify(sampleResult()));
    breaks(result);
    const error = assertThrows(() => parseResult(JSON.stringify(result), "x.json"), ResultError);
    assertEquals(error.field, field);
    assertStringIncludes(error.message, `x.json: ${field === "" ? "" : `${field} `}${what}`);
  });
}

Deno.test("readResult() refuses what is no result, whatever it is, with its own error", () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string(), fc.constantFrom("", "null", "[]", '{"schema":1}')), (text) => {
    assertThrows(() => parseResult(text, "x.json"), ResultError);
  }));
});

Deno.test("readResult() says so when there is no file", async () => {
  const error = await assertRejects(() => readResult("/nowhere/result.json"), ResultError);
  assertStringIncludes(error.message, "/nowhere/result.json: does not exist");
  await assertRejects(() => readResult("/"), ResultError);
});
