import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { amountText, numberText, quartilesText } from "./amount.ts";
import type { Unit } from "./result.ts";

const UNITS: Readonly<Record<string, number>> = { ns: 1, "µs": 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3_600e9 };

Deno.test("amountText() says what it was given, to within half a hundredth", () => {
  const unit = fc.constantFrom<"ns" | "ms" | "s">("ns", "ms", "s");
  fc.assert(fc.property(fc.double({ min: 1e-2, max: 1e8, noNaN: true }), unit, (value, unit) => {
    const [number, sign] = amountText(value, unit).replaceAll(",", "").split(" ");
    const said = Number(number) * UNITS[sign] / UNITS[unit];
    assert(Math.abs(said - value) <= value * 0.0051, `${value} ${unit} as ${number} ${sign}`);
  }));
});

Deno.test("numberText() says a whole number below 100 as it is", () => {
  for (let whole = -99; whole < 100; whole++) assertEquals(numberText(whole), String(whole));
});

Deno.test("amountText() chooses the size that reads best", () => {
  const cases: [number, Unit, string][] = [
    [52.3, "ns", "52.3 ns"],
    [1_240, "ns", "1.24 µs"],
    [999.6, "ns", "1.00 µs"],
    [0.2, "ms", "200 µs"],
    [412, "s", "412 s"],
    [1_200, "s", "20 min"],
    [47.6, "B", "47.6 B"],
    [2_100, "B", "2.10 kB"],
    [8.32e9, "B", "8.32 GB"],
    [91_217.4, "1/s", "91,217 /s"],
    [12.5, "%", "12.5 %"],
    [0, "ms", "0 ns"],
    [3, "1", "3"],
    [1e20, "1", "1.0·10^20"],
    [NaN, "1", "NaN"],
    [-Infinity, "1", "-∞"],
  ];
  for (const [value, unit, text] of cases) assertEquals(amountText(value, unit), text);
});

Deno.test("quartilesText() uses the unit of the median, and is empty when nothing varies", () => {
  assertEquals(quartilesText({ median: 1_000, low: 950, high: 1_240, samples: 3 }, "ns"), "0.950 – 1.24");
  assertEquals(quartilesText({ median: 7, low: 7, high: 7, samples: 1 }, "1"), "");
});
