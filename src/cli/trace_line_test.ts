import { assert, assertEquals, assertMatch } from "@std/assert";
import { TRACE_KINDS } from "../core/bus/trace.ts";
import { paintFor, plain } from "./colour.ts";
import { duration, traceLines } from "./trace_line.ts";
import type { TraceStep } from "./trace_step.ts";

const STEP: TraceStep = {
  kind: "attempt",
  atMs: 1_767_225_600_012,
  source: "/documents",
  id: "7d1f",
  type: "document.created",
  priority: "CRITICAL",
  receiver: "users",
  instance: "b2",
  run: 1,
  attempt: 2,
};
/** Without the time, which is that of the place where the test runs. */
const rest = (line: string) => line.slice(14);

Deno.test("traceLines() sets steps under each other", () => {
  const line = traceLines();
  assertMatch(line(STEP), /^\d\d:\d\d:\d\d\.012 +attempt /);
  const { attempt: _, receiver: __, instance: ___, run: ____, ...accepted } = { ...STEP, kind: "accepted" };
  assertEquals(
    [
      { ...STEP, kind: "failed", reason: "status-503", injected: "--fail, 1 left" },
      { ...STEP, kind: "waiting", delayMs: 1_250 },
      { ...STEP, kind: "ended", outcome: "exhausted", reason: "timeout", run: 2 },
      { kind: "registered", atMs: 0, service: "users", instance: "b2", reason: "new" },
    ].map((step) => rest(line(step))),
    [
      "failed       CRITICAL  7d1f       document.created  → users     attempt 2, status-503, by --fail, 1 left",
      "waiting      CRITICAL  7d1f       document.created  → users     attempt 2, for 1.3 s",
      "ended        CRITICAL  7d1f       document.created  → users     attempt 2, run 2, exhausted, timeout",
      "registered                                            users     new",
    ],
  );
  assertEquals(rest(line(accepted)), "accepted     CRITICAL  7d1f       document.created");
});

Deno.test("traceLines() names an instance once a service has two", () => {
  const line = traceLines();
  assert(!line(STEP).includes("b2"));
  assert(line({ ...STEP, instance: "c3" }).endsWith(", at c3"));
});

Deno.test("traceLines() cuts what is long and shows no control character, whatever the step", () => {
  const long = "\u001b[31m" + "x".repeat(1_000);
  const line = traceLines()({
    kind: "constructor",
    type: long,
    id: long,
    priority: "__proto__",
    receiver: long,
    source: "",
  });
  assert(line.length < 140, line);
  assert(!line.includes("\u001b"));
  assertMatch(line, /^--:--:--\.---/);
});

Deno.test("traceLines() colours each kind on a terminal that knows colours", () => {
  const coloured = traceLines(paintFor(true, {}));
  for (const kind of TRACE_KINDS) {
    assertMatch(coloured({ ...STEP, kind }), new RegExp(`\u001b\\[\\d+m${kind} *\u001b\\[`));
  }
});

Deno.test("paintFor() leaves text plain without a terminal, by NO_COLOR and on a dumb terminal", () => {
  assert(paintFor(true, { NO_COLOR: "" })("red", "x") !== "x");
  for (
    const paint of [plain, paintFor(false, {}), paintFor(true, { NO_COLOR: "1" }), paintFor(true, { TERM: "dumb" })]
  ) {
    assertEquals(paint("red", "x"), "x");
  }
});

Deno.test("duration() has one unit", () => {
  const cases = [[0, "0 ms"], [999, "999 ms"], [1_250, "1.3 s"], [90_000, "1.5 min"], [5_400_000, "1.5 h"]] as const;
  for (const [ms, text] of cases) assertEquals(duration(ms), text);
});
