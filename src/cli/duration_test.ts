import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { duration } from "./duration.ts";
import { Stop } from "./exit_code.ts";

const DAY_MS = 86_400_000;

Deno.test("duration() counts milliseconds in each unit, and never cuts a delay short", () => {
  const texts = ["0s", "500ms", "90s", "10m", "1.5h", "7d", "0.0001s", "1.000001s"];
  assertEquals(texts.map((text) => duration("delay", text, 20 * DAY_MS)), [
    0,
    500,
    90_000,
    600_000,
    5_400_000,
    604_800_000,
    1,
    1_001,
  ]);
  fc.assert(fc.property(fc.nat(DAY_MS), (ms) => duration("delay", `${ms}ms`, DAY_MS) === ms));
});

Deno.test("duration() refuses what has no unit, is no number, or is too long, by the option's name", () => {
  const texts = [
    "",
    "10",
    "m",
    "-1s",
    "+1s",
    " 1s",
    "1 s",
    "1e3s",
    "10M",
    "10min",
    "soon",
    "1,5h",
    "0x1s",
    "9".repeat(13) + "s",
  ];
  for (const text of texts) assertThrows(() => duration("delay", text, DAY_MS), Stop, "--delay: wanted a time as 90s");
  assertThrows(() => duration("delay", "25h", DAY_MS), Stop, "--delay: wanted at most 1d, got 25h");
});
