import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  breakerAllows,
  breakerBegin,
  breakerNextMs,
  breakerPhase,
  breakerReport,
  type BreakerState,
  CLOSED_BREAKER,
} from "./breaker.ts";

/** The model keeps the history and derives every answer from it. */
interface Opening {
  atMs: number;
  probe?: boolean;
}

Deno.test("the breaker agrees with a model over any order of attempts, reports and time", () => {
  const settings = fc.record({ threshold: fc.integer({ min: 1, max: 4 }), openMs: fc.integer({ min: 1, max: 50 }) });
  const step = fc.oneof(
    fc.record({ begin: fc.constant(true) }),
    fc.record({ report: fc.constantFrom(true, false, false, undefined) }),
    fc.record({ byMs: fc.integer({ min: 0, max: 40 }) }),
  );
  const origin = fc.integer({ min: -100, max: 100 });
  fc.assert(fc.property(settings, origin, fc.array(step, { maxLength: 80 }), (settings, originMs, steps) => {
    let state: BreakerState = CLOSED_BREAKER;
    let nowMs = originMs;
    let inRow = 0;
    let opening: Opening | undefined;
    for (const it of steps) {
      if ("byMs" in it) nowMs += it.byMs;
      const over = opening !== undefined && nowMs >= opening.atMs + settings.openMs;
      const allows = opening === undefined || (over && !opening.probe);
      assertEquals(breakerAllows(state, nowMs), allows);
      assertEquals(
        breakerPhase(state, nowMs),
        opening === undefined ? "closed" : over || opening.probe ? "half-open" : "open",
      );
      assertEquals(
        breakerNextMs(state),
        opening === undefined || opening.probe ? undefined : opening.atMs + settings.openMs,
      );
      if ("begin" in it) {
        state = breakerBegin(state, nowMs);
        if (opening && allows) opening.probe = true;
      } else if ("report" in it) {
        state = breakerReport(state, nowMs, it.report, settings);
        if (opening && !opening.probe) continue;
        if (it.report === undefined) {
          if (opening) opening.probe = false;
        } else if (it.report) {
          inRow = 0;
          opening = undefined;
        } else if (++inRow >= settings.threshold || opening) opening = { atMs: nowMs };
      }
      assertEquals(JSON.parse(JSON.stringify(state)), state);
    }
  }));
});

Deno.test("breakerReport() opens after 10 failures in a row for 10 s, then lets exactly one through", () => {
  let state = CLOSED_BREAKER;
  for (let i = 0; i < 9; i++) state = breakerReport(state, i, false);
  assertEquals(breakerAllows(state, 9), true);
  state = breakerReport(state, 9, false);
  assertEquals([breakerAllows(state, 10_008), breakerAllows(state, 10_009)], [false, true]);
  state = breakerBegin(state, 10_009);
  assertEquals(breakerAllows(state, 99_999), false);
  assertEquals(breakerAllows(breakerReport(state, 10_020, false), 20_019), false);
  assertStrictEquals(breakerReport(state, 10_020, true), CLOSED_BREAKER);
});

Deno.test("breakerReport() keeps the same value while all is well", () => {
  for (const state of [CLOSED_BREAKER, { ...CLOSED_BREAKER }]) {
    assertStrictEquals(breakerReport(state, 1, true), state);
    assertStrictEquals(breakerReport(state, 1, undefined), state);
    assertStrictEquals(breakerBegin(state, 1), state);
  }
});
