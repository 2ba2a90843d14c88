import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../error.ts";
import { nextPassMs, openRateGate, passed } from "./rate_gate.ts";

/** When deliveries begin if each is ready so long after the one before. */
function begins(ratePerMinute: number, idleMs: readonly number[]): number[] {
  let gate = openRateGate(ratePerMinute);
  let nowMs = 1_767_225_600_000;
  return idleMs.map((ms) => {
    nowMs = nextPassMs(gate, nowMs + ms);
    gate = passed(gate, nowMs);
    return nowMs;
  });
}

Deno.test("no 60,000 ms see more deliveries begin than the rate, however they come", () => {
  const idleMs = fc.oneof(fc.constant(0), fc.nat(50), fc.nat(5_000), fc.nat(90_000));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 120 }), fc.array(idleMs, { maxLength: 300, size: "max" }), (rate, idle) => {
      const at = begins(rate, idle);
      for (let i = rate; i < at.length; i++) assert(at[i] - at[i - rate] >= 60_000, `${at[i]} ${at[i - rate]}`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("a gate that is always asked again passes the rate in a minute, but for its first burst's share", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), (rate) => {
      const at = begins(rate, Array(rate * 3).fill(0));
      // Whole milliseconds and the room that the burst needs cost at most a seventh.
      assertLessOrEqual(at[at.length - 1] - at[0], 3 * 60_000 * 7 / 6);
    }),
    { numRuns: 50 },
  );
});

Deno.test("nextPassMs() lets a tenth of the rate through at once, and one at least", () => {
  const startMs = 1_767_225_600_000;
  assertEquals(begins(600, Array(61).fill(0)).map((ms) => ms - startMs).slice(58), [0, 0, 111]);
  assertEquals(begins(1, [0, 0, 0]).map((ms) => ms - startMs), [0, 60_000, 120_000]);
});

Deno.test("nextPassMs() changes nothing: asking is free", () => {
  const gate = passed(openRateGate(1), 5_000);
  assertEquals([nextPassMs(gate, 5_000), nextPassMs(gate, 5_000), nextPassMs(gate, 99_000)], [65_000, 65_000, 99_000]);
  assertEquals(JSON.parse(JSON.stringify(gate)), gate);
});

Deno.test("openRateGate() refuses a rate that is not a whole number from 1", () => {
  for (const rate of [0, -1, 0.5, NaN, Infinity]) {
    const { code, field, message } = assertThrows(() => openRateGate(rate), BellhopError);
    assertEquals([code, field], ["argument-invalid", "ratePerMinute"]);
    assertEquals(message, `ratePerMinute: wanted a whole number from 1, got ${rate}`);
  }
});
