import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { daysInMonth, epochMs, formatTimestamp, parseTimestamp } from "./timestamp.ts";

const FIRST_MS = Date.UTC(2000, 0, 1) - 5 * 146_097 * 86_400_000; // 0000-01-01T00:00:00Z
const LAST_MS = Date.UTC(10_000, 0, 1) - 1;
const moment = fc.oneof(
  fc.integer({ min: FIRST_MS, max: LAST_MS }),
  fc.constantFrom(FIRST_MS, LAST_MS, 0, -1, Date.UTC(2000, 1, 29), Date.UTC(1900, 1, 28), Date.UTC(2100, 2, 1) - 1),
);
const MINUTE_MS = 60_000;

Deno.test("formatTimestamp() and epochMs() agree with the platform on every day of 400 years, and of the first and last", () => {
  const years = [...Array.from({ length: 401 }, (_, i) => 1_800 + i), 0, 1, 4, 100, 400, 9_999];
  for (const year of years) {
    for (let month = 1; month <= 12; month++) {
      const end = new Date(0);
      end.setUTCFullYear(year, month, 0);
      assertEquals(daysInMonth(year, month), end.getUTCDate());
      for (let day = 1; day <= end.getUTCDate(); day++) {
        const date = new Date(0);
        date.setUTCFullYear(year, month - 1, day);
        if (epochMs(year, month, day, 0, 0, 0, 0) !== date.getTime() || formatTimestamp(+date) !== date.toISOString()) {
          assertEquals([epochMs(year, month, day, 0, 0, 0, 0), formatTimestamp(+date)], [+date, date.toISOString()]);
        }
      }
    }
  }
});

Deno.test("formatTimestamp() writes any moment as the platform does, and parseTimestamp() reads it back", () => {
  fc.assert(fc.property(moment, (ms) => {
    const text = new Date(ms).toISOString();
    assertEquals(formatTimestamp(ms), text);
    assertEquals(parseTimestamp(text), ms);
    assertEquals(parseTimestamp(text.toLowerCase()), ms);
    assertEquals(parseTimestamp(text.replace("T", " ")), ms);
  }));
});

Deno.test("formatTimestamp() cuts off what is below a millisecond, and stays within the years 0 to 9999", () => {
  assertEquals(formatTimestamp(-0.5), "1969-12-31T23:59:59.999Z");
  for (const ms of [FIRST_MS - 1, -Infinity]) assertEquals(formatTimestamp(ms), "0000-01-01T00:00:00.000Z");
  for (const ms of [LAST_MS + 1, Infinity]) assertEquals(formatTimestamp(ms), "9999-12-31T23:59:59.999Z");
});

Deno.test("parseTimestamp() takes the offset off, and the digits of the second to the millisecond, whatever they are", () => {
  const offset = fc.record({
    sign: fc.constantFrom("+", "-"),
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
  });
  const fraction = fc.stringMatching(/^[0-9]{1,38}$/);
  fc.assert(fc.property(moment, offset, fraction, (ms, { sign, hour, minute }, fraction) => {
    const text = new Date(ms).toISOString().slice(0, 19);
    const two = (value: number) => String(value).padStart(2, "0");
    const offsetMs = (sign === "-" ? -1 : 1) * (hour * 60 + minute) * MINUTE_MS;
    const wholeMs = Math.floor(ms / 1_000) * 1_000 - offsetMs;
    assertEquals(parseTimestamp(`${text}${sign}${two(hour)}:${two(minute)}`), wholeMs);
    const fractionMs = Number(fraction.padEnd(3, "0").slice(0, 3));
    assertEquals(parseTimestamp(`${text}.${fraction}${sign}${two(hour)}:${two(minute)}`), wholeMs + fractionMs);
  }));
  assertEquals(parseTimestamp(`2026-01-01T00:00:00.${"1".repeat(43)}Z`), Date.UTC(2026, 0, 1) + 111);
  assertEquals(parseTimestamp(`2026-01-01T00:00:00.${"1".repeat(44)}Z`), undefined);
});

Deno.test("parseTimestamp() counts a leap second as the next minute, and takes each part to its end and no further", () => {
  assertEquals(parseTimestamp("2016-12-31T23:59:60Z"), Date.UTC(2017, 0, 1));
  assertEquals(parseTimestamp("2024-02-29T23:59:59Z"), Date.UTC(2024, 1, 29, 23, 59, 59));
  for (
    const text of [
      "2026-00-01T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-01-00T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2025-02-29T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:61Z",
      "2026-01-01T00:00:00.Z",
      "2026-01-01T00:00:00.5",
      "2026-01-01T00:00:00+24:00",
      "2026-01-01T00:00:00+00:60",
      "2026-01-01T00:00:00+0x:00",
      "2026-01-01T00:00:00+00:0x",
      "2026-01-01T00:00:00*00:00",
    ]
  ) assertEquals(parseTimestamp(text), undefined, text);
});

Deno.test("parseTimestamp() refuses a timestamp with any one character changed to another kind, left out or put in", () => {
  for (const text of ["2026-10-11T12:13:14Z", "2026-10-11T12:13:14.156-01:02"]) {
    assert(parseTimestamp(text) !== undefined);
    for (let at = 0; at < text.length; at++) {
      const kind = /\d/.test(text[at]) ? ["x", "/", ":", "-"] : ["x", "0", "/"];
      for (const other of kind) {
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        assertEquals(parseTimestamp(changed), undefined, changed);
      }
      const inFraction = at > 19 && text[19] === "." && at < 23;
      const shorter = text.slice(0, at) + text.slice(at + 1);
      if (!inFraction) assertEquals(parseTimestamp(shorter), undefined, shorter);
      const longer = `${text.slice(0, at)}x${text.slice(at)}`;
      assertEquals(parseTimestamp(longer), undefined, longer);
    }
    assertEquals(parseTimestamp(`${text}0`), undefined);
  }
});
