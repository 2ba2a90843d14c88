import { assertEquals, assertThrows } from "@std/assert";
import { applyBaseline, type Baseline, baselineOf, readBaseline } from "./baseline.ts";
import { reportOf, resultOf } from "./report/sample_report_test.ts";
import { isFailure } from "./report/summary.ts";
import type { KnownFailure } from "./run.ts";

const entry: KnownFailure = {
  check: "retry/a",
  requirement: "RET-019",
  reason: "jitter comes in June",
  link: "https://example.com/issues/7",
  expires: "2026-06-30",
};
const baseline: Baseline = { baseline: 1, known: [entry] };
const failing = (check: string, requirement = "RET-019") =>
  resultOf({ check, verdict: "fail", failure: { requirement, message: "", replay: "", log: [] } });
const passing = (check: string) => resultOf({ check });
const checks = new Set(["retry/a", "retry/b"]);

function outcome(result: ReturnType<typeof resultOf>, today = "2026-06-30", known = baseline) {
  const { results, stale } = applyBaseline(reportOf([result]), known, checks, today);
  return { fails: isFailure(results[0]), stale };
}

Deno.test("applyBaseline() lets a failure be that is known, up to its last day", () => {
  assertEquals(outcome(failing("retry/a")), { fails: false, stale: [] });
  assertEquals(outcome(failing("retry/a"), "2026-07-01"), {
    fails: false,
    stale: [{ check: "retry/a", why: "it was put up with until 2026-06-30" }],
  });
});

Deno.test("applyBaseline() counts a failure of another check or for another requirement", () => {
  assertEquals(outcome(failing("retry/b")), { fails: true, stale: [] });
  assertEquals(outcome(failing("retry/a", "RET-020")), { fails: true, stale: [] });
});

Deno.test("applyBaseline() finds what passes now, and what there is no check of", () => {
  assertEquals(outcome(passing("retry/a")), { fails: false, stale: [{ check: "retry/a", why: "it passes now" }] });
  const gone: Baseline = { baseline: 1, known: [{ ...entry, check: "retry/gone" }] };
  assertEquals(outcome(passing("retry/a"), undefined, gone).stale, [
    { check: "retry/gone", why: "there is no such check" },
  ]);
});

Deno.test("applyBaseline() says nothing of what did not run or does not apply", () => {
  assertEquals(applyBaseline(reportOf([]), baseline, checks, "2026-01-01").stale, []);
  assertEquals(outcome({ ...passing("retry/a"), verdict: "not-applicable" }), { fails: false, stale: [] });
});

Deno.test("baselineOf() keeps what still fails, drops what passes, and leaves new entries to be explained", () => {
  const both: Baseline = { baseline: 1, known: [entry, { ...entry, check: "retry/not-run" }] };
  const made = baselineOf(reportOf([failing("retry/b"), failing("retry/a")]), both, "2026-01-01");
  assertEquals(made.known, [
    entry,
    { check: "retry/b", requirement: "RET-019", reason: "", link: "", expires: "2026-04-01" },
    { ...entry, check: "retry/not-run" },
  ]);
  assertEquals(baselineOf(reportOf([passing("retry/a")]), baseline, "2026-01-01").known, []);
  assertEquals(readBaseline(JSON.stringify(made), true), made);
  // What it writes is taken only once somebody has given reasons.
  assertThrows(() => readBaseline(JSON.stringify(made)), Error, "entry retry/b has no reason");
  const explained = made.known.map((one) => ({ ...one, reason: "x", link: "https://example.com" }));
  assertEquals(readBaseline(JSON.stringify({ ...made, known: explained })).known, explained);
});

for (
  const [broken, why] of [
    ["{", "is no JSON"],
    ["null", "wants"],
    [JSON.stringify({ baseline: 2, known: [] }), "wants"],
    [{ check: undefined }, "names no check"],
    [{ requirement: 7 }, "requirement that is no text"],
    [{ reason: " " }, "has no reason"],
    [{ link: "soon" }, "has no link"],
    [{ expires: "2026-02-30" }, "no day"],
    [{ expires: "never" }, "no day"],
    [{ expires: undefined }, "no day"],
  ] as const
) {
  Deno.test(`readBaseline() refuses ${JSON.stringify(broken)}`, () => {
    const text = typeof broken === "string"
      ? broken
      : JSON.stringify({ baseline: 1, known: [{ ...entry, ...broken }] });
    assertThrows(() => readBaseline(text), Error, why);
  });
}

Deno.test("readBaseline() refuses two entries of one check, and takes what applyBaseline() takes", () => {
  assertThrows(() => readBaseline(JSON.stringify({ baseline: 1, known: [entry, entry] })), Error, "two entries");
  assertEquals(readBaseline(JSON.stringify(baseline)), baseline);
});
