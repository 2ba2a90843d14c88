import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import {
  DEADLINE_HEADER,
  earliestDeadline,
  formatDeadline,
  MAX_DEADLINE_MS,
  parseDeadline,
  remainingMs,
} from "./deadline.ts";
import { VERDICT_HEADER } from "./verdict.ts";

const ms = fc.double({ min: 0, max: 1e13, noNaN: true });

Deno.test("formatDeadline() and parseDeadline() carry a deadline to another clock, never later", () => {
  fc.assert(fc.property(ms, ms, ms, (deadlineMs, nowMs, theirNowMs) => {
    const header = formatDeadline(deadlineMs, nowMs)!;
    const theirs = parseDeadline(header, theirNowMs)!;
    const grantedMs = Number(header);
    assertEquals(theirs, theirNowMs + grantedMs);
    assertLessOrEqual(grantedMs, remainingMs(deadlineMs, nowMs));
    assert(remainingMs(deadlineMs, nowMs) - grantedMs < 1 || grantedMs === MAX_DEADLINE_MS);
  }));
  assertEquals(formatDeadline(Infinity, 0), undefined);
});

Deno.test("parseDeadline() refuses all but digits and never throws", () => {
  for (const value of [null, undefined, "", "-1", "1.5", "1e9", " 1", "9".repeat(16)]) {
    assertEquals(parseDeadline(value, 0), undefined);
  }
  assertEquals(parseDeadline("999999999999999", 5), 5 + MAX_DEADLINE_MS);
  fc.assert(fc.property(fc.string(), (text) => assert((parseDeadline(text, 0) ?? 0) >= 0)));
});

Deno.test("remainingMs() is the time until the deadline, and 0 from then on", () => {
  assertEquals([0, 4_000, 5_000, 9_000].map((nowMs) => remainingMs(5_000, nowMs)), [5_000, 1_000, 0, 0]);
  assertEquals(remainingMs(Infinity, 1), Infinity);
});

Deno.test("DEADLINE_HEADER and VERDICT_HEADER are those of the specification", () => {
  assertEquals([DEADLINE_HEADER, VERDICT_HEADER], ["bellhop-deadline-ms", "bellhop-verdict"]);
});

Deno.test("earliestDeadline() ignores what is absent", () => {
  assertEquals(earliestDeadline(), Infinity);
  assertEquals(earliestDeadline(null, undefined), Infinity);
  assertEquals(earliestDeadline(3, undefined, 7, null), 3);
  assertEquals(earliestDeadline(undefined, 7, null, 3), 3);
});
