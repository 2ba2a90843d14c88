import { assertEquals, assertThrows } from "@std/assert";
import { secondsLeft, timeText } from "./progress.ts";
import { SUITES, suitesOf } from "./suites.ts";

Deno.test("secondsLeft() stretches the plan as it was stretched so far", () => {
  assertEquals(secondsLeft([10, 10, 20], 0, 0), 40);
  assertEquals(secondsLeft([10, 10, 20], 1, 20), 60);
  assertEquals(secondsLeft([10, 10, 20], 3, 100), 0);
});

Deno.test("timeText() writes minutes and seconds", () => {
  assertEquals([timeText(0), timeText(65.4), timeText(754)], ["0:00", "1:05", "12:34"]);
});

Deno.test("suitesOf() takes a bench or groups of one, and names the benches to who misspells them", () => {
  assertEquals(suitesOf(undefined).length, SUITES.length);
  assertEquals(suitesOf("outage").map(({ name, only }) => [name, only]), [["outage", undefined]]);
  assertEquals(suitesOf("system/growth").map(({ name, only }) => [name, only]), [["system", "system/growth"]]);
  assertThrows(() => suitesOf("sytem"), Error, "retry, outage, system");
  assertThrows(() => suitesOf("outage/x"), Error, "--only outage");
});
